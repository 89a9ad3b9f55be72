/**
 * How long messages took, as HdrHistograms on disk: the usual interval log, a line of text for each second in
 * which there was something. Logs of several processes can be added up, and other tools read them. They are
 * measurements and no evidence: where one cannot be written, its process says so and goes on.
 */
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { say } from '../text/say.ts';

/** Values are counted in microseconds, alike if their first three digits are. */
const perMs = 1_000;
const intervalMs = 1_000;
/** The last line of a log whose process came to its end. */
export const latencyLogEnd = '#[Closed]';

export class LatencyLog {
  readonly #path: string;
  readonly #startMs: number;
  readonly #histogram: Histogram = build({ numberOfSignificantValueDigits: 3 });
  #file: number | undefined;
  #intervalStartMs: number;
  #intervalEndMs: number;
  #lastMs: number;

  /** `startMs`: when that began which is measured, by `wallClockMs()`. */
  constructor(path: string, startMs: number) {
    this.#path = path;
    this.#startMs = this.#intervalStartMs = this.#lastMs = startMs;
    this.#intervalEndMs = startMs + intervalMs;
    this.#attempt(() => (this.#file = openSync(path, 'w', 0o600)));
    this.#write(
      `#[Histogram log format version 1.3]\n` +
        `#[StartTime: ${secondsText(startMs)} (seconds since epoch), ${new Date(startMs).toISOString()}]\n` +
        `"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n`,
    );
  }

  /** So many messages took so long, as was seen at `nowMs`. Clocks that differ can make it negative. */
  record(latencyMs: number, count: number, nowMs: number): void {
    if (nowMs >= this.#intervalEndMs) this.#beginInterval(nowMs);
    this.#histogram.recordValueWithCount(Math.max(0, Math.round(latencyMs * perMs)), count);
    this.#lastMs = nowMs;
  }

  /** The last line ends with what was recorded last. */
  close(): void {
    this.#endInterval(this.#lastMs);
    this.#write(`${latencyLogEnd}\n`);
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
    const length = secondsText(endMs - this.#intervalStartMs);
    // In ms, as others have it too.
    const max = (this.#histogram.maxValue / perMs).toFixed(3);
    const encoded = encodeIntoCompressedBase64(this.#histogram);
    this.#write(`${secondsText(this.#intervalStartMs)},${length},${max},${encoded}\n`);
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

const secondsText = (ms: number): string => (ms / 1_000).toFixed(3);
