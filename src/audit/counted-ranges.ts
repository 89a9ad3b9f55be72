/** The limit of ranges that wait to be sorted in: merging many at once is cheaper. */
const pendingMax = 65_536;

/**
 * Counts how often each offset of a partition was added, as ranges that do not overlap. A consumer that reads without
 * interruption takes one range, however much it reads.
 */
export class CountedRanges {
  #firsts: number[] = [];
  #ends: number[] = [];
  #times: number[] = [];
  /** Ranges in any order. */
  #pending: { first: number; end: number; times: number }[] = [];

  add(first: number, end: number): void {
    if (first >= end) return;
    const last = this.#pending.at(-1);
    if (last?.end === first) last.end = end;
    else this.#pending.push({ first, end, times: 1 });
    if (this.#pending.length >= Math.max(pendingMax, this.#firsts.length)) this.#merge();
  }

  get isAny(): boolean {
    return this.#firsts.length + this.#pending.length > 0;
  }

  /** How often the offset was added. */
  timesAt(offset: number): number {
    const at = this.#at(offset);
    return at < this.#firsts.length && this.#firsts[at]! <= offset ? this.#times[at]! : 0;
  }

  /** The first offset, from this one on, that was not added. */
  firstGap(offset: number): number {
    let gap = offset;
    for (let at = this.#at(offset); at < this.#firsts.length && this.#firsts[at]! <= gap; at++)
      gap = this.#ends[at]!;
    return gap;
  }

  /** The added offsets as ranges in order, with a gap between any two. */
  *all(): Generator<{ first: number; end: number }> {
    this.#at(0);
    for (const [at, first] of this.#firsts.entries()) {
      if (this.#ends[at - 1] !== first) yield { first, end: this.firstGap(first) };
    }
  }

  /** The index of the first range that ends after an offset. */
  #at(offset: number): number {
    if (this.#pending.length > 0) this.#merge();
    let low = 0;
    let high = this.#firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Goes over the begins and ends of ranges in order, and counts how many ranges are open. */
  #merge(): void {
    const ranges = this.#firsts.map((first, at) => ({
      first,
      end: this.#ends[at]!,
      times: this.#times[at]!,
    }));
    ranges.push(...this.#pending.splice(0));
    const edges = ranges.flatMap(({ first, end, times }) => [
      { at: first, change: times },
      { at: end, change: -times },
    ]);
    edges.sort((a, b) => a.at - b.at);
    this.#firsts = [];
    this.#ends = [];
    this.#times = [];
    let open = 0;
    for (const [index, { at, change }] of edges.entries()) {
      open += change;
      const next = edges[index + 1]?.at;
      if (next !== undefined && next > at && open > 0) this.#append(at, next, open);
    }
  }

  #append(first: number, end: number, times: number): void {
    const last = this.#firsts.length - 1;
    if (this.#ends[last] === first && this.#times[last] === times) {
      this.#ends[last] = end;
      return;
    }
    this.#firsts.push(first);
    this.#ends.push(end);
    this.#times.push(times);
  }
}
