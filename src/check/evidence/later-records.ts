const noFacts: readonly number[] = [];

/** The records beyond the range that have the id of a message, by message. Each has one row. */
export class LaterRecords {
  readonly #facts = new Map<number, number[]>();
  /** Those that have their row. */
  readonly #taken = new Set<number>();

  note(message: number, fact: number): void {
    const facts = this.#facts.get(message);
    if (facts === undefined) this.#facts.set(message, [fact]);
    else facts.push(fact);
  }

  has = (message: number): boolean => this.#facts.has(message);

  of = (message: number): readonly number[] => this.#facts.get(message) ?? noFacts;

  /** Gives a row to the record that is like it, or to any if that will do. Returns whether there was one. */
  take(message: number, isAnyRight: boolean, isSame: (fact: number) => boolean): boolean {
    const left = this.of(message).filter((fact) => !this.#taken.has(fact));
    const found = left.find(isSame) ?? (isAnyRight ? left[0] : undefined);
    if (found !== undefined) this.#taken.add(found);
    return found !== undefined;
  }
}
