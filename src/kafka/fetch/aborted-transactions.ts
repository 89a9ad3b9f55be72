/**
 * Skips the records of aborted transactions when reading committed, as Kafka's consumers do: the fetch response names
 * the producers whose transactions were aborted, and the markers in the log end those transactions.
 */
import type { RecordBatch } from '../record-batch/record-batch.ts';

export class AbortedTransactions {
  readonly #begun = new Set<bigint>();
  readonly #toBegin: { producerId: bigint; firstOffset: number }[];

  /** `aborted`: the aborted transactions that the fetch response lists for these batches. */
  constructor(aborted: readonly { producerId: bigint; firstOffset: number }[]) {
    this.#toBegin = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Whether to skip the batch: it was aborted, or holds a marker. Call this for each batch, in order. */
  leavesOut(batch: RecordBatch): boolean {
    const lastOffset = batch.baseOffset + batch.lastOffsetDelta;
    while (this.#toBegin.length > 0 && this.#toBegin[0]!.firstOffset <= lastOffset) {
      this.#begun.add(this.#toBegin.shift()!.producerId);
    }
    if (batch.isControl) {
      if (isAbortMarker(batch)) this.#begun.delete(batch.producerId);
      return true;
    }
    return batch.isTransactional && this.#begun.has(batch.producerId);
  }
}

/** A marker's key holds a version and a type, each of 2 bytes; type 0 aborts, 1 commits. */
export function isAbortMarker(batch: RecordBatch): boolean {
  const key = batch.count > 0 ? batch.key(0) : null;
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 0;
}
