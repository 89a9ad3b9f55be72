/** The faults that a safe pipeline survives, by the part that they act on, and for how long they may last. */
import { faults } from '../faults/catalog.ts';
import type { PipelinePlan } from '../faults/fault.ts';

export interface ChaosFault {
  /** With what stands behind the colon. */
  name: string;
  /** Of the pipeline: two at once on one part would hide each other. */
  parts: readonly string[];
  /** 0 for one that is over by itself. */
  lastsMs: { min: number; max: number };
  /** At least. */
  takesMs: number;
}

/** What was not read yet and is deleted, no pipeline survives. */
const unsafe = ['delete-records'];

const parts: Record<string, string | readonly string[]> = {
  'kill-leader': 'brokers',
  'kill-broker': 'brokers',
  'kill-controller': 'brokers',
  'kill-majority': 'brokers',
  'restart-brokers': 'brokers',
  'pause-leader': 'brokers',
  'pause-broker': 'brokers',
  'pause-majority': 'brokers',
  'kill-producer': 'producer',
  'pause-producer': 'producer',
  'kill-consumer': 'consumer',
  'pause-consumer': 'consumer',
  'rebalance-storm': 'consumer',
  // The brokers are asked what became of it.
  'delete-offsets': ['consumer', 'brokers'],
  'lock-store': 'store',
  'fill-disk': 'store',
  'cut-commit': 'store',
  'restart-store': 'store',
  poison: 'topic',
};

/** Consumers that were killed have to be missed; brokers stop and start one after the other. */
const takesMs: Record<string, number> = { 'delete-offsets': 8_000, 'restart-brokers': 10_000 };

/** All that this pipeline allows for, once for each place where it may act. */
export function chaosFaults(plan: PipelinePlan): ChaosFault[] {
  return faults
    .filter(({ name }) => !unsafe.includes(name))
    .flatMap((fault) =>
      [undefined, ...(fault.details ?? [])]
        .filter(
          (detail) =>
            fault.problem(plan, { detail, value: fault.value?.standard, lastsMs: 1_000 }) === undefined,
        )
        .map((detail) => ({
          name: detail === undefined ? fault.name : `${fault.name}:${detail}`,
          parts: [parts[fault.name] ?? `link ${detail?.replace(/-acks$/, '')}`].flat(),
          lastsMs: fault.lastsMs === undefined ? { min: 0, max: 0 } : { min: 500, max: 6_000 },
          takesMs: takesMs[fault.name] ?? 0,
        })),
    );
}
