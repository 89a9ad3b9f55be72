/** Which faults took effect in which phase of a run, from the event logs of runs. */
import type { TimedRunEvent } from '../run-folder/run-events.ts';

/** `beginning`: the first two seconds of the sending, while connections and groups are made. */
export const chaosPhases = ['beginning', 'sending', 'draining'] as const;
export type ChaosPhase = (typeof chaosPhases)[number];

export const beginningMs = 2_000;

/** By fault and phase: the number of runs in which it took effect; null if it cannot act in that phase. */
export type CoverageTable = Record<string, Record<ChaosPhase, number | null>>;

export class Coverage {
  readonly #table: CoverageTable;

  /** `faults`: all faults that the days may have. */
  constructor(faults: readonly { name: string; phases: readonly ChaosPhase[] }[]) {
    this.#table = Object.fromEntries(faults.map(({ name, phases }) => [name, rowOf(phases)]));
  }

  get table(): CoverageTable {
    return this.#table;
  }

  /** `events`: those of one run, in the order of its log. */
  add(events: readonly TimedRunEvent[]): void {
    const phases = phasesOf(events);
    for (const { name, fromMs, toMs } of actsIn(events)) {
      const row = (this.#table[name] ??= rowOf(chaosPhases));
      for (const phase of chaosPhases) {
        const { fromMs: begin, toMs: end } = phases[phase];
        const count = row[phase];
        if (count !== null && fromMs < end && toMs >= begin) row[phase] = count + 1;
      }
    }
  }
}

const rowOf = (possible: readonly ChaosPhase[]): Record<ChaosPhase, number | null> => ({
  beginning: possible.includes('beginning') ? 0 : null,
  sending: possible.includes('sending') ? 0 : null,
  draining: possible.includes('draining') ? 0 : null,
});

interface Stretch {
  fromMs: number;
  toMs: number;
}

function phasesOf(events: readonly TimedRunEvent[]): Record<ChaosPhase, Stretch> {
  const beganAt = (phase: string): number =>
    events.find((event) => event.type === 'phase' && event.phase === phase)?.time ?? Infinity;
  const sends = firstSendOf(events) ?? beganAt('publishing');
  const [drains, ends] = [beganAt('draining'), beganAt('auditing')];
  return {
    beginning: { fromMs: sends, toMs: Math.min(sends + beginningMs, drains) },
    sending: { fromMs: sends + beginningMs, toMs: drains },
    draining: { fromMs: drains, toMs: ends },
  };
}

/** Times of faults count from the first send; the phase begins earlier, while consumers join. */
function firstSendOf(events: readonly TimedRunEvent[]): number | undefined {
  const fault = events.find((event) => event.type === 'fault');
  return fault === undefined || fault.fault.startMs === null ? undefined : fault.time - fault.fault.startMs;
}

/** The faults that took effect. A fault that is never undone acts until the end. */
function actsIn(events: readonly TimedRunEvent[]): (Stretch & { name: string })[] {
  const begun = new Map<number, number>();
  const acts: (Stretch & { name: string })[] = [];
  for (const event of events) {
    if (event.type !== 'fault') continue;
    const { index, fault, time } = event;
    const fromMs = begun.get(index);
    if (fromMs === undefined) begun.set(index, time);
    else if (fault.tookEffect) {
      const [name = fault.name] = fault.schedule.split(/[=@]/);
      acts.push({ name, fromMs, toMs: fault.endMs === null ? Infinity : time });
    }
  }
  return acts;
}
