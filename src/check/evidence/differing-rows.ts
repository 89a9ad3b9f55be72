import { differencesText, type ComparedFacts, type ShownComparison } from '../facts/shown-values.ts';

interface Difference {
  bits: number;
  facts: ComparedFacts;
  isVersionOdd: boolean;
}

/** The rows that differ from their record, each with a number of its own, from 1. */
export class DifferingRows {
  readonly #comparisons: readonly ShownComparison[];
  readonly #all: Difference[] = [];

  constructor(comparisons: readonly ShownComparison[]) {
    this.#comparisons = comparisons;
  }

  /** `bits` tells which values differ. Returns the number. */
  add(bits: number, facts: ComparedFacts, isVersionOdd: boolean): number {
    return this.#all.push({ bits, facts, isVersionOdd });
  }

  /** How the row differs, in a few words; undefined if no row has the number. */
  describe(number: number): string | undefined {
    const found = this.#all[number - 1];
    if (found === undefined) return undefined;
    const { bits, facts, isVersionOdd } = found;
    const { records, record, rows, row } = facts;
    const texts = differencesText(this.#comparisons, bits, facts);
    if (isVersionOdd) {
      const versions = `${records.version(record)} in the record, ${rows.version(row)} in the row`;
      texts.push(`the version differs: ${versions}`);
    }
    return texts.join('; ');
  }
}
