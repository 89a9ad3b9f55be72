/** The public API. */
export {
  startKafka,
  type BrokerExit,
  type RunningKafka,
  type StartKafkaOptions,
} from './kafka/start-kafka.ts';
export type { Broker } from './kafka/broker.ts';
export { OperationalError, type ErrorCode } from './errors.ts';
export type { Result } from './result.ts';
