/** Encodes batches in PostgreSQL's binary COPY format, in the order of the tables' columns. */
import type { RowBatch } from '../store.ts';
import type { BinaryCopyEncoder } from './copy-binary.ts';

/**
 * A chunk is sent while the next one is encoded. It is longer than a socket's buffer, so that `write` confirms it only
 * after the socket has read it from our buffer, which is then reused.
 */
const chunkBytes = 1 << 18;

/** The batch's rows for `messages`. Each chunk is valid until the next one is requested. */
export function* encodeRows(
  encoder: BinaryCopyEncoder,
  categories: readonly string[],
  topicId: string,
  batch: RowBatch,
): Iterable<Uint8Array> {
  const storedAtMs = Date.now();
  encoder.begin();
  for (let row = 0; row < batch.count; row++) {
    encoder.row(12);
    encoder.text(categories[batch.category[row]!]!);
    encoder.text(batch.textAt(batch.run[row]!));
    encoder.text(batch.textAt(batch.producer[row]!));
    encoder.int8(batch.sequenceOf(row));
    encoder.text(batch.id(row));
    encoder.text(topicId);
    encoder.int4(batch.partition[row]!);
    encoder.int8(batch.offset[row]!);
    encoder.bytes(batch.key(row));
    encoder.bytes(batch.payload(row));
    encoder.text(batch.digest(row));
    encoder.timestamp(storedAtMs);
    if (encoder.length >= chunkBytes) yield encoder.take();
  }
  encoder.end();
  yield encoder.take();
}

/** The batch's dead letters. */
export function* encodeDeadLetters(
  encoder: BinaryCopyEncoder,
  topicId: string,
  batch: RowBatch,
): Iterable<Uint8Array> {
  const storedAtMs = Date.now();
  encoder.begin();
  for (const { partition, offset, key, payload, headers, reason } of batch.deadLetters) {
    encoder.row(8);
    encoder.text(topicId);
    encoder.int4(partition);
    encoder.int8(offset);
    encoder.bytes(key);
    encoder.bytes(payload);
    encoder.bytes(headers);
    encoder.text(reason);
    encoder.timestamp(storedAtMs);
    if (encoder.length >= chunkBytes) yield encoder.take();
  }
  encoder.end();
  yield encoder.take();
}
