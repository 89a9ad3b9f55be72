/** The records of one id, by what they say: a row is that of any of them, and copies that say the same count once. */
import type { BucketFacts } from '../facts/fact-reader.ts';

export class RecordCopies {
  readonly #categoryOf: (record: number) => number | undefined;
  /** By values, then by category: the first such record. */
  readonly #byValues = new Map<string, Map<number | undefined, number>>();
  /** The records in `#byValues` of which there is a row. */
  readonly #stored = new Set<number>();

  /** `categoryOf`: undefined for a record that tells none, whose row may be in any. */
  constructor(
    records: BucketFacts,
    facts: readonly number[],
    categoryOf: (record: number) => number | undefined,
  ) {
    this.#categoryOf = categoryOf;
    for (const fact of facts) {
      const values = records.values(fact);
      const known = this.#byValues.get(values) ?? new Map<number | undefined, number>();
      this.#byValues.set(values, known);
      const category = categoryOf(fact);
      if (!known.has(category)) known.set(category, fact);
    }
  }

  /**
   * The record that is most like a row: one with its values and its category, else one with its category, else one with its
   * values. undefined: there are none.
   */
  nearest(rows: BucketFacts, row: number, category: number): number | undefined {
    const same = this.#byValues.get(rows.values(row));
    const found = same?.get(category) ?? same?.get(undefined);
    if (found !== undefined) {
      this.#stored.add(found);
      return found;
    }
    const all = this.#distinct();
    const ofCategory = all.find((record) => this.#categoryOf(record) === category);
    const [ofValues] = same?.values() ?? [];
    return ofCategory ?? ofValues ?? all[0];
  }

  /** Whether there is a row of all that they say. `isHandled` tells of a record that it needs none. */
  isWhole(isHandled: (record: number) => boolean): boolean {
    return this.#distinct().every((record) => this.#stored.has(record) || isHandled(record));
  }

  #distinct(): number[] {
    return [...this.#byValues.values()].flatMap((known) => [...known.values()]);
  }
}
