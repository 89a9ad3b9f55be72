/** Adds up what the stages of a run have done so far, from their ledgers, journals and latency logs, also over time. */
import type { RunProgress } from './run-progress.ts';
import { addedUp, type StepLatency } from './latency-lines.ts';
import { Steps, type Step } from './time-steps.ts';

export const hops = ['sent', 'acked', 'consumed', 'stored'] as const;
export type FlowHop = (typeof hops)[number];

type Counts = Record<FlowHop, number>;

/** What happened in a step. */
export interface TalliedStep extends Step {
  counts: Counts;
  latency: { acked?: StepLatency | undefined; stored?: StepLatency | undefined };
}

const epochsMax = 10_000;
export const deadLetters = 'dead-letters';

const noCounts = (): Counts => ({ sent: 0, acked: 0, consumed: 0, stored: 0 });

export class Tally {
  readonly counts = noCounts();
  readonly byState: Record<FlowHop, Map<string, number>> = {
    sent: new Map(),
    acked: new Map(),
    consumed: new Map(),
    stored: new Map(),
  };
  rejected = 0;
  unknown = 0;
  /** Those of `acked` whose transaction was aborted. */
  aborted = 0;
  refusedWrites = 0;
  /** By partition: the offset after the last acknowledged one, and after the last stored one. */
  readonly ackedEnds = new Map<number, number>();
  readonly storedEnds = new Map<number, number>();
  /** When a delivery under a generation of the group was first noted. */
  readonly epochs = new Map<number, number>();
  readonly steps = new Steps<TalliedStep>(
    (step) => ({ ...step, counts: noCounts(), latency: {} }),
    (older, younger) => ({
      startMs: older.startMs,
      lengthMs: older.lengthMs + younger.lengthMs,
      counts: sumOf(older.counts, younger.counts),
      latency: {
        acked: addedUp(older.latency.acked, younger.latency.acked),
        stored: addedUp(older.latency.stored, younger.latency.stored),
      },
    }),
  );

  /** `timeMs`: null if the file has no times. `states`: the number of each, by index into `names`. */
  add(
    hop: FlowHop,
    count: number,
    timeMs: number | null,
    states: ArrayLike<number>,
    names: readonly string[],
  ): void {
    this.counts[hop] += count;
    const byState = this.byState[hop];
    for (let index = 0; index < states.length; index++) {
      const name = names[index] ?? deadLetters;
      if (states[index]! > 0) byState.set(name, (byState.get(name) ?? 0) + states[index]!);
    }
    if (timeMs !== null) this.steps.at(timeMs).counts[hop] += count;
  }

  addEpoch(epoch: number, timeMs: number | null): void {
    if (timeMs === null || this.epochs.has(epoch) || this.epochs.size >= epochsMax) return;
    this.epochs.set(epoch, timeMs);
  }

  addLatency(kind: 'acked' | 'stored', startMs: number, latency: StepLatency): void {
    const step = this.steps.at(startMs);
    step.latency[kind] = addedUp(step.latency[kind], latency);
  }

  /** `states`: the states that are shown even while their count is 0. */
  hop(hop: FlowHop, states: readonly string[]): RunProgress[FlowHop] {
    const byState = this.byState[hop];
    const names = new Set([...states, ...byState.keys()]);
    return {
      count: this.counts[hop],
      byState: Object.fromEntries([...names].map((name) => [name, byState.get(name) ?? 0])),
    };
  }
}

export function raise(ends: Map<number, number>, partition: number, end: number): void {
  if (end > (ends.get(partition) ?? 0)) ends.set(partition, end);
}

const sumOf = (one: Counts, other: Counts): Counts => ({
  sent: one.sent + other.sent,
  acked: one.acked + other.acked,
  consumed: one.consumed + other.consumed,
  stored: one.stored + other.stored,
});
