import type { LatencySeries, Rebalance, Series } from './series.ts';
import type { EventsWatch } from './events-watch.ts';
import type { StepLatency } from './latency-lines.ts';
import { hops, type Tally, type TalliedStep } from './tally.ts';

const rebalancesMax = 1_000;
/** The length of an interval in a latency log. */
const intervalMs = 1_000;

/** The columns of a tally, for the steps that end by `untilMs`; null if there are none. */
export function seriesOf(tally: Tally, { bands, leaders }: EventsWatch, untilMs: number): Series | null {
  const steps = tally.steps.all.filter(({ startMs, lengthMs }) => startMs + lengthMs <= untilMs);
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
      acked: latenciesOf(steps, 'acked'),
      stored: latenciesOf(steps, 'stored'),
    },
    faults: bands,
    rebalances: rebalancesOf(tally.epochs),
    leaders,
  };
}

/** The lag is never negative, though a stored message may lack an ack: the producer may not have received it. */
function lagOf(steps: readonly TalliedStep[]): number[] {
  let lag = 0;
  return steps.map(({ counts }) => {
    lag += counts.acked - counts.stored;
    return Math.max(0, lag);
  });
}

/** A log has one interval for each second, which applies to each step within it. */
function latenciesOf(steps: readonly TalliedStep[], kind: 'acked' | 'stored'): LatencySeries {
  let latest: { startMs: number; latency: StepLatency } | undefined;
  const latencies = steps.map(({ startMs, latency: { [kind]: latency } }) => {
    if (latency !== undefined) latest = { startMs, latency };
    return latest !== undefined && startMs - latest.startMs < intervalMs ? latest.latency : undefined;
  });
  const column = (name: keyof LatencySeries): (number | null)[] =>
    latencies.map((latency) => latency?.[name] ?? null);
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
