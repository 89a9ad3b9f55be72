/**
 * Reads percentiles and rates from a run's latency logs. They do not affect the verdict. A log that is missing,
 * unreadable or cut short is named; the other logs still count.
 */
import { build, type Histogram } from 'hdr-histogram-js';
import { readFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { journalFilePattern } from './journal/journal-format.ts';
import { intervalOf, latencyLogEnd, microsecondsPerMs, startOf } from './latency-log-format.ts';
import { ledgersOf } from './ledger/ledgers.ts';
import type { Latency, Measurements } from '../result/result.ts';
import { latencyFileName, type RunFolder } from './run-folder.ts';
import { regularFile } from '../system/regular-file.ts';
import { producerName } from '../workload/workload.ts';

/** All logs of one kind, added up. */
interface Sum {
  histogram: Histogram;
  /** The earliest start and the latest end, in ms since the epoch. */
  startMs: number;
  endMs: number;
  missing: string[];
}

/** Those of a run of a user's pipeline: what it stores has no times. */
export const latencyLogOfPipeline = { acked: [latencyFileName('acked', producerName(0))], stored: [] };

/** The names of the latency logs that should exist. */
export function latencyLogNames(folder: RunFolder): { acked: string[]; stored: string[] } {
  const producers = Object.keys(folder.soundManifest()?.producers ?? {}).flatMap((name) =>
    sessionsOf(folder, name),
  );
  // Each consumer process has a journal, and its log bears the same number.
  const consumers = folder.list(journalFilePattern).map((name) => journalFilePattern.exec(name)![1]!);
  return {
    acked: producers.map((name) => latencyFileName('acked', name)),
    stored: consumers.map((name) => latencyFileName('stored', name)),
  };
}

/** `names`: the latency logs that should exist. */
export function measurementsOf(folder: RunFolder, names = latencyLogNames(folder)): Measurements {
  const acked = sumOf(folder, names.acked);
  const stored = sumOf(folder, names.stored);
  // The consumer may have started long before: both rates count from the first send.
  const { startMs } = acked;
  return {
    rates: { acked: rateOf(acked, startMs), stored: rateOf(stored, startMs) },
    latency: {
      acked: latencyOf(acked),
      stored: latencyOf(stored),
      missing: { acked: acked.missing, stored: stored.missing },
    },
  };
}

/** A producer that was killed goes on in a new session, with a ledger and a log of its own. */
const sessionsOf = (folder: RunFolder, producer: string): string[] => [
  producer,
  ...ledgersOf(folder)
    .filter((ledger) => producerName(ledger.producer) === producer && ledger.session > 0)
    .map(({ session }) => `${producer}-${session}`),
];

function sumOf(folder: RunFolder, names: readonly string[]): Sum {
  const histogram = build({ numberOfSignificantValueDigits: 3 });
  const sum: Sum = { histogram, startMs: Infinity, endMs: -Infinity, missing: [] };
  for (const name of names) {
    try {
      add(readFileSync(regularFile(folder.file(name)), 'utf8'), sum);
    } catch (error) {
      const isThere = (error as NodeJS.ErrnoException).code !== 'ENOENT';
      sum.missing.push(`${name}: ${isThere ? messageOf(error) : 'it is not there'}`);
    }
  }
  return sum;
}

/** Throws if the log is not whole; the lines that were read until then count. */
function add(text: string, sum: Sum): void {
  const startMs = startOf(text);
  if (startMs === undefined) throw new Error('it does not say when it begins');
  sum.startMs = Math.min(sum.startMs, startMs);
  for (const line of text.split('\n')) {
    const interval = intervalOf(line);
    if (interval === undefined) continue;
    sum.histogram.add(interval.histogram);
    sum.endMs = Math.max(sum.endMs, interval.endMs);
  }
  if (!text.endsWith(latencyLogEnd)) throw new Error('it has no end: its process was killed');
}

function rateOf({ histogram, endMs }: Sum, startMs: number): number | null {
  const seconds = (endMs - startMs) / 1_000;
  return seconds > 0 && Number.isFinite(seconds) ? rounded(histogram.totalCount / seconds) : null;
}

function latencyOf({ histogram }: Sum): Latency | null {
  if (histogram.totalCount === 0) return null;
  const at = (percentile: number): number =>
    rounded(histogram.getValueAtPercentile(percentile) / microsecondsPerMs);
  return {
    count: histogram.totalCount,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    'p99.9': at(99.9),
    max: rounded(histogram.maxValue / microsecondsPerMs),
    mean: rounded(histogram.mean / microsecondsPerMs),
  };
}

/** Rounds to microseconds, or to thousandths of a message. */
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
