/**
 * An SQLite store whose work is done in a thread of its own, so that whoever writes a batch can make the
 * next one meanwhile. It keeps the contract of a store; a batch that is being written is to be left alone,
 * since the thread reads it where it lies.
 */
import { Worker } from 'node:worker_threads';
import type { RowBatch } from '../row-batch.ts';
import type { Advance, ClaimedTopic, Store, StoredOffset, StoreOptions } from '../store.ts';
import {
  errorOf,
  type FromThread,
  type Question,
  type ThreadData,
  type ToThread,
} from './thread-messages.ts';

// Here as in a package, where the sources are compiled.
const program = new URL(`./store-thread${import.meta.url.slice(-3)}`, import.meta.url);
/** Opens the store as `openSqliteStore` does. It works until it is closed. */
export async function openThreadedStore(path: string, options: StoreOptions): Promise<Store> {
  const store = new ThreadedStore(path, options);
  await store.opened;
  return store;
}

interface Asked {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

class ThreadedStore implements Store {
  readonly opened: Promise<unknown>;
  readonly #thread: Worker;
  readonly #exit = Promise.withResolvers<void>();
  readonly #beforeCommit: StoreOptions['beforeCommit'];
  /** By number. */
  readonly #asked = new Map<number, Asked>();
  #nextNumber = 0;
  /** Why the thread answers no more. */
  #end: Error | undefined;
  /** Why a commit was refused here: told as it is, in place of what the thread makes of it. */
  #refusal: { error: unknown } | undefined;

  constructor(path: string, { categories, beforeCommit }: StoreOptions) {
    this.#beforeCommit = beforeCommit;
    const workerData: ThreadData = { path, categories, asksBeforeCommit: beforeCommit !== undefined };
    this.#thread = new Worker(program, { workerData });
    this.#thread.on('message', (message: FromThread) => void this.#hear(message));
    this.#thread.on('error', (error: Error) => this.#failAll(error));
    this.#thread.on('exit', () => {
      this.#failAll(new Error('the thread of the store has ended'));
      this.#exit.resolve();
    });
    this.opened = this.#answerTo(this.#nextNumber++);
  }

  async claim(topic: ClaimedTopic, begin: ReadonlyMap<number, number>): Promise<Map<number, StoredOffset>> {
    return (await this.#ask({ ask: 'claim', topic, begin })) as Map<number, StoredOffset>;
  }

  async offsets(topicId: string): Promise<Map<number, StoredOffset>> {
    return (await this.#ask({ ask: 'offsets', topicId })) as Map<number, StoredOffset>;
  }

  async write(topicId: string, batch: RowBatch, advances: readonly Advance[]): Promise<void> {
    await this.#ask({ ask: 'write', topicId, batch: batch.share(), advances });
  }

  async close(): Promise<void> {
    // Of a thread that crashed, its last question has told.
    if (this.#end !== undefined) return;
    await this.#ask({ ask: 'close' });
    await this.#exit.promise;
  }

  async #ask(question: Question): Promise<unknown> {
    if (this.#end !== undefined) throw this.#end;
    const number = this.#nextNumber++;
    const answer = this.#answerTo(number);
    this.#say({ number, question });
    return await answer;
  }

  #answerTo(number: number): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#asked.set(number, { resolve, reject });
    return promise;
  }

  #say(message: ToThread): void {
    this.#thread.postMessage(message, []);
  }

  async #hear(message: FromThread): Promise<void> {
    if ('asks' in message) {
      this.#say({ mayCommit: await this.#mayCommit() });
      return;
    }
    const asked = this.#asked.get(message.number)!;
    this.#asked.delete(message.number);
    if ('value' in message) {
      asked.resolve(message.value);
    } else {
      asked.reject(this.#refusal === undefined ? errorOf(message.thrown) : this.#refusal.error);
      this.#refusal = undefined;
    }
  }

  async #mayCommit(): Promise<boolean> {
    try {
      await this.#beforeCommit!();
      return true;
    } catch (error) {
      this.#refusal = { error };
      return false;
    }
  }

  #failAll(error: Error): void {
    this.#end ??= error;
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}
