/** How fast a count grows, in each of the last seconds. */
const secondsKept = 12;
/** The first second says little. */
const secondsMin = 2;
const secondMs = 1_000;

export class Rate {
  /** The growth in each whole second, the latest last. */
  readonly #seconds: number[] = [];
  #beganAtMs: number | undefined;
  #doneBefore = 0;
  #done = 0;

  add(done: number, nowMs: number): void {
    this.#beganAtMs ??= nowMs;
    this.#catchUp(nowMs);
    // The count has begun again.
    if (done < this.#done) this.#doneBefore = done;
    this.#done = done;
  }

  /** Empty until there was a whole second. */
  seconds(nowMs: number): readonly number[] {
    this.#catchUp(nowMs);
    return this.#seconds;
  }

  /** An estimate of the time until `total`, at the mean rate of the last seconds; undefined if there is none yet. */
  secondsLeft(total: number, nowMs: number): number | undefined {
    const seconds = this.seconds(nowMs);
    const perSecond = seconds.reduce((sum, count) => sum + count, 0) / seconds.length;
    if (seconds.length < secondsMin || perSecond <= 0 || this.#done >= total) return undefined;
    return (total - this.#done) / perSecond;
  }

  #catchUp(nowMs: number): void {
    while (this.#beganAtMs !== undefined && nowMs - this.#beganAtMs >= secondMs) {
      this.#seconds.push(this.#done - this.#doneBefore);
      if (this.#seconds.length > secondsKept) this.#seconds.shift();
      this.#doneBefore = this.#done;
      this.#beganAtMs += secondMs;
    }
  }
}
