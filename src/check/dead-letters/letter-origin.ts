/**
 * Where a dead letter comes from, by the headers that Kafka Connect and Spring Kafka add to it. Connect writes numbers as
 * texts, Spring as big-endian integers. Programs that imitate them mix both, so either is understood for either name.
 */
import type { RecordBatch } from '../../kafka/record-batch/record-batch.ts';

export interface LetterOrigin {
  topic: string;
  partition: number;
  offset: number;
}

const families = [
  ['__connect.errors.topic', '__connect.errors.partition', '__connect.errors.offset'],
  ['kafka_dlt-original-topic', 'kafka_dlt-original-partition', 'kafka_dlt-original-offset'],
] as const;

/** undefined if no family of headers tells topic, partition and offset. */
export function originOf(batch: RecordBatch, i: number): LetterOrigin | undefined {
  for (const [topicName, partitionName, offsetName] of families) {
    const topic = batch.header(i, topicName);
    const partition = integerOf(batch.header(i, partitionName));
    const offset = integerOf(batch.header(i, offsetName));
    if (topic !== null && partition !== undefined && offset !== undefined) {
      return { topic: topic.toString('utf8'), partition, offset };
    }
  }
  return undefined;
}

/** A text of digits, with the quotes that older versions of Spring add, or four or eight bytes. */
export function integerOf(bytes: Buffer | null): number | undefined {
  if (bytes === null) return undefined;
  const [, digits] = /^"?(\d{1,16})"?$/.exec(bytes.toString('latin1')) ?? [];
  if (digits !== undefined && !isBinary(bytes)) return inRange(Number(digits));
  if (bytes.length === 4) return inRange(bytes.readInt32BE());
  return bytes.length === 8 ? inRange(Number(bytes.readBigInt64BE())) : undefined;
}

/**
 * Four or eight digits might be an integer in big-endian bytes, too. As a partition or an offset it would be beyond
 * 800 million, which no partition is, and beyond 3 × 10^18, which no offset is.
 */
const isBinary = (bytes: Buffer): boolean => bytes.some((byte) => byte < 0x20);

const inRange = (number: number): number | undefined =>
  Number.isSafeInteger(number) && number >= 0 ? number : undefined;
