/** What is watched while a run is under way: stages that hang, a broker that ends, and who leads the partitions. */
import { messageOf } from '../errors.ts';
import type { RunningKafka } from '../kafka/broker/start-kafka.ts';
import { atBegin } from '../pipeline/stage/stage-end.ts';
import { killWhatHangs, killWhatStandsStill } from '../pipeline/stage/watch-stages.ts';
import type { Announcer } from './announcer.ts';
import type { Driven } from './drive.ts';
import type { RunSpec } from './run-spec.ts';
import type { Stages } from './stages.ts';

/** Kills stages that hang, until the signal; says so in sentences. */
export function watchStages(
  stages: Stages,
  { silenceMs, storeTimeoutMs }: RunSpec,
  interruptions: string[],
  signal: AbortSignal,
): void {
  const silence = killWhatHangs(stages.all, silenceMs, (stage) => {
    const name = atBegin(stage.name);
    interruptions.push(`${name} hung: it was silent for ${silenceMs} ms, and was killed.`);
    if (stage.role === 'consumer') stages.noteStall();
  });
  const stillMsMax = silenceMs + storeTimeoutMs;
  const stillness = killWhatStandsStill(stages.consumers, stillMsMax, ({ name }) => {
    interruptions.push(`${atBegin(name)} hung: it stored nothing for ${stillMsMax} ms, and was killed.`);
    stages.noteStall();
  });
  const end = (): void => [silence, stillness].forEach((timer) => clearInterval(timer));
  signal.addEventListener('abort', end, { once: true });
}

/** Without its broker the pipeline has nothing to wait for. */
export async function endWithBroker(
  broker: RunningKafka | undefined,
  stages: Stages,
  driven: Driven,
): Promise<void> {
  const exit = await broker?.exited;
  if (exit === undefined || driven.drainMs !== null) return;
  driven.interruptions.push(
    `${atBegin(exit.name)} ended while the run was under way; its log: ${exit.logFile}.`,
  );
  stages.signal('SIGTERM');
}

/**
 * Notes who leads, until the signal. The client is loaded for it: to be called when that delays nobody. It is for a picture
 * alone: what goes wrong with it is said, and ends no run.
 */
export async function noteLeaders(
  { settings, topic }: RunSpec,
  bootstrapServers: string,
  announcer: Announcer,
  signal: AbortSignal,
): Promise<void> {
  const { watchLeaders } = await import('../kafka/client/leader-watch.ts');
  const onChange = (leaders: number[]): void => announcer.leaders(leaders);
  try {
    await watchLeaders({ bootstrapServers, settings, topic }, onChange, signal);
  } catch (error) {
    announcer.note(`Who leads the partitions is not noted any more: ${messageOf(error)}`);
  }
}
