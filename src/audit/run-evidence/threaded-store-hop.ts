/**
 * A run's store, read in a thread of its own while other evidence is gathered. Rows that were read are kept in a file
 * without a name until the audit needs them: memory must not hold ten million rows. Thread and audit each assign
 * numbers to messages and contents outside of the plan, so the thread also sends the meaning of its numbers.
 */
import { closeSync, openSync, readvSync, rmSync } from 'node:fs';
import { messageOf } from '../../errors.ts';
import { untold, type Evidence, type MessageName, type StoreBatch } from '../evidence.ts';
import type { Manifest } from '../../run-folder/run-folder.ts';
import type { RunMessages } from './run-messages.ts';
import { startThread } from '../../system/thread.ts';
import type { StoreHopThread } from './store-hop-thread.ts';
import { missingStore, newBatch, type OpenStoreHop } from './store-hop.ts';

/** Sent when a batch is in the spool. */
interface Spooled {
  count: number;
  /** New messages outside of the plan, and new contents that differ, in the order of the thread's numbers. */
  names: MessageName[];
  contents: string[];
}

/** The messages of the thread. */
export type StoreHopThreadParent = Record<'spooled', (batch: Spooled) => void>;

/** The columns of a batch, in the order of the spool. */
export const columnsOf = ({
  count,
  message,
  content,
  offset,
  partition,
  category,
}: StoreBatch): NodeJS.ArrayBufferView[] =>
  [message, content, offset, partition, category].map((column) => column.subarray(0, count));

/** Like `openStoreHop`, but reading begins at once. Makes and removes `spoolPath`. Throws the errors of `openSync`. */
export async function openThreadedStoreHop(
  location: string,
  manifest: Manifest,
  messages: RunMessages,
  spoolPath: string,
): Promise<OpenStoreHop> {
  const spool = openSync(spoolPath, 'wx+', 0o600);
  rmSync(spoolPath);
  const told = new Told();
  const handlers: StoreHopThreadParent = { spooled: (batch) => told.add(batch) };
  const thread = startThread<StoreHopThread>('./store-hop-thread', import.meta.url, { handlers });
  const close = async (): Promise<void> => {
    await thread.terminate();
    closeSync(spool);
  };
  try {
    const opened = await thread.call('open', location, manifest, messages.sessionStarts);
    const { positions, oddPositions, whole, problem, categories } = opened;
    told.endWith(thread.call('read', spool, spoolPath));
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
  } catch (error) {
    await close();
    return missingStore(manifest, problemOf(error));
  }
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
    if (!('count' in message)) return message;
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

/** The result of reading the store. */
type Ended = Awaited<ReturnType<StoreHopThread['read']>>;

/** A queue of the thread's messages; the end of its reading comes after the last. */
class Told {
  readonly #batches: Spooled[] = [];
  #end: Promise<Ended> | undefined;
  #onMore: (() => void) | undefined;

  add(batch: Spooled): void {
    this.#batches.push(batch);
    this.#onMore?.();
  }

  endWith(reading: Promise<Ended>): void {
    const end = (): void => {
      this.#end = reading;
      this.#onMore?.();
    };
    reading.then(end, end);
  }

  async next(): Promise<Spooled | Ended> {
    for (;;) {
      const batch = this.#batches.shift();
      if (batch !== undefined) return batch;
      if (this.#end !== undefined) return await this.#end;
      await new Promise<void>((resolve) => (this.#onMore = resolve));
    }
  }
}

/** Translates the thread's numbers into those of the audit. */
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
