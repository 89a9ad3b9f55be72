import { beginningOf, scramble, stepped } from '../workload/splitmix.ts';

/** What chance decides, from a seed: the same on every machine. */
export class Chance {
  #state: number;

  /** Each pair of numbers has a course of its own. */
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
