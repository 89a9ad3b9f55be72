/** The progress of a run, read from its growing folder, for the live page and the terminal. */
import type { Phase } from '../run-folder/run-events.ts';
import type { FaultRecord } from '../result/result.ts';
import type { Verdict } from '../result/verdict.ts';

export interface HopProgress {
  count: number;
  /** By state, or by the category that a consumer found; `dead-letters` if it found none. */
  byState: Record<string, number>;
}

/** The progress of a partition. null: not known. */
export interface PartitionProgress {
  partition: number;
  leader: number | null;
  /** The offset after the last acknowledged message. */
  acked: number | null;
  /** The offset after the last one whose commit has returned. */
  stored: number | null;
  /** Offsets from `stored` to `acked`. */
  lag: number | null;
}

export interface RunProgress {
  schema: 1;
  run: string;
  /** Only for a check, of which nothing else is known before its result. */
  check?: { topics: string[] };
  /** Only for a run of a user's pipeline. nodrop hands messages over, and sees nothing else before all has drained. */
  pipeline?: { name: string; step: string | null };
  topic: string | null;
  seed: number | null;
  /** When the manifest was written, or the check began, in ms since the epoch. */
  createdAt: number | null;
  /** How many messages are to be sent, or handed over; null if the run is limited by time, or if there is no manifest yet. */
  planned: number | null;
  /** null: the run was started by hand, a stage at a time, or it wrote no event log. */
  phase: Phase | null;
  /** Set once the run has ended. A verdict of null: the run failed before there was one. */
  ended: { verdict: Verdict | null } | null;
  /** The number of journals: a consumer that was killed and restarted has two. */
  consumers: number;
  sent: HopProgress;
  acked: HopProgress;
  rejected: number;
  unknown: number;
  /** Acknowledged messages whose transaction was aborted afterwards: they are due in no store. */
  aborted: number;
  consumed: HopProgress;
  stored: HopProgress;
  /** Writes that were refused because another consumer had taken over the partition. */
  refusedWrites: number;
  partitions: PartitionProgress[];
  /** The faults that have begun, in the order of the schedule. */
  faults: FaultRecord[];
}
