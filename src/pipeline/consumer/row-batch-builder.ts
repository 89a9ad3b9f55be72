/** From fetched record batches to a batch for the store: sorted by state, dead letters with their reasons. */
import type { RecordBatch } from '../../kafka/record-batch/record-batch.ts';
import { noOrigin, readOrigin, type HeaderLookup } from '../../workload/record-headers.ts';
import type { StateRule } from '../../workload/state-rule.ts';
import { RowBatch } from '../../stores/store.ts';
import { createCategorizer, type Categorizer } from './categorizer.ts';

export class RowBatchBuilder {
  /** The rows that were added since the last `take`. */
  batch = new RowBatch();
  #other = new RowBatch();
  readonly #categorize: Categorizer;
  readonly #origin = noOrigin();

  constructor(rule: StateRule) {
    this.#categorize = createCategorizer(rule);
  }

  /** Adds the records of a batch at `from` or above: a batch may begin below the requested offset. */
  add(partition: number, batch: RecordBatch, from: number): void {
    if (batch.undecodable !== undefined) {
      this.#deadLetterOfBatch(partition, batch, from);
      return;
    }
    let index = 0;
    const header: HeaderLookup = (name) => batch.header(index, name);
    for (; index < batch.count; index++) {
      if (batch.offset[index]! >= from) this.#addRecord(partition, batch, index, header);
    }
  }

  /** Returns the rows that were added. The next `take` clears this batch and fills it again. */
  take(): RowBatch {
    const taken = this.batch;
    this.batch = this.#other;
    this.#other = taken;
    this.batch.clear();
    return taken;
  }

  #addRecord(partition: number, batch: RecordBatch, index: number, header: HeaderLookup): void {
    const offset = batch.offset[index]!;
    const placement = batch.crcOk
      ? this.#categorize(batch.bytes, batch.valueStart[index]!, batch.valueEnd[index]!, header)
      : { reason: 'its record batch fails its checksum' };
    if (typeof placement !== 'number') {
      this.batch.deadLetters.push({
        partition,
        offset,
        key: batch.key(index),
        payload: batch.value(index),
        headers: batch.bytes.subarray(batch.headersStart[index], batch.headersEnd[index]),
        reason: placement.reason,
      });
      return;
    }
    const rows = this.batch;
    const row = rows.begin(placement, partition, offset, batch.bytes);
    rows.setKey(row, batch.keyStart[index]!, batch.keyEnd[index]!);
    rows.setPayload(row, batch.valueStart[index]!, batch.valueEnd[index]!);
    const origin = this.#origin;
    readOrigin(batch, index, origin);
    rows.setOrigin(row, origin.run, origin.producer, origin.sequence);
    rows.setDigest(row, origin.digestStart, origin.digestEnd);
  }

  #deadLetterOfBatch(partition: number, batch: RecordBatch, from: number): void {
    this.batch.deadLetters.push({
      partition,
      offset: Math.max(batch.baseOffset, from),
      key: null,
      payload: batch.bytes,
      headers: null,
      reason: `its record batch of ${batch.statedCount} cannot be read: ${batch.undecodable}`,
    });
  }
}
