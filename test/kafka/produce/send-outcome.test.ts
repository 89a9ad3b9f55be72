import { protocolErrors } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { answerOf } from '../../../src/kafka/produce/send-outcome.ts';

test.each(['NONE', 'DUPLICATE_SEQUENCE_NUMBER'])(
  'the answer %s means that the batch is in the log',
  (error) => {
    expect(answerOf(error)).toBe('written');
  },
);

test.each([
  'REQUEST_TIMED_OUT',
  'NETWORK_EXCEPTION',
  'UNKNOWN_SERVER_ERROR',
  'NOT_LEADER_OR_FOLLOWER',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'KAFKA_STORAGE_ERROR',
  'ERROR_12345',
])('the answer %s leaves it in doubt whether the batch is in the log', (error) => {
  expect(answerOf(error)).toBe('doubtful');
});

test.each([
  'MESSAGE_TOO_LARGE',
  'TOPIC_AUTHORIZATION_FAILED',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'PRODUCER_FENCED',
  'INVALID_TXN_STATE',
  'TRANSACTION_ABORTABLE',
])('the answer %s means that the batch was refused', (error) => expect(answerOf(error)).toBe('refused'));

test.each(['UNKNOWN_TOPIC_OR_PARTITION', 'NOT_ENOUGH_REPLICAS', 'CONCURRENT_TRANSACTIONS'])(
  'the answer %s means that the batch was refused for now',
  (error) => {
    expect(answerOf(error)).toBe('refused-for-now');
  },
);

test("all but 24 of Kafka's error codes leave it in doubt whether the batch is in the log", () => {
  const refusals = Object.keys(protocolErrors).filter((error) => answerOf(error).startsWith('refused'));
  expect(refusals).toHaveLength(24);
});
