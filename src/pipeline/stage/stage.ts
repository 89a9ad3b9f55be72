/**
 * The contract of a stage, a working producer or consumer, with the run, its watchdogs and its faults. `stage-place.ts`
 * implements it for nodrop's own stages, which are processes; `stage-group.ts` starts them.
 */
import type { StageVictim } from '../../faults/fault.ts';

export type StageRole = 'producer' | 'consumer';

/** Faults may kill, suspend and restart a stage. It is one stage until its end. */
export interface Stage extends StageVictim {
  readonly role: StageRole;
  /** Settles when the stage has ended for good: no fault will start it again. */
  readonly exited: Promise<StageExit>;
  /** When the stage last sent a message, by `performance.now()`; undefined if a fault keeps it from sending. */
  heardAtMs(): number | undefined;
  /**
   * When the stage was last ready or made progress, by `performance.now()`; undefined before it was ready, and while a
   * fault acts on it.
   */
  movedAtMs(): number | undefined;
  /** Sends an order. A stage that a fault starts again gets all its orders again. */
  tell(order: StageOrder): void;
  /** After this, no fault starts the stage again. Returns whether its process still existed. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): boolean;
  /** Ends the stage in order, or by SIGKILL if that takes too long. */
  stop(): Promise<void>;
}

/** The events that a stage reports. */
export type StageEvent =
  /** How many messages it has produced or stored. */
  | { type: 'progress'; done: number }
  /** The producer's ledger exists: a consumer that begins now can see that a producer is at work. */
  | { type: 'ledger-opened' }
  /** A consumer has claimed its assigned partitions: it fetches new records at once. */
  | { type: 'ready' }
  /** A consumer gives up, since it makes no progress. `atBroker`: the partitions from which it gets no records. */
  | { type: 'stalled'; atBroker: number[] }
  /** The totals of the stage's work, by name. */
  | {
      type: 'summary';
      counts: Readonly<Record<string, number>>;
      /** Of a consumer, if it stored dead letters. */
      commonReason?: CommonReason | undefined;
    };

/** The reason of most of a consumer's dead letters, and how many have it. */
export interface CommonReason {
  reason: string;
  count: number;
}

/** The orders that a stage gets. */
export type StageOrder =
  /** The address of Kafka, once it runs. */
  | { type: 'bootstrap'; bootstrapServers: string }
  /** A paced producer may send. */
  | { type: 'begin' }
  /** No producer will start any more: a consumer that has drained may end. */
  | { type: 'produced' };

export interface StageExit {
  /** null if a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last lines of its log or, if the log could not be written, of its last words. */
  tail: string;
  /** A fault killed the stage for good, or it was stopped: its exit code means nothing. */
  isLeft?: boolean;
}
