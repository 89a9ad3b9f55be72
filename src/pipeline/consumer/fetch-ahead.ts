/**
 * One fetch ahead: while what was fetched is sorted and stored, the next is on its way. It goes from where
 * the store will be if all goes well, and counts only if the store is there.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FetchedPartition } from '../../kafka/fetch/fetch.ts';
import { nextOffset, splitBatches } from '../../kafka/record-batch/record-batch.ts';
import type { Fetcher } from './fetcher.ts';

type Positions = ReadonlyMap<number, { next: number }>;

interface Ahead {
  positions: Positions;
  answer: Promise<FetchedPartition[]>;
  abort: AbortController;
}

export class FetchAhead {
  readonly #fetcher: Pick<Fetcher, 'fetch'>;
  #ahead: Ahead | undefined;

  constructor(fetcher: Pick<Fetcher, 'fetch'>) {
    this.#fetcher = fetcher;
  }

  /** What lies at these positions: fetched ahead, if that was from just these, or now. */
  async fetch(positions: Positions, signal: AbortSignal): Promise<FetchedPartition[]> {
    const ahead = this.#ahead;
    if (ahead !== undefined && areSame(ahead.positions, positions)) {
      this.#ahead = undefined;
      return await ahead.answer;
    }
    this.drop();
    return await this.#fetcher.fetch(positions, signal);
  }

  /** Begins to fetch what follows what was fetched from these positions. Nothing where that had an end. */
  async begin(
    positions: Positions,
    fetched: readonly FetchedPartition[],
    signal: AbortSignal,
  ): Promise<void> {
    const isFlowing = fetched.some(({ records }) => records.length > 0);
    if (!isFlowing || fetched.some(({ error }) => error !== 'NONE')) return;
    const after = new Map(positions);
    for (const { partition, records } of fetched) {
      const next = endOf(records, positions.get(partition)?.next ?? 0);
      after.delete(partition);
      after.set(partition, { next });
    }
    const abort = new AbortController();
    const answer = this.#fetcher.fetch(after, AbortSignal.any([signal, abort.signal]));
    // Whoever takes it meets the error; nobody may.
    answer.catch(() => undefined);
    this.#ahead = { positions: after, answer, abort };
    // The request is to leave before this thread is busy.
    await nextTurn();
  }

  /** Done when what was fetched ahead is there; undefined where nothing is on its way. */
  get arrival(): Promise<unknown> | undefined {
    return this.#ahead?.answer;
  }

  /** Throws away what was fetched ahead. */
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
