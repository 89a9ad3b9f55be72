import { deadLetterCategory, type Evidence } from '../evidence.ts';
import type { HopCounts } from '../../result/verdict.ts';

/** How many messages of each state came to each hop before the store, by the plan's own account of states. */
export class StateCounts {
  readonly #names: readonly string[];
  readonly #counts: readonly HopCounts[];

  constructor(categories: readonly string[]) {
    this.#names = [...categories, 'dead-letters'];
    this.#counts = this.#names.map(() => ({ sent: 0, acked: 0, logged: 0, delivered: 0, written: 0 }));
  }

  /** The counts of a state, to be added to; undefined for a message of which nobody knows the state. */
  of(category: number | undefined): HopCounts | undefined {
    if (category === undefined) return undefined;
    return this.#counts[category === deadLetterCategory ? this.#names.length - 1 : category]!;
  }

  /** Dead letters are left out where there are none. The last two are null where no journal tells. */
  table({ deliveries, written }: Pick<Evidence, 'deliveries' | 'written'>): Record<string, HopCounts> {
    const entries = this.#names.map((name, index) => [name, this.#counts[index]!] as const);
    return Object.fromEntries(
      entries
        .filter(([name, { sent, logged }]) => name !== 'dead-letters' || sent + logged > 0)
        .map(([name, counts]) => [
          name,
          {
            ...counts,
            delivered: deliveries ? counts.delivered : null,
            written: written ? counts.written : null,
          },
        ]),
    );
  }
}
