/**
 * How a run went over time, from its latency logs: in steps of a second, or of several where it took long. What a
 * log that is missing or cut short would have said is left out, as in the measurements.
 */
import { build, HistogramLogReader, type Histogram } from 'hdr-histogram-js';
import { readFileSync } from 'node:fs';
import { latencyLogNames } from './measurements.ts';
import type { RunFolder } from './run-folder.ts';

const pointsMax = 600;
const secondMs = 1_000;
const microsecondsPerMs = 1_000;

/** In ms; null where nothing was recorded. */
export interface LatencySeries {
  p50: (number | null)[];
  p90: (number | null)[];
  p99: (number | null)[];
  'p99.9': (number | null)[];
  max: (number | null)[];
}

/** One entry a step in each column. */
export interface Series {
  /** When the first step begins, in ms since the epoch. */
  startMs: number;
  stepMs: number;
  /** Messages a second. */
  acked: number[];
  stored: number[];
  /** Messages that were acknowledged and not stored, when the step ends. */
  lag: number[];
  latency: { acked: LatencySeries; stored: LatencySeries };
}

interface Interval {
  startMs: number;
  histogram: Histogram;
}

export function seriesOf(folder: RunFolder): Series | undefined {
  const names = latencyLogNames(folder);
  const texts = { acked: textsOf(folder, names.acked), stored: textsOf(folder, names.stored) };
  const starts = [...texts.acked, ...texts.stored].flatMap(startsOf);
  if (starts.length === 0) return undefined;
  const startMs = Math.floor(Math.min(...starts) / secondMs) * secondMs;
  const seconds = Math.floor((Math.max(...starts) - startMs) / secondMs) + 1;
  const stepMs = Math.ceil(seconds / pointsMax) * secondMs;
  const count = Math.ceil((seconds * secondMs) / stepMs);
  const stepOf = (atMs: number): number =>
    Math.min(count - 1, Math.max(0, Math.floor((atMs - startMs) / stepMs)));
  const acked = stepsOf(texts.acked, count, stepOf);
  const stored = stepsOf(texts.stored, count, stepOf);
  const counts = { acked: acked.map(countOf), stored: stored.map(countOf) };
  const perSecond = (each: number): number => Math.round((each * secondMs) / stepMs);
  return {
    startMs,
    stepMs,
    acked: counts.acked.map(perSecond),
    stored: counts.stored.map(perSecond),
    lag: lagOf(counts),
    latency: { acked: latenciesOf(acked), stored: latenciesOf(stored) },
  };
}

/** What is missing is named by the measurements. */
function textsOf(folder: RunFolder, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    try {
      return [readFileSync(folder.file(name), 'utf8')];
    } catch {
      return [];
    }
  });
}

const startsOf = (text: string): number[] =>
  [...text.matchAll(/^(\d+\.\d+),/gm)].map(([, seconds]) => Number(seconds) * secondMs);

/** The histograms of each step, added up. */
function stepsOf(
  texts: readonly string[],
  count: number,
  stepOf: (atMs: number) => number,
): (Histogram | undefined)[] {
  const steps = Array.from({ length: count }, (): Histogram | undefined => undefined);
  for (const { startMs, histogram } of texts.flatMap((text) => [...intervalsOf(text)])) {
    const step = stepOf(startMs);
    (steps[step] ??= build({ numberOfSignificantValueDigits: 3 })).add(histogram);
  }
  return steps;
}

function* intervalsOf(text: string): Generator<Interval> {
  const reader = new HistogramLogReader(text);
  for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram()) {
    yield { startMs: next.startTimeStampMsec, histogram: next };
  }
}

const countOf = (step: Histogram | undefined): number => step?.totalCount ?? 0;

/** What was stored may have been acknowledged in an outcome that nobody heard. */
function lagOf({ acked, stored }: { acked: readonly number[]; stored: readonly number[] }): number[] {
  let lag = 0;
  return acked.map((count, step) => {
    lag += count - stored[step]!;
    return Math.max(0, lag);
  });
}

function latenciesOf(steps: readonly (Histogram | undefined)[]): LatencySeries {
  const at = (percentile: number): (number | null)[] =>
    steps.map((step) => (step === undefined ? null : inMs(step.getValueAtPercentile(percentile))));
  return {
    p50: at(50),
    p90: at(90),
    p99: at(99),
    'p99.9': at(99.9),
    max: steps.map((step) => (step === undefined ? null : inMs(step.maxValue))),
  };
}

/** To hundredths. */
const inMs = (microseconds: number): number => Math.round(microseconds / (microsecondsPerMs / 100)) / 100;
