/** The public API. The code behind it is loaded by a call: an older Node cannot read that code, and would not say why. */
import { nodeProblem } from '../bin/needed-node.js';
import { unavailableError } from './errors.ts';
import type { RunningKafka, StartKafkaOptions } from './kafka/broker/start-kafka.ts';

/**
 * Starts Kafka and waits until it serves. The signal ends that wait, with its reason; afterwards the brokers are
 * the caller's to stop. Throws `usage` (version, KAFKA_HOME, port, folder) or `unavailable` (Node, Java, Maven, a broker
 * that does not come up, with the end of its log).
 */
export async function startKafka(options: StartKafkaOptions = {}): Promise<RunningKafka> {
  if (nodeProblem !== undefined) throw unavailableError(nodeProblem, { hint: 'Install a newer Node.' });
  return await (await import('./kafka/broker/start-kafka.ts')).startKafka(options);
}

export type { BrokerExit, RunningKafka, StartKafkaOptions } from './kafka/broker/start-kafka.ts';
export type { Broker } from './kafka/broker/broker.ts';
export { OperationalError, type ErrorCode } from './errors.ts';
export type { Result } from './result/result.ts';
