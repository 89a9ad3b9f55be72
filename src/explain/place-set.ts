import type { Place } from '../workload/place.ts';

/** A few places in a log, with which millions of others are compared. */
export class PlaceSet {
  readonly #offsets = new Map<number, Set<number>>();
  readonly #limit: number;
  #size = 0;

  /** Places beyond the limit are not kept. */
  constructor(limit = Infinity) {
    this.#limit = limit;
  }

  add({ partition, offset }: Place): void {
    if (!(partition >= 0 && offset >= 0) || this.has(partition, offset) || this.#size === this.#limit) return;
    const offsets = this.#offsets.get(partition) ?? new Set<number>();
    this.#offsets.set(partition, offsets.add(offset));
    this.#size += 1;
  }

  has(partition: number, offset: number): boolean {
    return this.#offsets.get(partition)?.has(offset) === true;
  }

  /** The places at offsets `first` to `end − 1`. */
  *within(partition: number, first: number, end: number): Generator<Place> {
    for (const offset of this.#offsets.get(partition) ?? []) {
      if (offset >= first && offset < end) yield { partition, offset };
    }
  }

  *[Symbol.iterator](): Generator<Place> {
    for (const [partition, offsets] of this.#offsets)
      for (const offset of offsets) yield { partition, offset };
  }
}
