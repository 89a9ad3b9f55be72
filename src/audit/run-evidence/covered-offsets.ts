import { CountedRanges } from '../counted-ranges.ts';
import type { OffsetRange } from '../../run-folder/journal/journal-format.ts';

/** A set of offsets, by partition. */
export class CoveredOffsets {
  readonly #ofPartition = new Map<number, CountedRanges>();

  add({ partition, first, end }: OffsetRange): void {
    let ranges = this.#ofPartition.get(partition);
    if (ranges === undefined) this.#ofPartition.set(partition, (ranges = new CountedRanges()));
    ranges.add(first, end);
  }

  /** The first offset of a range that is not in the set; undefined if all are. */
  firstGap({ partition, first, end }: OffsetRange): number | undefined {
    if (end <= first) return undefined;
    const gap = this.#ofPartition.get(partition)?.firstGap(first) ?? first;
    return gap >= end ? undefined : gap;
  }

  has(partition: number, offset: number): boolean {
    return (this.#ofPartition.get(partition)?.timesAt(offset) ?? 0) > 0;
  }

  /** In order within a partition, with a gap between any two. */
  *ranges(): Generator<OffsetRange> {
    for (const [partition, ranges] of this.#ofPartition)
      for (const range of ranges.all()) yield { partition, ...range };
  }
}
