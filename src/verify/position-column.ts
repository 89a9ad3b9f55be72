import type { Partitions } from './partitions.ts';
import type { Position } from './trail.ts';

/** Offsets are kept as distances from one near a partition's first, so that lower ones have room too. */
const originShift = 2 ** 31;
const distancesMax = 2 ** 32;
const partitionsMax = 2 ** 16;

/** A position for each message, in 6 bytes. */
export class PositionColumn {
  readonly #partitions: Partitions;
  #partition: Uint16Array;
  #distance: Uint32Array;
  /** By partition index: the offset that a distance of 0 stands for. */
  readonly #origins: number[] = [];

  constructor(partitions: Partitions, count: number) {
    this.#partitions = partitions;
    this.#partition = new Uint16Array(count);
    this.#distance = new Uint32Array(count);
  }

  /** Returns false for a position too far from the others to be kept. */
  set(message: number, { partition, offset }: Position): boolean {
    const { index } = this.#partitions.of(partition);
    const distance = offset - (this.#origins[index] ??= offset - originShift);
    if (distance < 0 || distance >= distancesMax || index >= partitionsMax) return false;
    this.#partition[message] = index;
    this.#distance[message] = distance;
    return true;
  }

  get(message: number): Position {
    const index = this.#partition[message]!;
    const partition = this.#partitions.all[index]!.number;
    return { partition, offset: this.#origins[index]! + this.#distance[message]! };
  }

  isAt(message: number, partition: number, offset: number): boolean {
    const index = this.#partition[message]!;
    if (this.#partitions.all[index]!.number !== partition) return false;
    const origin = this.#origins[index]!;
    return this.#distance[message] === offset - origin;
  }

  resize(count: number): void {
    const [partition, distance] = [this.#partition, this.#distance];
    this.#partition = new Uint16Array(count);
    this.#distance = new Uint32Array(count);
    this.#partition.set(partition);
    this.#distance.set(distance);
  }
}
