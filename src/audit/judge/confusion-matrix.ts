import { deadLetterCategory } from '../evidence.ts';
import type { Subject } from './subject.ts';

/**
 * Expected category → stored category → messages, over the messages that the store must hold: acked, or seen
 * in the log. Each counts once, so that the numbers of a row add up to what was expected: where it belongs,
 * if one of its rows is there; else at the first category where it has one; else as `(missing)`, be it lost or
 * not drained yet. Names beside the categories' are `dead-letters` and `(missing)`:
 * no state is called so.
 */
export class Confusion {
  readonly #names: string[];
  /** By expected category, then stored one; the last two are dead letters and nothing. */
  readonly #counts: number[][];

  constructor(categories: readonly string[]) {
    this.#names = [...categories, 'dead-letters', '(missing)'];
    this.#counts = this.#names.map(() => this.#names.map(() => 0));
  }

  addRight(category: number): void {
    this.#count(this.#place(category), this.#place(category));
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
