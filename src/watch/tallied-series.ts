import type { LatencySeries, Rebalance, Series } from '../series.ts';
import type { CourseReader } from './course-reader.ts';
import type { StepLatency } from './latency-lines.ts';
import { hops, type Tally, type TalliedStep } from './tally.ts';

const rebalancesMax = 1_000;

/** A tally as columns; null where nothing has happened. */
export function seriesOf(tally: Tally, { bands, leaders }: CourseReader): Series | null {
  const steps = tally.steps.all;
  if (steps.length === 0) return null;
  const [sent, acked, consumed, stored] = hops.map((hop) =>
    steps.map(({ counts, lengthMs }) => Math.round((counts[hop] * 1_000) / lengthMs)),
  );
  return {
    startMs: steps.map(({ startMs }) => startMs),
    stepMs: steps.map(({ lengthMs }) => lengthMs),
    sent: sent!,
    acked: acked!,
    consumed: consumed!,
    stored: stored!,
    lag: lagOf(steps),
    latency: {
      acked: latenciesOf(steps.map(({ latency }) => latency.acked)),
      stored: latenciesOf(steps.map(({ latency }) => latency.stored)),
    },
    faults: bands,
    rebalances: rebalancesOf(tally.epochs),
    leaders,
  };
}

/** What was stored may have been acknowledged in an outcome that nobody heard. */
function lagOf(steps: readonly TalliedStep[]): number[] {
  let lag = 0;
  return steps.map(({ counts }) => {
    lag += counts.acked - counts.stored;
    return Math.max(0, lag);
  });
}

function latenciesOf(steps: readonly (StepLatency | undefined)[]): LatencySeries {
  const column = (name: keyof LatencySeries): (number | null)[] => steps.map((step) => step?.[name] ?? null);
  return {
    p50: column('p50'),
    p90: column('p90'),
    p99: column('p99'),
    'p99.9': column('p99.9'),
    max: column('max'),
  };
}

const rebalancesOf = (epochs: ReadonlyMap<number, number>): Rebalance[] =>
  [...epochs]
    .map(([epoch, time]) => ({ time, epoch }))
    .sort((a, b) => a.epoch - b.epoch)
    .slice(1, rebalancesMax);
