/** Which offsets were spoken of, by partition: ranges that grow together, so that a few stand for millions. */
import type { OffsetRange } from '../run-folder/journal/journal-format.ts';

export class CoveredOffsets {
  /** By partition: ranges in order, none touching the next. */
  readonly #ranges = new Map<number, OffsetRange[]>();

  add({ partition, first, end }: OffsetRange): void {
    if (end <= first) return;
    const ranges = this.#ranges.get(partition) ?? [];
    if (ranges.length === 0) this.#ranges.set(partition, ranges);
    const last = ranges.at(-1);
    if (last !== undefined && first >= last.first && first <= last.end) {
      last.end = Math.max(last.end, end);
      return;
    }
    const from = ranges.findIndex((range) => range.end >= first);
    if (from === -1) {
      ranges.push({ partition, first, end });
      return;
    }
    let until = from;
    const merged = { partition, first, end };
    for (; until < ranges.length && ranges[until]!.first <= end; until++) {
      merged.first = Math.min(merged.first, ranges[until]!.first);
      merged.end = Math.max(merged.end, ranges[until]!.end);
    }
    ranges.splice(from, until - from, merged);
  }

  /** The first offset of a range that was not spoken of; undefined where all were. */
  firstGap({ partition, first, end }: OffsetRange): number | undefined {
    if (end <= first) return undefined;
    const around = this.#ranges.get(partition)?.find((range) => range.first <= first && range.end > first);
    const gap = around?.end ?? first;
    return gap >= end ? undefined : gap;
  }

  has(partition: number, offset: number): boolean {
    return this.firstGap({ partition, first: offset, end: offset + 1 }) === undefined;
  }

  *ranges(): Generator<OffsetRange> {
    for (const ranges of this.#ranges.values()) yield* ranges;
  }
}
