import { deadLetterCategory } from '../evidence.ts';
import type { Subject } from './subject.ts';

/**
 * Expected category → stored category → messages, over the messages that the store must have: acked, or seen
 * in the log. Each message counts once, so that the numbers of a row add up to the expected number: in its expected
 * category if it has a row there; otherwise in the first category in which it has one; otherwise as `(missing)`,
 * whether it is lost or not drained yet. Besides the categories, the names are `dead-letters` and `(missing)`, which no
 * state can have.
 */
export class Confusion {
  readonly #names: string[];
  /** By expected category, then stored one; the last two are dead letters and missing. */
  readonly #counts: number[][];

  constructor(categories: readonly string[]) {
    this.#names = [...categories, 'dead-letters', '(missing)'];
    this.#counts = this.#names.map(() => this.#names.map(() => 0));
  }

  addRight(category: number, count: number): void {
    const place = this.#place(category);
    this.#counts[place]![place]! += count;
  }

  add({ category, rows }: Subject): void {
    if (category === undefined) return;
    const stored = rows.map((row) => row.category);
    const missing = this.#names.length - 1;
    const place = stored.includes(category)
      ? this.#place(category)
      : Math.min(missing, ...stored.map((other) => this.#place(other)));
    this.#count(this.#place(category), place);
  }

  table(): Record<string, Record<string, number>> {
    const entriesOf = (counts: readonly number[]) =>
      counts.map((count, index) => [this.#names[index]!, count] as const).filter(([, count]) => count > 0);
    const rows = this.#counts.map((counts, index) => [this.#names[index]!, entriesOf(counts)] as const);
    return Object.fromEntries(
      rows
        .filter(([, entries]) => entries.length > 0)
        .map(([name, entries]) => [name, Object.fromEntries(entries)]),
    );
  }

  #place(category: number): number {
    return category === deadLetterCategory ? this.#names.length - 2 : category;
  }

  #count(expected: number, stored: number): void {
    this.#counts[expected]![stored]! += 1;
  }
}
