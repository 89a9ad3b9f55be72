import { deadLetterCategory } from '../evidence.ts';
import type { HopCounts } from '../../result/verdict.ts';
import type { RunFacts } from './run-facts.ts';

type Kept = Pick<RunFacts, 'areDeliveriesKept' | 'areWritesKept'>;

/** Counts the messages of each state at each hop before the store; the states are those of the plan. */
export class StateCounts {
  readonly #names: readonly string[];
  readonly #counts: readonly HopCounts[];

  constructor(categories: readonly string[]) {
    this.#names = [...categories, 'dead-letters'];
    this.#counts = this.#names.map(() => ({ sent: 0, acked: 0, logged: 0, delivered: 0, written: 0 }));
  }

  /** The counts of a state, to be added to; undefined for a message whose state is not known. */
  of(category: number | undefined): HopCounts | undefined {
    if (category === undefined) return undefined;
    return this.#counts[category === deadLetterCategory ? this.#names.length - 1 : category]!;
  }

  /** Leaves out dead letters if there are none. The last two counts are null without a journal. */
  table({ areDeliveriesKept, areWritesKept }: Kept): Record<string, HopCounts> {
    const entries = this.#names.map((name, index) => [name, this.#counts[index]!] as const);
    return Object.fromEntries(
      entries
        .filter(([name, { sent, logged }]) => name !== 'dead-letters' || sent + logged > 0)
        .map(([name, counts]) => [
          name,
          {
            ...counts,
            delivered: areDeliveriesKept ? counts.delivered : null,
            written: areWritesKept ? counts.written : null,
          },
        ]),
    );
  }
}
