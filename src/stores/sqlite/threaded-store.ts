/**
 * An SQLite store whose work is done in a thread of its own, so that whoever writes a batch can make the
 * next one meanwhile. It keeps the contract of a store; a batch that is being written is to be left alone,
 * since the thread reads it where it lies.
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

/** What the thread may ask. */
export type StoreThreadParent = Record<'beforeCommit', () => Promise<void>>;

/** Opens the store as `openSqliteStore` does. It works until it is closed. */
export async function openThreadedStore(path: string, options: StoreOptions): Promise<Store> {
  const store = new ThreadedStore(options);
  await store.open(path, options);
  return store;
}

class ThreadedStore implements Store {
  readonly #thread: Thread<StoreThread>;
  /** Why a commit was refused here: told as it is, in place of what the thread makes of it. */
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

  async open(path: string, { categories, beforeCommit }: StoreOptions): Promise<void> {
    try {
      await this.#thread.call('open', path, categories, beforeCommit !== undefined);
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
