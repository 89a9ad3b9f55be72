import { deadLetterCategory, type Evidence } from '../history.ts';
import type { HopCounts } from '../verdict.ts';

/** How many messages of each state came to each hop before the store, by the plan's own account of states. */
export class StateCounts {
  readonly #names: readonly string[];
  readonly #counts: readonly HopCounts[];

  constructor(categories: readonly string[]) {
    this.#names = [...categories, 'dead-letters'];
    this.#counts = this.#names.map(() => ({ sent: 0, acked: 0, logged: 0, delivered: 0, written: 0 }));
  }

  add(category: number | undefined, hops: Record<keyof HopCounts, boolean>): void {
    if (category === undefined) return;
    const counts = this.#counts[category === deadLetterCategory ? this.#names.length - 1 : category]!;
    if (hops.sent) counts.sent += 1;
    if (hops.acked) counts.acked += 1;
    if (hops.logged) counts.logged += 1;
    if (hops.delivered) counts.delivered! += 1;
    if (hops.written) counts.written! += 1;
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
