/** Several producers or consumers of one command: it starts itself once for each, as a process of its own. */
import { exitCodes, OperationalError } from '../../errors.ts';
import type { StageGroup } from '../../pipeline/stage/stage-group.ts';
import type { Context } from './context.ts';

/** Waits until all processes have ended; if this one is stopped, it stops them. Returns their counts. */
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
    // A producer started by hand does not report its end: consumers learn it from the ledgers.
    stage.tell({ type: 'produced' });
  }
  const exits = await Promise.all(stages.map(({ exited }) => exited));
  const failed = signal.aborted ? -1 : exits.findIndex(({ code }) => code !== 0);
  if (failed === -1) return counts;
  const { code, signal: killer, tail } = exits[failed]!;
  const message = `Process ${failed + 1} of ${exits.length} ended early (${code ?? killer}):\n${tail}`;
  throw new OperationalError(code === exitCodes.usage ? 'usage' : 'unavailable', message);
}
