/** The outcome of a batch, and the meaning of Kafka's answer to one attempt. */

export type SendOutcome =
  /** In the log. `baseOffset` is -1 if Kafka does not report it. */
  | { outcome: 'acked'; baseOffset: number }
  /** Not in the log: every attempt was refused before it was written. */
  | { outcome: 'rejected'; error: string }
  /** In the log, not in the log, or still on its way there. */
  | { outcome: 'unknown'; error: string };

// A broker answers these before it appends anything. After an error in neither list, the batch may have been written:
// timeouts, network errors, UNKNOWN_SERVER_ERROR, NOT_ENOUGH_REPLICAS_AFTER_APPEND, and NOT_LEADER_OR_FOLLOWER, which
// a leader also answers if it loses leadership after it has appended (KAFKA-13574).
const passingRefusals = new Set([
  'CONCURRENT_TRANSACTIONS',
  'CORRUPT_MESSAGE',
  'LEADER_NOT_AVAILABLE',
  'NOT_ENOUGH_REPLICAS',
  'UNKNOWN_TOPIC_OR_PARTITION',
]);
const finalRefusals = new Set([
  'CLUSTER_AUTHORIZATION_FAILED',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_RECORD',
  'INVALID_REQUIRED_ACKS',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_TXN_STATE',
  'MESSAGE_TOO_LARGE',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'POLICY_VIOLATION',
  'PRODUCER_FENCED',
  'RECORD_LIST_TOO_LARGE',
  'TOPIC_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'TRANSACTION_ABORTABLE',
  'UNKNOWN_PRODUCER_ID',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
]);

/** `written`; `refused`, for now or for good; or `doubtful`: it may have been written. */
export type Answer = 'written' | 'refused-for-now' | 'refused' | 'doubtful';

export function answerOf(error: string): Answer {
  if (error === 'NONE' || error === 'DUPLICATE_SEQUENCE_NUMBER') return 'written';
  if (passingRefusals.has(error)) return 'refused-for-now';
  return finalRefusals.has(error) ? 'refused' : 'doubtful';
}

/** The outcome of a send that requested no answer. */
export const noAcksAsked = 'NO_ACKS_ASKED';

/**
 * Whether a batch has used up its time. Each further batch would take as long, so the producer ends. Either no broker
 * answered, or a leader refused the batch for the time being, which happens if the topic is gone.
 */
export const isOutOfTime = (sent: SendOutcome): boolean =>
  sent.outcome === 'unknown'
    ? sent.error !== noAcksAsked
    : sent.outcome === 'rejected' && answerOf(sent.error) === 'refused-for-now';
