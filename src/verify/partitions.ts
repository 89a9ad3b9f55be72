import type { LogRange } from '../history.ts';
import { OffsetSet } from './offset-set.ts';
import type { StoredRow } from './trail.ts';

/** What is known of one partition, and of its offsets where something is unusual. */
export class Partition {
  readonly number: number;
  /** Its place among the partitions that the evidence names. */
  readonly index: number;
  readonly range: LogRange | undefined;
  /** The store's next offset. */
  readonly position: number | undefined;
  /** Offsets that an ack names. */
  readonly acked = new OffsetSet();
  /** Offsets that acks of two messages name. */
  readonly contested = new Set<number>();
  /** Offsets that an ack names and where the log holds another message of this run. */
  readonly occupied = new Set<number>();
  /** Offsets that an ack names and where the log holds records that look foreign, with the flags of each. */
  readonly foreignLooking = new Map<number, number[]>();
  /** Rows without an id, by offset: to be joined by position. */
  readonly namelessRows = new Map<number, StoredRow[]>();
  /** The last offset of each key, in a compacted partition. */
  readonly lastOfKey = new Map<number, number>();

  constructor(number: number, index: number, range: LogRange | undefined, position: number | undefined) {
    this.number = number;
    this.index = index;
    this.range = range;
    this.position = position;
  }
}

/** The partitions that the evidence names, each made when it is first spoken of. */
export class Partitions {
  readonly #ranges: ReadonlyMap<number, LogRange>;
  readonly #positions: ReadonlyMap<number, number>;
  readonly #byNumber = new Map<number, Partition>();
  readonly #all: Partition[] = [];

  constructor(ranges: readonly LogRange[], positions: ReadonlyMap<number, number>) {
    this.#ranges = new Map(ranges.map((range) => [range.partition, range]));
    this.#positions = positions;
    for (const number of [...this.#ranges.keys(), ...positions.keys()]) this.of(number);
  }

  get all(): readonly Partition[] {
    return this.#all;
  }

  of(number: number): Partition {
    let partition = this.#byNumber.get(number);
    if (partition === undefined) {
      partition = new Partition(
        number,
        this.#all.length,
        this.#ranges.get(number),
        this.#positions.get(number),
      );
      this.#byNumber.set(number, partition);
      this.#all.push(partition);
    }
    return partition;
  }
}
