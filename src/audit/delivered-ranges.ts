/** Ranges that wait to be sorted in; many of them are merged now and then. */
const pendingMax = 65_536;

/**
 * How often each offset of a partition was delivered, as ranges that do not overlap. A consumer that reads on
 * and on takes one range, however much it reads.
 */
export class DeliveredRanges {
  #firsts: number[] = [];
  #ends: number[] = [];
  #times: number[] = [];
  /** One row a range, in any order. */
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

  /** 0 where it was not delivered. */
  timesAt(offset: number): number {
    if (this.#pending.length > 0) this.#merge();
    let low = 0;
    let high = this.#firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return low < this.#firsts.length && this.#firsts[low]! <= offset ? this.#times[low]! : 0;
  }

  /** Sweeps over where ranges begin and end, and counts how many are open. */
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
