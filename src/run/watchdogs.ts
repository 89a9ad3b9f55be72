/** What is watched while a run is under way: stages that hang, a broker that ends, and who leads the partitions. */
import type { RunContext } from './run-spec.ts';
import { messageOf } from '../errors.ts';
import type { RunningKafka } from '../kafka/broker/start-kafka.ts';
import { atBegin } from '../pipeline/stage/stage-end.ts';
import { killWhatHangs, killWhatStandsStill } from '../pipeline/stage/watch-stages.ts';

const silenceMsMin = 10_000;

/** Kills stages that hang, until the timers are cleared; says so in sentences. */
export function watchStages(
  { producers, consumers, config, stall }: RunContext,
  interruptions: string[],
): NodeJS.Timeout[] {
  const silenceMsMax = Math.max(config.timeoutMs, silenceMsMin);
  const silence = killWhatHangs([...producers, ...consumers], silenceMsMax, (stage) => {
    const name = atBegin(stage.name);
    interruptions.push(`${name} hung: it was silent for ${silenceMsMax} ms, and was killed.`);
    if (consumers.includes(stage)) stall.happened = true;
  });
  const stillMsMax = silenceMsMax + config.storeTimeoutMs;
  const stillness = killWhatStandsStill(consumers, stillMsMax, ({ name }) => {
    interruptions.push(`${atBegin(name)} hung: it stored nothing for ${stillMsMax} ms, and was killed.`);
    stall.happened = true;
  });
  return [silence, stillness];
}

/** Without its broker the pipeline has nothing to wait for. */
export async function endWithBroker(
  { producers, consumers, timings }: RunContext,
  broker: RunningKafka | undefined,
  interruptions: string[],
): Promise<void> {
  const exit = await broker?.exited;
  if (exit === undefined || timings.drainMs !== null) return;
  interruptions.push(`${atBegin(exit.name)} ended while the run was under way; its log: ${exit.logFile}.`);
  for (const stage of [...producers, ...consumers]) stage.signal('SIGTERM');
}

/**
 * Notes who leads, until the signal. The client is loaded for it: to be called when that delays nobody. It is for a picture
 * alone: what goes wrong with it is said, and ends no run.
 */
export async function noteLeaders(
  { config: { settings, topic }, log, observer }: RunContext,
  bootstrapServers: string,
  signal: AbortSignal,
): Promise<void> {
  const { watchLeaders } = await import('../kafka/client/leader-watch.ts');
  const onChange = (leaders: number[]): void => log.note({ type: 'leaders', leaders });
  try {
    await watchLeaders({ bootstrapServers, settings, topic }, onChange, signal);
  } catch (error) {
    observer.note(`Who leads the partitions is not noted any more: ${messageOf(error)}`);
  }
}
