import { untold, type Evidence, type LogBatch, type Topics } from '../evidence.ts';
import { none } from '../../workload/place.ts';
import { NumberColumn } from '../number-column.ts';

/** Numbers of sessions and producers have 32 bits; both together fit into a double for up to 2^21 producers. */
const sessionsMax = 2 ** 32;

/**
 * Checks whether the log has messages in the order in which they were sent: a session's first copies in ascending
 * sequence in each partition, and each key in one partition, if keys choose partitions. Records without a sequence,
 * and unknown keys, cannot be out of order.
 */
export class Order {
  readonly reordered = new Set<number>();
  /** The highest sequence so far, by partition, then session. */
  readonly #highest = new Map<number, Map<number, number>>();
  /** The number + 1 of a key's partition, in 32 bits, by topic, then key: 0 only for a key without a partition yet. */
  readonly #partitionOfKey = [new NumberColumn('i32')];
  readonly #isKeyed: boolean;
  readonly #emptyKey: number | undefined;
  readonly #topics: Topics | undefined;

  constructor({ isKeyed = true, emptyKey }: Pick<Evidence['log'], 'isKeyed' | 'emptyKey'>, topics?: Topics) {
    this.#isKeyed = isKeyed;
    this.#emptyKey = emptyKey;
    this.#topics = topics;
  }

  /** To be called for each row, in the log's order. */
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
