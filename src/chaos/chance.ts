import { beginningOf, scramble, stepped } from '../workload/splitmix.ts';

/** Random numbers from a seed: the same on every machine. */
export class Chance {
  #state: number;

  /** Each pair of seed and stream gives a sequence of its own. */
  constructor(seed: number, stream: number) {
    this.#state = beginningOf(seed, stream, 0);
  }

  /** 32 bits. */
  next(): number {
    this.#state = stepped(this.#state);
    return scramble(this.#state);
  }

  /** From `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + (this.next() % (max - min + 1));
  }

  pick<T>(among: readonly T[]): T {
    return among[this.next() % among.length]!;
  }

  /** True in `percent` of a hundred cases. */
  happens(percent: number): boolean {
    return this.next() % 100 < percent;
  }

  /** The same items in a random order. */
  shuffled<T>(all: readonly T[]): T[] {
    const rest = [...all];
    return all.map(() => rest.splice(this.next() % rest.length, 1)[0]!);
  }
}
