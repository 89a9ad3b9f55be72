/**
 * The latencies of messages, as HdrHistograms on disk. Logs of several processes can be added up, and other tools can
 * read them. They are measurements, not evidence: if a log cannot be written, its process says so and goes on.
 *
 * Messages with equal latencies are counted together: that costs a comparison for each record, and memory and disk
 * grow with seconds rather than messages. A log without its last line is that of a killed process, and thresholds on it
 * fail.
 */
import { build, type Histogram } from 'hdr-histogram-js';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { headOf, latencyLogEnd, lineOf, microsecondsPerMs } from './latency-log-format.ts';
import { say } from '../text/say.ts';

const intervalMs = 1_000;

export class LatencyLog {
  readonly #path: string;
  readonly #startMs: number;
  /** Values are alike if their first three digits are. */
  readonly #histogram: Histogram = build({ numberOfSignificantValueDigits: 3 });
  #file: number | undefined;
  #intervalStartMs: number;
  #intervalEndMs: number;
  #lastMs: number;

  /** `startMs`: when the measured activity began, by `wallClockMs()`. */
  constructor(path: string, startMs: number) {
    this.#path = path;
    this.#startMs = this.#intervalStartMs = this.#lastMs = startMs;
    this.#intervalEndMs = startMs + intervalMs;
    this.#attempt(() => (this.#file = openSync(path, 'w', 0o600)));
    this.#write(headOf(startMs));
  }

  /** Notes at `nowMs` that `count` messages took `latencyMs`, which is negative if clocks differ. */
  record(latencyMs: number, count: number, nowMs: number): void {
    if (nowMs >= this.#intervalEndMs) this.#beginInterval(nowMs);
    this.#histogram.recordValueWithCount(Math.max(0, Math.round(latencyMs * microsecondsPerMs)), count);
    this.#lastMs = nowMs;
  }

  /** The last interval ends at the time of the last record. */
  close(): void {
    this.#endInterval(this.#lastMs);
    this.#write(latencyLogEnd);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #beginInterval(nowMs: number): void {
    this.#endInterval(this.#intervalEndMs);
    const intervals = Math.floor((nowMs - this.#startMs) / intervalMs);
    this.#intervalStartMs = this.#startMs + intervals * intervalMs;
    this.#intervalEndMs = this.#intervalStartMs + intervalMs;
  }

  #endInterval(endMs: number): void {
    if (this.#histogram.totalCount === 0) return;
    this.#write(lineOf({ startMs: this.#intervalStartMs, endMs, histogram: this.#histogram }));
    this.#histogram.reset();
  }

  #write(text: string): void {
    this.#attempt(() => this.#file !== undefined && writeFileSync(this.#file, text));
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      say(`nodrop: latencies are not kept: ${this.#path}: ${messageOf(error)}`);
      if (this.#file !== undefined) closeSync(this.#file);
      this.#file = undefined;
    }
  }
}
