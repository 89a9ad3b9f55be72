/** Finds the first fact of an id in a bucket. */
import type { BucketFacts } from './fact-reader.ts';

const none = -1;

export class BucketIndex {
  readonly #facts: BucketFacts;
  readonly #slots: Int32Array;

  constructor(facts: BucketFacts) {
    this.#facts = facts;
    let size = 16;
    while (size < 2 * facts.count) size *= 2;
    this.#slots = new Int32Array(size).fill(none);
  }

  /** The first fact that was added with the id of a fact of other facts; −1 if there is none. */
  find(other: BucketFacts, fact: number): number {
    return this.#slots[this.#slotOf(other, fact)]!;
  }

  /** Adds a fact of the index's own facts, unless one with its id is there. Returns the first one with its id. */
  add(fact: number): number {
    const slot = this.#slotOf(this.#facts, fact);
    const known = this.#slots[slot]!;
    if (known !== none) return known;
    this.#slots[slot] = fact;
    return fact;
  }

  /** The slot with the id, or the free one where it would stand. */
  #slotOf(other: BucketFacts, fact: number): number {
    const mask = this.#slots.length - 1;
    let slot = other.slotOf(fact) & mask;
    for (;;) {
      const known = this.#slots[slot]!;
      if (known === none || this.#facts.isSameId(known, other, fact)) return slot;
      slot = (slot + 1) & mask;
    }
  }
}

export function indexOf(facts: BucketFacts): BucketIndex {
  const index = new BucketIndex(facts);
  for (let fact = 0; fact < facts.count; fact++) index.add(fact);
  return index;
}
