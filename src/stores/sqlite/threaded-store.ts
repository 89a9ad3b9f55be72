/**
 * An SQLite store that runs in its own thread, so that the consumer can fill the next batch during a write. It keeps
 * the contract of `Store`, with one addition: the caller must not change a batch during its write, because the thread
 * reads it in place.
 */
import { startThread, type Thread } from '../../system/thread.ts';
import type { RowBatch } from '../row-batch.ts';
import {
  FencedError,
  StoreOutageError,
  type Advance,
  type ClaimedTopic,
  type Store,
  type StoredOffset,
  type StoreOptions,
} from '../store.ts';
import type { StoreThread } from './store-thread.ts';

/** The handlers that the thread may call. */
export type StoreThreadParent = Record<'beforeCommit', () => Promise<void>>;

/** Opens the store as `openSqliteStore` does. Its thread runs until the store is closed. */
export async function openThreadedStore(path: string, options: StoreOptions): Promise<Store> {
  const store = new ThreadedStore(options);
  await store.open(path, options);
  return store;
}

class ThreadedStore implements Store {
  readonly #thread: Thread<StoreThread>;
  /** The error with which this side refused a commit: thrown unchanged, instead of the thread's version of it. */
  #refusal: { error: unknown } | undefined;

  constructor({ beforeCommit }: StoreOptions) {
    const handlers: StoreThreadParent = {
      beforeCommit: async () => {
        try {
          await beforeCommit!();
        } catch (error) {
          this.#refusal = { error };
          throw error;
        }
      },
    };
    const errors = [FencedError, StoreOutageError];
    this.#thread = startThread('./store-thread', import.meta.url, { handlers, errors });
  }

  async open(path: string, { categories, tables, beforeCommit }: StoreOptions): Promise<void> {
    try {
      await this.#thread.call('open', path, { categories, tables }, beforeCommit !== undefined);
    } catch (error) {
      await this.#thread.terminate();
      throw error;
    }
  }

  async claim(topic: ClaimedTopic, begin: ReadonlyMap<number, number>): Promise<Map<number, StoredOffset>> {
    return await this.#thread.call('claim', topic, begin);
  }

  async offsets(topicId: string): Promise<Map<number, StoredOffset>> {
    return await this.#thread.call('offsets', topicId);
  }

  async write(topicId: string, batch: RowBatch, advances: readonly Advance[]): Promise<void> {
    try {
      await this.#thread.call('write', topicId, batch.share(), advances);
    } catch (error) {
      const refusal = this.#refusal;
      this.#refusal = undefined;
      throw refusal === undefined ? error : refusal.error;
    }
  }

  async close(): Promise<void> {
    await this.#thread.close();
  }
}
