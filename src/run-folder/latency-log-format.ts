/**
 * The format of the latency logs: HdrHistogram's interval log 1.3. It has a line of text for each second in which
 * something was recorded, with the time in seconds since the epoch. Values are microseconds.
 *
 * The library's own writer is not used: it writes the start in the machine's time zone, followed by an empty line.
 */
import { encodeIntoCompressedBase64, HistogramLogReader, type Histogram } from 'hdr-histogram-js';

export const microsecondsPerMs = 1_000;

/** The last line of a log whose process was not killed. */
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

/** The start that a log states; undefined if it states none. */
export function startOf(log: string): number | undefined {
  const seconds = /^#\[StartTime: (\d+\.\d+) /m.exec(log)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

export function lineOf({ startMs, endMs, histogram }: LatencyInterval): string {
  // In ms, like the logs of other tools.
  const max = (histogram.maxValue / microsecondsPerMs).toFixed(3);
  const encoded = encodeIntoCompressedBase64(histogram);
  return `${secondsText(startMs)},${secondsText(endMs - startMs)},${max},${encoded}\n`;
}

/** The interval of a line and its encoded histogram; undefined for any other line. Throws for a damaged line. */
export function intervalOf(line: string): (LatencyInterval & { encoded: string }) | undefined {
  const histogram = new HistogramLogReader(line).nextIntervalHistogram();
  if (histogram === null) return undefined;
  const { startTimeStampMsec: startMs, endTimeStampMsec: endMs } = histogram;
  if (!Number.isFinite(startMs) || !Number.isFinite(endMs)) throw new Error('a line in it has no time');
  return { startMs, endMs, histogram, encoded: line.slice(line.lastIndexOf(',') + 1) };
}

const secondsText = (ms: number): string => (ms / 1_000).toFixed(3);
