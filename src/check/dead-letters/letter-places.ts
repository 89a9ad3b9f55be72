/** The places of records that have a dead letter, in memory and as a file of lines `NUMBER:OFFSET`. */
import { readFileSync } from 'node:fs';
import { BitSet } from '../../audit/bit-set.ts';
import { unavailableError } from '../../errors.ts';
import { numberOf } from '../partition-numbers.ts';
import { writeWhole } from '../../system/write-whole.ts';

const placesMax = 5_000_000;

export class LetterPlaces {
  readonly #places = new Map<number, BitSet>();
  readonly #lines: string[] = [];

  /** `partition`: its number in the evidence. */
  has(partition: number, offset: number): boolean {
    return this.#places.get(partition)?.has(offset) === true;
  }

  add(partition: number, offset: number): void {
    if (this.has(partition, offset)) return;
    if (this.#lines.length === placesMax) {
      throw unavailableError(`There are more than ${placesMax} dead letters.`, {
        hint: 'Check a part of the topic with --from and --to.',
      });
    }
    let offsets = this.#places.get(partition);
    if (offsets === undefined) this.#places.set(partition, (offsets = new BitSet()));
    offsets.add(offset);
    this.#lines.push(`${partition}:${offset}`);
  }

  get count(): number {
    return this.#lines.length;
  }

  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }

  write(path: string): void {
    writeWhole(path, this.text);
  }

  /** Each place is a topic's index, a partition and an offset. */
  static of(told: readonly (readonly [number, number, number])[]): LetterPlaces {
    const places = new LetterPlaces();
    for (const [topic, partition, offset] of told) places.add(numberOf(topic, partition), offset);
    return places;
  }

  static read(path: string): LetterPlaces {
    const places = new LetterPlaces();
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      if (line === '') continue;
      const [partition, offset] = line.split(':').map(Number);
      if (!Number.isSafeInteger(partition) || !Number.isSafeInteger(offset))
        throw new Error(`${path} is damaged`);
      places.add(partition!, offset!);
    }
    return places;
  }
}
