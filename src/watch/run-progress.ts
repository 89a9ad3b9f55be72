/** How far a run has come, as its folder tells while it grows: what the live page shows, and the terminal. */
import type { Phase } from '../run-folder/run-events.ts';
import type { FaultRecord } from '../result/result.ts';
import type { Verdict } from '../result/verdict.ts';

export interface HopProgress {
  count: number;
  /** By state, or by the category that a consumer found; `dead-letters` where it found none. */
  byState: Record<string, number>;
}

/** How far a partition is. null: not known. */
export interface PartitionProgress {
  partition: number;
  leader: number | null;
  /** Behind the last message that was acknowledged. */
  acked: number | null;
  /** Behind the last offset whose commit has returned. */
  stored: number | null;
  /** Offsets from `stored` to `acked`. */
  lag: number | null;
}

export interface RunProgress {
  schema: 1;
  run: string;
  topic: string | null;
  seed: number | null;
  /** When the manifest was written, in ms since the epoch. */
  createdAt: number | null;
  /** How many messages are to be sent; null where a time or nobody says when it is enough. */
  planned: number | null;
  /** null: it was started by hand, a stage at a time, or by a nodrop that told nothing. */
  phase: Phase | null;
  /** Whether the run has come to its end; null: not yet. A verdict of null: it failed before there was one. */
  ended: { verdict: Verdict | null } | null;
  /** How many journals there are: a consumer that was killed and started again has two. */
  consumers: number;
  sent: HopProgress;
  acked: HopProgress;
  rejected: number;
  unknown: number;
  consumed: HopProgress;
  stored: HopProgress;
  /** Writes that came too late: another consumer had taken over. */
  refusedWrites: number;
  partitions: PartitionProgress[];
  /** Those that have begun, in the order of the schedule. */
  faults: FaultRecord[];
}
