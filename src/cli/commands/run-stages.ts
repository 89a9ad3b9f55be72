/** Several producers or consumers started by hand: this command again, as processes of their own. */
import { exitCodes, OperationalError } from '../../errors.ts';
import type { StageGroup } from '../../pipeline/stage/stage-group.ts';
import type { Context } from './context.ts';

/** Waits until all have ended; they stop when this one is told to. Returns what they counted. */
export async function runStages(
  { stages, counts }: StageGroup,
  bootstrapServers: string,
  { signal }: Context,
): Promise<Record<string, number>> {
  const stop = (): void => {
    for (const stage of stages) stage.signal('SIGTERM');
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  for (const stage of stages) {
    stage.tell({ type: 'bootstrap', bootstrapServers });
    stage.tell({ type: 'begin' });
    // Whoever produces by hand says nothing of it: the ledgers tell.
    stage.tell({ type: 'produced' });
  }
  const exits = await Promise.all(stages.map(({ exited }) => exited));
  const failed = signal.aborted ? -1 : exits.findIndex(({ code }) => code !== 0);
  if (failed === -1) return counts;
  const { code, signal: killer, tail } = exits[failed]!;
  const message = `Process ${failed + 1} of ${exits.length} ended early (${code ?? killer}):\n${tail}`;
  throw new OperationalError(code === exitCodes.usage ? 'usage' : 'unavailable', message);
}
