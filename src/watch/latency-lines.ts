/** Latency logs, read line by line as they grow. A line that cannot be read is left out, as the measurements say. */
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { intervalOf, microsecondsPerMs } from '../run-folder/latency-log-format.ts';
import { regularFile } from '../system/regular-file.ts';

/** A line is some kilobytes; what is longer is none. */
const bytesMax = 64 * 1024 * 1024;

/** Latencies of one step, in ms. */
export interface StepLatency {
  p50: number;
  p90: number;
  p99: number;
  'p99.9': number;
  max: number;
  /** The histogram they are of: what can be added up. */
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

  /** The whole lines that have come since. */
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
      // It is not there yet, or never will be.
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
  // One that was decoded does not grow.
  const sum = build({ numberOfSignificantValueDigits: 3 });
  sum.add(decodeFromCompressedBase64(one.encoded));
  sum.add(decodeFromCompressedBase64(other.encoded));
  return latencyOf(sum, encodeIntoCompressedBase64(sum));
}

function latencyOf(histogram: Histogram, encoded: string): StepLatency {
  const at = (percentile: number): number => inMs(histogram.getValueAtPercentile(percentile));
  return { p50: at(50), p90: at(90), p99: at(99), 'p99.9': at(99.9), max: inMs(histogram.maxValue), encoded };
}

/** To hundredths. */
const inMs = (microseconds: number): number => Math.round(microseconds / (microsecondsPerMs / 100)) / 100;
