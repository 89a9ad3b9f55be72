/** What chance decides, from a seed: the same on every machine (splitmix32). */
export class Chance {
  #state: number;

  /** Each pair of numbers has a course of its own. */
  constructor(seed: number, stream: number) {
    this.#state = (seed ^ Math.imul(stream + 1, 0x9e3779b9)) | 0;
  }

  /** 32 bits. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return (bits ^ (bits >>> 15)) >>> 0;
  }

  /** From `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + (this.next() % (max - min + 1));
  }

  pick<T>(among: readonly T[]): T {
    return among[this.next() % among.length]!;
  }

  /** In so many of a hundred cases. */
  happens(percent: number): boolean {
    return this.next() % 100 < percent;
  }

  /** In another order. */
  shuffled<T>(all: readonly T[]): T[] {
    const rest = [...all];
    return all.map(() => rest.splice(this.next() % rest.length, 1)[0]!);
  }
}
