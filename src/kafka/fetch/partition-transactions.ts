/** The states of the transactions in one partition, from the markers in its log. */
import type { RecordBatch } from '../record-batch/record-batch.ts';

/** A producer's records from offset `first` up to the marker at `last` were aborted. */
export interface AbortedRange {
  producerId: bigint;
  first: number;
  last: number;
}

/** `open`: the log has no marker for the transaction. */
export type TransactionState = 'committed' | 'aborted' | 'open';

const abortMarker = 0;
const commitMarker = 1;

export class PartitionTransactions {
  /** In the order of their markers. */
  readonly aborted: AbortedRange[] = [];
  /** First offsets by producer id. */
  readonly open = new Map<bigint, number>();
  /** The aborted ranges by producer id; `stateOf` drops the ranges that it has passed. */
  readonly #ahead = new Map<bigint, AbortedRange[]>();

  /** Call this for every transactional batch, in the order of offsets. */
  observe(batch: RecordBatch): void {
    const { producerId, baseOffset } = batch;
    const first = this.open.get(producerId);
    if (!batch.isControl) {
      if (first === undefined) this.open.set(producerId, baseOffset);
      return;
    }
    const marker = markerOf(batch);
    if (marker !== abortMarker && marker !== commitMarker) return;
    this.open.delete(producerId);
    if (marker === abortMarker && first !== undefined) this.#abort({ producerId, first, last: baseOffset });
  }

  /** Call this after all batches were observed, again in the order of offsets. */
  stateOf(batch: RecordBatch): TransactionState {
    const { producerId, baseOffset } = batch;
    if (!batch.isTransactional) return 'committed';
    const ahead = this.#ahead.get(producerId) ?? [];
    while (ahead.length > 0 && ahead[0]!.last < baseOffset) ahead.shift();
    if (ahead.length > 0 && ahead[0]!.first <= baseOffset) return 'aborted';
    return (this.open.get(producerId) ?? Infinity) <= baseOffset ? 'open' : 'committed';
  }

  #abort(range: AbortedRange): void {
    this.aborted.push(range);
    const ahead = this.#ahead.get(range.producerId);
    if (ahead === undefined) this.#ahead.set(range.producerId, [range]);
    else ahead.push(range);
  }
}

/** A marker's key is a version and a type, of 16 bits each. */
function markerOf(batch: RecordBatch): number | undefined {
  const key = batch.count === 0 ? null : batch.key(0);
  return key === null || key.length < 4 ? undefined : key.readInt16BE(2);
}
