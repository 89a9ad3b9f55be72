/** Numbers for the names of categories, in the order in which they come. */
import { unavailableError } from '../../errors.ts';

/** The number of rows whose category is not told. */
export const categoriesMax = 60_000;

export class CategoryTable {
  readonly names: string[] = [];
  /** The texts that have been seen, and the number of each. */
  readonly #seen: { bytes: Buffer; number: number }[] = [];
  readonly #numbers = new Map<string, number>();
  /** From the names on this side to those on the other. */
  readonly #map: ReadonlyMap<string, string>;
  readonly #where: string;

  constructor(where: string, map: ReadonlyMap<string, string> = new Map()) {
    this.#where = where;
    this.#map = map;
  }

  numberOf(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    // Few categories are compared more quickly than looked up.
    const seen = this.#seen;
    search: for (let index = 0; index < seen.length && index < 16; index++) {
      const { bytes: name, number } = seen[index]!;
      if (name.length !== length) continue;
      for (let at = 0; at < length; at++) if (name[at] !== bytes[start + at]) continue search;
      return number;
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('utf8');
    return this.#numbers.get(text) ?? this.#add(text);
  }

  #add(text: string): number {
    const name = this.#map.get(text) ?? text;
    let number = this.names.indexOf(name);
    if (number < 0) number = this.names.push(name) - 1;
    if (number >= categoriesMax) {
      throw unavailableError(`${this.#where} has more than ${categoriesMax} categories.`, {
        hint: 'Name a place that holds a state or a kind, and not an id.',
      });
    }
    this.#numbers.set(text, number);
    this.#seen.push({ bytes: Buffer.from(text), number });
    return number;
  }
}
