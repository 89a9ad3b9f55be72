/** Which rows of the last look were there in the look before, with all other rows of their id. */
import { isDeepStrictEqual } from 'node:util';
import { BucketIndex, indexOf } from '../facts/bucket-index.ts';
import type { BucketFacts } from '../facts/fact-reader.ts';

export class SteadyRows {
  readonly #last: BucketFacts;
  readonly #index: BucketIndex;
  /** By the first fact of an id in the last look: what its rows say. */
  readonly #now: ReadonlyMap<number, string[]>;
  readonly #then: ReadonlyMap<number, string[]>;

  /** @param textOf all that a row says, the same text in both looks */
  constructor([last, before]: readonly BucketFacts[], textOf: (look: number, fact: number) => string) {
    this.#last = last!;
    this.#index = indexOf(last!);
    this.#now = this.#textsOf(last!, (fact) => textOf(0, fact));
    this.#then = before === undefined ? new Map() : this.#textsOf(before, (fact) => textOf(1, fact));
  }

  has(fact: number): boolean {
    const first = this.#index.find(this.#last, fact);
    return isDeepStrictEqual(this.#now.get(first)!.sort(), this.#then.get(first)?.sort());
  }

  #textsOf(facts: BucketFacts, textOf: (fact: number) => string): Map<number, string[]> {
    const texts = new Map<number, string[]>();
    for (let fact = 0; fact < facts.count; fact++) {
      const first = this.#index.find(facts, fact);
      if (first < 0) continue;
      const known = texts.get(first);
      if (known === undefined) texts.set(first, [textOf(fact)]);
      else known.push(textOf(fact));
    }
    return texts;
  }
}
