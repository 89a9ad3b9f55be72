/** How fast a count grows, in each of the last seconds. */
const secondsKept = 12;
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
    this.#done = done;
  }

  /** Empty until there was a whole second. */
  seconds(nowMs: number): readonly number[] {
    this.#catchUp(nowMs);
    return this.#seconds;
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
