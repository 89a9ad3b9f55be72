/** Random values that follow from a seed and a message's sequence. */
import { beginningOf, scramble, stepped } from '../workload/splitmix.ts';
import type { Random } from './config.ts';

/** Tells these numbers from those of nodrop's own workload, whose producers have lower numbers. */
const stream = 0x6d616b65;
const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'.split('');
const pairs = letters.flatMap((first) => letters.map((second) => first + second));
const textMax = 1_000_000;

export class SeededRandom implements Random {
  readonly #seed: number;
  #state = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Begins with the numbers of this message. */
  startAt(sequence: number): void {
    this.#state = beginningOf(this.#seed, stream, sequence);
  }

  readonly number = (): number => (this.#next() * 0x20_0000 + (this.#next() >>> 11)) / 2 ** 53;

  readonly integer = (min: number, max: number): number => {
    const count = max - min + 1;
    if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || !Number.isSafeInteger(count) || count < 1)
      throw new RangeError(
        `random.integer takes two integers, the smaller one first; not ${min} and ${max}.`,
      );
    return min + Math.floor(this.number() * count);
  };

  readonly chance = (probability: number): boolean => {
    if (!(probability >= 0 && probability <= 1))
      throw new RangeError(`random.chance takes a number from 0 to 1; not ${probability}.`);
    return this.number() < probability;
  };

  readonly pick = <T>(values: readonly T[]): T => {
    if (values.length === 0) throw new RangeError('random.pick takes a list that is not empty.');
    return values[this.integer(0, values.length - 1)]!;
  };

  readonly text = (length: number): string => {
    if (!Number.isSafeInteger(length) || length < 0 || length > textMax)
      throw new RangeError(`random.text takes a length from 0 to ${textMax}; not ${length}.`);
    let text = '';
    while (text.length < length) {
      const drawn = this.#next();
      text += pairs[drawn % pairs.length]! + pairs[Math.floor(drawn / pairs.length) % pairs.length]!;
    }
    return text.slice(0, length);
  };

  #next(): number {
    this.#state = stepped(this.#state);
    return scramble(this.#state);
  }
}
