/** The public API. */
export { startKafka, type RunningKafka, type StartKafkaOptions } from './kafka/broker.ts';
export { OperationalError, type ErrorCode } from './errors.ts';
export type { Result } from './result.ts';
