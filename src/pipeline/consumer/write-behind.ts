/**
 * One write behind: while a batch is being stored, the next is fetched and sorted. Two writes are never under way. Each
 * ends before the next begins, before partitions are claimed again, and before the consumer ends. The consumer sorts on
 * only if the next fetch arrives before the write is done. Otherwise the write is settled at once, so that the last
 * write before a pause does not wait for records.
 */
import type { Advance, RowBatch, Store } from '../../stores/store.ts';

/** A write that is under way, and the offsets to commit to the group once it is done. */
export interface Write {
  batch: RowBatch;
  advances: readonly Advance[];
  commits: { partition: number; offset: number }[];
}

export class WriteBehind {
  readonly #store: Pick<Store, 'write'>;
  #underWay: { write: Write; stored: Promise<void> } | undefined;

  constructor(store: Pick<Store, 'write'>) {
    this.#store = store;
  }

  get isBusy(): boolean {
    return this.#underWay !== undefined;
  }

  /** Begins a write. None may be under way. The batch must not be changed until the write has ended. */
  begin(topicId: string, write: Write): void {
    const stored = this.#store.write(topicId, write.batch, write.advances);
    // The caller of `end` gets the error.
    stored.catch(() => undefined);
    this.#underWay = { write, stored };
  }

  /** Waits for the current write, if there is one, and returns it. Throws the store's errors. */
  async end(): Promise<Write | undefined> {
    const underWay = this.#underWay;
    if (underWay === undefined) return undefined;
    try {
      await underWay.stored;
    } finally {
      this.#underWay = undefined;
    }
    return underWay.write;
  }

  /** Waits for the write or the other promise; returns whether the write was over first. */
  async isOverBefore(other: Promise<unknown> | undefined): Promise<boolean> {
    const over = this.#underWay?.stored.then(
      () => true,
      () => true,
    );
    if (over === undefined || other === undefined) return true;
    const isOther = (): boolean => false;
    return await Promise.race([over, other.then(isOther, isOther)]);
  }
}
