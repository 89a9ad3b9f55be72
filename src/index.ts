/** The public API. A call loads the code behind it: an older Node cannot parse that code, and would not say why. */
import { nodeProblem } from '../bin/needed-node.js';
import { unavailableError } from './errors.ts';
import type { Config } from './config/config.ts';
import type { PipelineRun, RunPipelineOptions } from './run/user-pipeline/run-pipeline.ts';
import type { RunningKafka, StartKafkaOptions } from './kafka/broker/start-kafka.ts';

/**
 * Starts Kafka and waits until it serves. If the signal is aborted during that wait, throws the signal's reason;
 * afterwards the caller must stop the brokers. Throws `usage` (version, KAFKA_HOME, port, folder) or `unavailable`
 * (Node, Java, Maven, or a broker that does not start, with the end of its log).
 */
export async function startKafka(options: StartKafkaOptions = {}): Promise<RunningKafka> {
  if (nodeProblem !== undefined) throw unavailableError(nodeProblem, { hint: 'Install a newer Node.' });
  return await (await import('./kafka/broker/start-kafka.ts')).startKafka(options);
}

/**
 * Runs a pipeline of a config: nodrop makes its messages, starts its processes, breaks what its faults name, and says what
 * became of each message. `config` is the config itself, or the path of its file. Throws `usage` or `unavailable` if nothing
 * was handed over; otherwise there is a result, with any verdict.
 */
export async function runPipeline(
  config: Config | string,
  name: string,
  options: RunPipelineOptions = {},
): Promise<PipelineRun> {
  if (nodeProblem !== undefined) throw unavailableError(nodeProblem, { hint: 'Install a newer Node.' });
  return await (await import('./run/user-pipeline/run-pipeline.ts')).runPipeline(config, name, options);
}

export type { PipelineRun, RunPipelineOptions } from './run/user-pipeline/run-pipeline.ts';
export type { BrokerExit, RunningKafka, StartKafkaOptions } from './kafka/broker/start-kafka.ts';
export type { SecurityKind } from './kafka/broker/security-kind.ts';
export type { Broker } from './kafka/broker/broker.ts';
export { OperationalError, type ErrorCode } from './errors.ts';
export type { Result } from './result/result.ts';
export {
  atLeastOnce,
  balances,
  column,
  columns,
  command,
  deadLettered,
  defineConfig,
  dropped,
  each,
  env,
  file,
  header,
  http,
  json,
  key,
  latest,
  mysql,
  once,
  oneOf,
  position,
  postgres,
  sqlite,
  times,
  topic,
} from './config/define.ts';
export type {
  Config,
  Expectation,
  MadeMessage,
  MakeContext,
  PipelineConfig,
  Random,
  Rule,
} from './config/config.ts';
