import { untold, type Evidence, type LogBatch, type Topics } from '../evidence.ts';
import { none } from '../../workload/place.ts';
import { NumberColumn } from '../number-column.ts';

/** Numbers of sessions and producers are 32 bits wide; both together fit a double up to 2^21 producers. */
const sessionsMax = 2 ** 32;

/**
 * Whether messages stand in the log in the order in which they were sent: a session's first copies in
 * ascending sequence in each partition, and a key in one partition, if keys choose partitions. Records without a sequence, and keys
 * that are untold, cannot be out of order.
 */
export class Order {
  readonly reordered = new Set<number>();
  /** By partition, then session: the highest sequence so far. */
  readonly #highest = new Map<number, Map<number, number>>();
  /** By topic, then key: the number + 1 of its partition, in 32 bits: only that of none is 0. */
  readonly #partitionOfKey = [new NumberColumn('i32')];
  readonly #isKeyed: boolean;
  readonly #emptyKey: number | undefined;
  readonly #topics: Topics | undefined;

  constructor({ isKeyed = true, emptyKey }: Pick<Evidence['log'], 'isKeyed' | 'emptyKey'>, topics?: Topics) {
    this.#isKeyed = isKeyed;
    this.#emptyKey = emptyKey;
    this.#topics = topics;
  }

  /** Takes the rows in the log's order. */
  take(batch: LogBatch, row: number, isFirstCopy: boolean): void {
    if (this.#isOnSecondPartition(batch.key[row]!, batch.partition[row]!)) {
      this.reordered.add(batch.message[row]!);
    }
    if (isFirstCopy && batch.sequence[row]! !== none && this.#isLate(batch, row)) {
      this.reordered.add(batch.message[row]!);
    }
  }

  #isLate({ partition, producer, session, sequence }: LogBatch, row: number): boolean {
    let sessions = this.#highest.get(partition[row]!);
    if (sessions === undefined) this.#highest.set(partition[row]!, (sessions = new Map<number, number>()));
    const key = producer[row]! * sessionsMax + session[row]!;
    const highest = sessions.get(key) ?? none;
    if (sequence[row]! < highest) return true;
    sessions.set(key, sequence[row]!);
    return false;
  }

  #isOnSecondPartition(key: number, partition: number): boolean {
    if (key === untold || key === this.#emptyKey || !this.#isKeyed) return false;
    const topic = this.#topics === undefined ? 0 : this.#topics.numberOf(partition);
    const ofTopic = (this.#partitionOfKey[topic] ??= new NumberColumn('i32'));
    const first = ofTopic.get(key);
    const number = (partition + 1) | 0;
    if (first === 0) ofTopic.set(key, number);
    return first !== 0 && first !== number;
  }
}
