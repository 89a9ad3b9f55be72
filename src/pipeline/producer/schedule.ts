/**
 * When each message of a producer is due, regardless of the messages before it. Latencies count from the due time, not
 * from the send. Otherwise a stalled pipeline would be measured by the few messages that wait in it, and not by all
 * those that should have been sent meanwhile.
 */
export class Schedule {
  readonly #startMs: number;
  readonly #perMs: number;

  /** `startMs`: when message 0 is due. `rate`: messages a second. */
  constructor(startMs: number, rate: number) {
    this.#startMs = startMs;
    this.#perMs = rate / 1_000;
  }

  /** In ms since the epoch, with fractions. */
  dueMs(sequence: number): number {
    return this.#startMs + sequence / this.#perMs;
  }

  /** How many messages are due by then, from message 0 on. */
  countDue(nowMs: number): number {
    return Math.max(0, Math.floor((nowMs - this.#startMs) * this.#perMs) + 1);
  }
}
