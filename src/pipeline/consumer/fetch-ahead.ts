/**
 * One fetch ahead: while fetched records are sorted and stored, the next fetch is under way. It begins at the offsets
 * that the store will have if all goes well, and counts only if the store has reached them. A new assignment and a
 * refused write discard it. So positions come from the store only, and memory stays bounded even if the store is down.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { nextOffset, splitBatches } from '../../kafka/record-batch/record-batch.ts';
import type { Fetched, Fetcher } from './fetcher.ts';

type Positions = ReadonlyMap<number, { next: number }>;

interface Ahead {
  positions: Positions;
  answer: Promise<Fetched[]>;
  abort: AbortController;
}

export class FetchAhead {
  readonly #fetcher: Pick<Fetcher, 'fetch'>;
  #ahead: Ahead | undefined;

  constructor(fetcher: Pick<Fetcher, 'fetch'>) {
    this.#fetcher = fetcher;
  }

  /** The records at these positions: those that were fetched ahead, if the positions match, or of a new fetch. */
  async fetch(positions: Positions, signal: AbortSignal): Promise<Fetched[]> {
    const ahead = this.#ahead;
    if (ahead !== undefined && areSame(ahead.positions, positions)) {
      this.#ahead = undefined;
      return await ahead.answer;
    }
    this.drop();
    return await this.#fetcher.fetch(positions, signal);
  }

  /** Begins to fetch the records after those that were fetched from these positions, unless the log ended there. */
  async begin(positions: Positions, fetched: readonly Fetched[], signal: AbortSignal): Promise<void> {
    const isFlowing = fetched.some(({ records }) => records.length > 0);
    if (!isFlowing) return;
    const after = new Map(positions);
    for (const { partition, records, skipTo } of fetched) {
      const next = skipTo ?? endOf(records, positions.get(partition)?.next ?? 0);
      after.delete(partition);
      after.set(partition, { next });
    }
    const abort = new AbortController();
    const answer = this.#fetcher.fetch(after, AbortSignal.any([signal, abort.signal]));
    // The caller of `fetch` gets the error; without such a call, it must not be an unhandled rejection.
    answer.catch(() => undefined);
    this.#ahead = { positions: after, answer, abort };
    // The request must leave before this thread is busy.
    await nextTurn();
  }

  /** Settles when the fetch ahead has arrived; undefined if there is none. */
  get arrival(): Promise<unknown> | undefined {
    return this.#ahead?.answer;
  }

  /** Discards the fetch ahead. */
  drop(): void {
    this.#ahead?.abort.abort();
    this.#ahead = undefined;
  }
}

const areSame = (some: Positions, others: Positions): boolean =>
  some.size === others.size &&
  [...others].every(([partition, { next }]) => some.get(partition)?.next === next);

function endOf(records: Buffer, from: number): number {
  let last: Buffer | undefined;
  for (const batch of splitBatches(records)) last = batch;
  return last === undefined ? from : Math.max(from, nextOffset(last));
}
