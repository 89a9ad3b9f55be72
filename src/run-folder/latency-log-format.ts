/**
 * The latency logs' format: HdrHistogram's interval log 1.3, a line of text for each second in which there was
 * something, its time in seconds since the epoch. Values are microseconds.
 *
 * The library's own writer is not used: it writes the start in the machine's zone, and an empty line behind it.
 */
import { encodeIntoCompressedBase64, HistogramLogReader, type Histogram } from 'hdr-histogram-js';

export const microsecondsPerMs = 1_000;

/** The last line of a log whose process came to its end. */
export const latencyLogEnd = '#[Closed]\n';

/** Times in ms since the epoch. */
export interface LatencyInterval {
  startMs: number;
  endMs: number;
  histogram: Histogram;
}

export const headOf = (startMs: number): string =>
  `#[Histogram log format version 1.3]\n` +
  `#[StartTime: ${secondsText(startMs)} (seconds since epoch), ${new Date(startMs).toISOString()}]\n` +
  `"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n`;

/** When a log says that it begins; undefined where it does not. */
export function startOf(log: string): number | undefined {
  const seconds = /^#\[StartTime: (\d+\.\d+) /m.exec(log)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

export function lineOf({ startMs, endMs, histogram }: LatencyInterval): string {
  // In ms, as others have it too.
  const max = (histogram.maxValue / microsecondsPerMs).toFixed(3);
  const encoded = encodeIntoCompressedBase64(histogram);
  return `${secondsText(startMs)},${secondsText(endMs - startMs)},${max},${encoded}\n`;
}

/** The interval of a line, and its histogram as it stands there; undefined for any other line. Throws for a damaged one. */
export function intervalOf(line: string): (LatencyInterval & { encoded: string }) | undefined {
  const histogram = new HistogramLogReader(line).nextIntervalHistogram();
  if (histogram === null) return undefined;
  const { startTimeStampMsec: startMs, endTimeStampMsec: endMs } = histogram;
  if (!Number.isFinite(startMs) || !Number.isFinite(endMs)) throw new Error('a line in it has no time');
  return { startMs, endMs, histogram, encoded: line.slice(line.lastIndexOf(',') + 1) };
}

const secondsText = (ms: number): string => (ms / 1_000).toFixed(3);
