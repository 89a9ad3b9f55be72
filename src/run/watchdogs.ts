/** Watches a run while it goes on: stages that hang, a broker that ends, and the leaders of partitions. */
import { messageOf } from '../errors.ts';
import type { RunningKafka } from '../kafka/broker/start-kafka.ts';
import { atBegin } from '../pipeline/stage/stage-end.ts';
import { killWhatHangs, killWhatStandsStill } from '../pipeline/stage/watch-stages.ts';
import type { Announcer } from './announcer.ts';
import type { Driven } from './drive.ts';
import type { RunSpec } from './run-spec.ts';
import type { Stages } from './stages.ts';

/** Kills stages that hang, until the signal, and adds a sentence to `interruptions` for each. */
export function watchStages(
  stages: Stages,
  { silenceMs, storeTimeoutMs }: RunSpec,
  interruptions: string[],
  signal: AbortSignal,
): void {
  const silence = killWhatHangs(stages.all, silenceMs, (stage) => {
    const name = atBegin(stage.name);
    interruptions.push(`${name} hung: it was silent for ${silenceMs} ms and was killed.`);
    if (stage.role === 'consumer') stages.noteStall();
  });
  const stillMsMax = silenceMs + storeTimeoutMs;
  const stillness = killWhatStandsStill(stages.consumers, stillMsMax, ({ name }) => {
    interruptions.push(`${atBegin(name)} hung: it stored nothing for ${stillMsMax} ms and was killed.`);
    stages.noteStall();
  });
  const end = (): void => [silence, stillness].forEach((timer) => clearInterval(timer));
  signal.addEventListener('abort', end, { once: true });
}

/** Stops the stages if the broker ends: without it the pipeline has nothing to wait for. */
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
 * Notes the leaders of partitions, until the signal. It loads the client: call it when that delays no stage. The
 * leaders are only for a plot, so an error is reported but does not end the run.
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
    announcer.note(`The leaders of the partitions are no longer recorded: ${messageOf(error)}`);
  }
}
