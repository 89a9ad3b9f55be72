/**
 * A run's store, read in a thread of its own while other evidence is gathered. What it has read lies in a file
 * without a name until it is asked for: of ten million rows, memory is not to hold all. Numbers for what stands
 * outside the plan are given out on either side, so the thread tells what its own stand for.
 */
import { closeSync, openSync, readvSync, rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import { untold, type Evidence, type MessageName, type StoreBatch } from '../evidence.ts';
import type { Manifest } from '../../run-folder/run-folder.ts';
import type { RunMessages } from './run-messages.ts';
import type { SessionStarts } from './run-plan.ts';
import { missingStore, newBatch, type OpenStoreHop } from './store-hop.ts';

export interface StoreThreadData {
  location: string;
  manifest: Manifest;
  sessionStarts: SessionStarts;
  /** The file that the thread writes batches to, one behind another, open for all threads. */
  spool: number;
  /** Where it was made: it has no name any more. */
  spoolPath: string;
}

interface Opened {
  type: 'opened';
  positions: ReadonlyMap<number, number>;
  oddPositions: readonly string[];
  whole: boolean;
  problem: string | undefined;
  categories: string[];
}

/** A batch is in the spool. */
interface Spooled {
  type: 'batch';
  count: number;
  /** Of messages outside the plan, and of contents that differ, in the order of their numbers there. */
  names: MessageName[];
  contents: string[];
}

interface Ended {
  type: 'ended';
  whole: boolean;
  problem: string | undefined;
}

export type FromStoreThread = Opened | Spooled | Ended;

/** As they lie in the spool. */
export const columnsOf = ({
  count,
  message,
  content,
  offset,
  partition,
  category,
}: StoreBatch): NodeJS.ArrayBufferView[] =>
  [message, content, offset, partition, category].map((column) => column.subarray(0, count));

// Here as in a package, where the sources are compiled.
const program = new URL(`./store-hop-thread${import.meta.url.slice(-3)}`, import.meta.url);

/** The same as `openStoreHop`, and reading begins at once. `spoolPath` is made and removed. Throws what `openSync` does. */
export async function openThreadedStoreHop(
  location: string,
  manifest: Manifest,
  messages: RunMessages,
  spoolPath: string,
): Promise<OpenStoreHop> {
  const spool = openSync(spoolPath, 'wx+', 0o600);
  rmSync(spoolPath);
  const { sessionStarts } = messages;
  const workerData: StoreThreadData = { location, manifest, sessionStarts, spool, spoolPath };
  const thread = new Worker(program, { workerData });
  const close = async (): Promise<void> => {
    await thread.terminate();
    closeSync(spool);
  };
  const told = new Told(thread);
  let opened: FromStoreThread;
  try {
    opened = await told.next();
    if (opened.type !== 'opened') throw new Error('bug: its thread began with something else');
  } catch (error) {
    await close();
    return missingStore(manifest, problemOf(error));
  }
  const { positions, oddPositions, whole, problem, categories } = opened;
  const hop: Evidence['store'] = {
    whole,
    ...(problem !== undefined && { problem }),
    positions,
    tellsPlaces: true,
    oddPositions,
    async *batches() {
      try {
        const ended = yield* spooledBatches(told, spool, messages);
        hop.whole = ended.whole;
        if (ended.problem !== undefined) hop.problem = ended.problem;
      } catch (error) {
        hop.whole = false;
        hop.problem = problemOf(error);
      }
    },
  };
  return { hop, categories, close };
}

async function* spooledBatches(
  told: Told,
  spool: number,
  messages: RunMessages,
): AsyncGenerator<StoreBatch, Ended> {
  const translation = new Translation(messages);
  const batch = newBatch();
  let position = 0;
  for (;;) {
    const message = await told.next();
    if (message.type === 'ended') return message;
    if (message.type === 'opened') throw new Error('bug: its thread began twice');
    batch.count = message.count;
    const columns = columnsOf(batch);
    const bytes = columns.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (readvSync(spool, columns, position) < bytes) throw new Error('bug: the spool is cut short');
    position += bytes;
    translation.learn(message);
    translation.apply(batch);
    yield batch;
  }
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

  learn({ names, contents }: Spooled): void {
    for (const name of names) this.#others.push(this.#messages.other(name));
    for (const differences of contents) this.#contents.push(this.#messages.contentOf(differences));
  }

  apply({ count, message, content }: StoreBatch): void {
    const { plannedCount } = this.#messages;
    for (let row = 0; row < count; row++) {
      if (message[row]! >= plannedCount) message[row] = this.#others[message[row]! - plannedCount]!;
      content[row] = this.#contents[content[row]!]!;
    }
  }
}
