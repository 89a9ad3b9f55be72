/** Reads latency logs line by line as they grow. Skips a line that cannot be read: the measurements report it. */
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { intervalOf, microsecondsPerMs } from '../run-folder/latency-log-format.ts';
import { regularFile } from '../system/regular-file.ts';

/** The limit of one read. A line has some kilobytes, so a longer one is damaged. */
const bytesMax = 64 * 1024 * 1024;

/** Latencies of one step, in ms. */
export interface StepLatency {
  p50: number;
  p90: number;
  p99: number;
  'p99.9': number;
  max: number;
  /** The histogram of these latencies: histograms can be added up, percentiles cannot. */
  encoded: string;
}

export interface LatencyLine {
  startMs: number;
  latency: StepLatency;
}

export class LatencyLines {
  readonly #path: string;
  #bytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Yields the whole lines since the last call. */
  *next(): Generator<LatencyLine> {
    const text = this.#wholeLines();
    for (const line of text.split('\n')) {
      const read = readLine(line);
      if (read !== undefined) yield read;
    }
  }

  #wholeLines(): string {
    let file: number;
    try {
      file = openSync(regularFile(this.#path), 'r');
    } catch {
      // The process has not made its log yet, or never will.
      return '';
    }
    try {
      const length = Math.min(bytesMax, fstatSync(file).size - this.#bytes);
      if (length <= 0) return '';
      const buffer = Buffer.alloc(length);
      const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, length, this.#bytes));
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      this.#bytes += whole.length;
      return whole;
    } finally {
      closeSync(file);
    }
  }
}

function readLine(line: string): LatencyLine | undefined {
  try {
    const interval = intervalOf(line);
    return (
      interval && { startMs: interval.startMs, latency: latencyOf(interval.histogram, interval.encoded) }
    );
  } catch {
    return undefined;
  }
}

export function addedUp(
  one: StepLatency | undefined,
  other: StepLatency | undefined,
): StepLatency | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  // A decoded histogram does not grow, so the sum needs a new one.
  const sum = build({ numberOfSignificantValueDigits: 3 });
  sum.add(decodeFromCompressedBase64(one.encoded));
  sum.add(decodeFromCompressedBase64(other.encoded));
  return latencyOf(sum, encodeIntoCompressedBase64(sum));
}

function latencyOf(histogram: Histogram, encoded: string): StepLatency {
  const at = (percentile: number): number => inMs(histogram.getValueAtPercentile(percentile));
  return { p50: at(50), p90: at(90), p99: at(99), 'p99.9': at(99.9), max: inMs(histogram.maxValue), encoded };
}

/** Rounds to hundredths. */
const inMs = (microseconds: number): number => Math.round(microseconds / (microsecondsPerMs / 100)) / 100;
