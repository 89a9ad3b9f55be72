/** From fetched record batches to a batch for the store: sorted by state, dead letters with their reasons. */
import type { RecordBatch } from '../kafka/record-batch.ts';
import { readOrigin, type HeaderLookup } from '../record-headers.ts';
import type { StateRule } from '../state-rule.ts';
import { RowBatch } from '../stores/store.ts';
import { messageIdOf } from '../workload.ts';
import { createCategorizer, type Categorizer } from './categorize.ts';

export class RowBatchBuilder {
  readonly #categorize: Categorizer;
  #batch = new RowBatch();

  constructor(rule: StateRule) {
    this.#categorize = createCategorizer(rule);
  }

  /** Adds the records of a batch at `from` or above: a batch may begin below what was asked for. */
  add(partition: number, batch: RecordBatch, from: number): void {
    if (batch.undecodable !== undefined) {
      this.#deadLetterOfBatch(partition, batch, from);
      return;
    }
    for (let index = 0; index < batch.count; index++) {
      if (batch.offset[index]! >= from) this.#addRecord(partition, batch, index);
    }
  }

  /** Rows and dead letters added since they were last taken. */
  get size(): number {
    return this.#batch.size;
  }

  /** What was added since the last call. */
  take(): RowBatch {
    const batch = this.#batch;
    this.#batch = new RowBatch();
    return batch;
  }

  #addRecord(partition: number, batch: RecordBatch, index: number): void {
    const offset = batch.offset[index]!;
    const payload = batch.value(index);
    const header: HeaderLookup = (name) => batch.header(index, name);
    const placement = batch.crcOk
      ? this.#categorize(payload, header)
      : { reason: 'its record batch fails its checksum' };
    if (typeof placement !== 'number') {
      this.#batch.deadLetters.push({
        partition,
        offset,
        key: batch.key(index),
        payload,
        headers: batch.bytes.subarray(batch.headersStart[index], batch.headersEnd[index]),
        reason: placement.reason,
      });
      return;
    }
    const rows = this.#batch;
    const origin = readOrigin(batch, index);
    rows.category.push(placement);
    rows.partition.push(partition);
    rows.offset.push(offset);
    rows.key.push(batch.key(index));
    rows.payload.push(payload);
    rows.run.push(origin?.run ?? null);
    rows.producer.push(origin?.producer ?? null);
    rows.sequence.push(origin?.sequence ?? null);
    rows.id.push(messageIdOf(origin?.producer, origin?.sequence));
    rows.digest.push(origin?.digest ?? null);
  }

  #deadLetterOfBatch(partition: number, batch: RecordBatch, from: number): void {
    this.#batch.deadLetters.push({
      partition,
      offset: Math.max(batch.baseOffset, from),
      key: null,
      payload: batch.bytes,
      headers: null,
      reason: `its record batch of ${batch.statedCount} cannot be read: ${batch.undecodable}`,
    });
  }
}
