/** One write behind: while a batch is being stored, the next is fetched and sorted. */
import type { Advance, RowBatch, Store } from '../../stores/store.ts';

/** A write that is under way, and what is to be told to the group once it is done. */
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

  /** Begins a write, where none is under way. The batch is to be left alone until it has ended. */
  begin(topicId: string, write: Write): void {
    const stored = this.#store.write(topicId, write.batch, write.advances);
    // Whoever ends it meets the error.
    stored.catch(() => undefined);
    this.#underWay = { write, stored };
  }

  /** Waits for the write that is under way, if one is, and returns it. Throws what the store throws. */
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

  /** Waits until the write is over, or the other promise if that is sooner; tells whether it is the write. */
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
