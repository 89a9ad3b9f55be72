/**
 * The contract of a stage: a producer or a consumer at work, as the run, its watchdogs and its faults see it. nodrop's own
 * stages, which are processes, keep it in `stage-place.ts`; `stage-group.ts` starts them.
 */
import type { StageVictim } from '../../faults/fault.ts';

export type StageRole = 'producer' | 'consumer';

/** Faults kill it, suspend it and start it again. Until its end, it is one stage all the same. */
export interface Stage extends StageVictim {
  readonly role: StageRole;
  /** Settles when it has ended for good: no fault is to start it again. */
  readonly exited: Promise<StageExit>;
  /** When it last said anything, by `performance.now()`; undefined where a fault keeps it from saying anything. */
  heardAtMs(): number | undefined;
  /** When it was ready or got on last, by `performance.now()`; undefined before it was ready, and while a fault has it. */
  movedAtMs(): number | undefined;
  /** Also for later: one that a fault starts again is told all of it again. */
  tell(order: StageOrder): void;
  /** No fault starts it again after that. Returns whether it was there to be signalled. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): boolean;
  /** Ends it in order, or at once where it takes its time. */
  stop(): Promise<void>;
}

/** A stage says of its work: */
export type StageEvent =
  /** How many messages it has produced or stored. */
  | { type: 'progress'; done: number }
  /** The producer's ledger is there: a consumer that begins now sees that a producer is at work. */
  | { type: 'ledger-opened' }
  /** A consumer has what the group assigned to it: what comes now is fetched at once. */
  | { type: 'ready' }
  /** A consumer gives up, since nothing moves. `atBroker`: it asks for these partitions, and gets nothing. */
  | { type: 'stalled'; atBroker: number[] }
  /** The totals of all that it has done, by name. */
  | { type: 'summary'; counts: Readonly<Record<string, number>> };

/** A stage is told: */
export type StageOrder =
  /** Where Kafka is, once it is there. */
  | { type: 'bootstrap'; bootstrapServers: string }
  /** A producer that is paced may send. */
  | { type: 'begin' }
  /** No producer comes any more: a consumer that has drained may end. */
  | { type: 'produced' };

export interface StageExit {
  /** null if a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last lines it wrote, or said where its log could not be written. */
  tail: string;
  /** A fault killed it and it was not started again, or it was stopped: its end says nothing of it. */
  isLeft?: boolean;
}
