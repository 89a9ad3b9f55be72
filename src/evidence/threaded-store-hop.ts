/**
 * A run's store, read in a thread of its own while other evidence is gathered. Numbers for what stands outside
 * the plan are given out on either side, so the thread tells what its own stand for.
 */
import { Worker } from 'node:worker_threads';
import { messageOf } from '../errors.ts';
import { untold, type Evidence, type MessageName, type StoreBatch } from '../history.ts';
import type { Manifest } from '../run-folder.ts';
import type { RunMessages } from './run-messages.ts';
import { missingStore, type OpenStoreHop } from './store-hop.ts';

/** Batches that the thread reads ahead: a million rows, in some 25 MB. */
const aheadMaxDefault = 256;

export interface StoreThreadData {
  location: string;
  manifest: Manifest;
  aheadMax: number;
}

interface Opened {
  type: 'opened';
  positions: ReadonlyMap<number, number>;
  whole: boolean;
  problem: string | undefined;
  categories: string[];
}

interface Batch {
  type: 'batch';
  batch: StoreBatch;
  /** Of messages outside the plan, and of contents that differ, in the order of their numbers there. */
  names: MessageName[];
  contents: string[];
}

interface Ended {
  type: 'ended';
  whole: boolean;
  problem: string | undefined;
}

export type FromStoreThread = Opened | Batch | Ended;

// Here as in a package, where the sources are compiled.
const program = new URL(`./store-hop-thread${import.meta.url.slice(-3)}`, import.meta.url);

/** The same as `openStoreHop`, and reading begins at once: up to so many batches that nobody has taken. */
export async function openThreadedStoreHop(
  location: string,
  manifest: Manifest,
  messages: RunMessages,
  aheadMax = aheadMaxDefault,
): Promise<OpenStoreHop> {
  const workerData: StoreThreadData = { location, manifest, aheadMax };
  const thread = new Worker(program, { workerData });
  const told = new Told(thread);
  let opened: FromStoreThread;
  try {
    opened = await told.next();
    if (opened.type !== 'opened') throw new Error('bug: its thread began with something else');
  } catch (error) {
    return missingStore(manifest, problemOf(error));
  }
  const { positions, whole, problem, categories } = opened;
  const hop: Evidence['store'] = {
    whole,
    ...(problem !== undefined && { problem }),
    positions,
    async *batches() {
      const translation = new Translation(messages);
      try {
        for (;;) {
          const message = await told.next();
          if (message.type === 'ended') {
            hop.whole = message.whole;
            if (message.problem !== undefined) hop.problem = message.problem;
            return;
          }
          if (message.type === 'opened') throw new Error('bug: the thread of the store began twice');
          yield translation.of(message);
          thread.postMessage('taken', []);
        }
      } catch (error) {
        hop.whole = false;
        hop.problem = problemOf(error);
      }
    },
  };
  return { hop, categories, close: async () => void (await thread.terminate()) };
}

const problemOf = (error: unknown): string => `the store could not be read: ${messageOf(error)}`;

/** What a thread says, to be taken one by one; what ends it is thrown behind the last. */
class Told {
  readonly #messages: FromStoreThread[] = [];
  #failure: Error | undefined;
  #onMore: (() => void) | undefined;

  constructor(thread: Worker) {
    thread.on('message', (message: FromStoreThread) => {
      this.#messages.push(message);
      this.#onMore?.();
    });
    const fail = (error: Error): void => {
      this.#failure ??= error;
      this.#onMore?.();
    };
    thread.on('error', fail);
    thread.on('exit', () => fail(new Error('its thread has ended')));
  }

  async next(): Promise<FromStoreThread> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => (this.#onMore = resolve));
    }
  }
}

/** From the thread's numbers to those of the audit. */
class Translation {
  readonly #messages: RunMessages;
  /** By the thread's number, counted from the end of the plan. */
  readonly #others: number[] = [];
  /** By the thread's number. */
  readonly #contents: number[];

  constructor(messages: RunMessages) {
    this.#messages = messages;
    this.#contents = [untold, messages.contentOf('')];
  }

  of({ batch, names, contents }: Batch): StoreBatch {
    const { plannedCount } = this.#messages;
    for (const name of names) this.#others.push(this.#messages.other(name));
    for (const differences of contents) this.#contents.push(this.#messages.contentOf(differences));
    for (let row = 0; row < batch.count; row++) {
      if (batch.message[row]! >= plannedCount)
        batch.message[row] = this.#others[batch.message[row]! - plannedCount]!;
      batch.content[row] = this.#contents[batch.content[row]!]!;
    }
    return batch;
  }
}
