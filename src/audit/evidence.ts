/**
 * The evidence types: what each hop of the pipeline says about each message, as the audit reads it.
 *
 * Evidence comes in batches of columns. A message is a dense index, assigned by the evidence's
 * `Messages`. Contents, keys and categories are small integers, which are equal exactly if the values that they stand
 * for are equal. So the audit is the same for nodrop's own runs (whose oracle is the workload) and for a history that
 * another program wrote. A row that is wrong in the same way as its record has the same number, so the damage is
 * charged once, where it happened.
 */
import type { Outcome, TransactionEnd } from '../run-folder/ledger/outcome.ts';
import type { SingleFinding } from '../result/verdict.ts';
import type { Rule, Times } from './rules.ts';

/** A content or key that the evidence does not have; it is compared with nothing. */
export const untold = 0;

/** A transaction of a producer, and how it ended according to the ledger. */
export interface LedgerTransaction {
  /** A name of its own in the evidence. */
  name: string;
  end: TransactionEnd;
}

/** One row for each attempt. `partition` and `offset` are `none` if the ack named no position. */
export interface AttemptBatch {
  count: number;
  message: Int32Array;
  outcome: Uint8Array;
  partition: Int32Array;
  offset: Float64Array;
  /** Indexes into `Evidence.ledger.transactions`; `none` outside of transactions. Absent: none of them is in one. */
  transaction?: Int32Array;
}

/** Bits of `LogBatch.flags`. */
export const logFlags = {
  aborted: 1,
  crcBad: 2,
  crcOk: 4,
  /** The record has the run's id, but does not say which message it is. */
  nameless: 8,
} as const;

/** One row for each record, in the order of the partitions' offsets. `message` is `none` for foreign records. */
export interface LogBatch {
  count: number;
  message: Int32Array;
  partition: Int32Array;
  offset: Float64Array;
  /** With `session`: the sender, as small numbers. */
  producer: Int32Array;
  session: Int32Array;
  sequence: Float64Array;
  content: Int32Array;
  key: Int32Array;
  flags: Uint8Array;
}

/** The category code of a dead letter's row. */
export const deadLetterCategory = 0xffff;

/**
 * One row for each stored row or dead letter. `category` indexes `Evidence.categories`, or is `deadLetterCategory`.
 * `message` is `none` for foreign rows, and for dead letters without an id: those are joined by position.
 */
export interface StoreBatch {
  count: number;
  message: Int32Array;
  category: Uint16Array;
  /** `none`, like `offset`, for a row without a position. */
  partition: Int32Array;
  offset: Float64Array;
  content: Int32Array;
  /** Absent if `content` covers the key too. */
  key?: Int32Array;
}

/**
 * Deliveries in the consumer's journal, one row for each range: offsets `first` to `end − 1` of a partition, handed to
 * a consumer in an epoch. An offset in two rows was delivered twice.
 */
export interface DeliveryBatch {
  count: number;
  partition: Int32Array;
  first: Float64Array;
  end: Float64Array;
  /** Small numbers, equal for the same consumer. */
  consumer: Int32Array;
  /** `none` if the journal does not have it. */
  epoch: Int32Array;
}

/** The category code of a `written` without a category. */
export const categoryUntold = 0xfffe;

/**
 * Writes in the consumer's journal, noted after the database's commit had returned: one row for each offset.
 * `message` is `none` if the journal has no id, `category` is `categoryUntold` if it has no category.
 */
export interface WrittenBatch {
  count: number;
  partition: Int32Array;
  offset: Float64Array;
  message: Int32Array;
  category: Uint16Array;
  content: Int32Array;
}

/**
 * What one hop says. `problem` is why it is not whole; its rows still count for what they show. Whether the hop is
 * whole may become known only while the batches are read, so it is looked at after the last.
 */
export interface Hop<Batch, Batches = Iterable<Batch>> {
  whole: boolean;
  problem?: string;
  /** Whether a verdict needs the hop whole. Undefined: yes. */
  required?: boolean;
  batches(): Batches;
}

/** The part of a partition that the log scan read: offsets `start` to `end − 1`. `base` is its end before the run. */
export interface LogRange {
  partition: number;
  start: number;
  end: number;
  base: number;
  /** Whether a record may be gone because a later one has its key. */
  compacted: boolean;
  /** It is not known whether the partition is compacted. `compacted` is true then. */
  compactionUnknown?: true;
  /** The last stable offset, if it is below the end: no consumer can have read from there on yet. */
  stableEnd?: number;
}

export interface MessageName {
  id: string;
  producer?: string;
  sequence?: number;
  state?: string;
  /** The sink of which the evidence is, if there are several. */
  sink?: string;
}

/** The messages that the evidence mentions. Indexes are assigned while the evidence is read. */
export interface Messages {
  /** The number of planned messages. */
  readonly plannedCount: number;
  /** The number of indexes assigned so far: every index is below it. */
  readonly count: number;
  /** Whether the plan has this message. */
  isPlanned(message: number): boolean;
  /**
   * The category of this message; `deadLetterCategory` if its state is not one of the run's; undefined for a message
   * that was neither planned nor sent.
   */
  expectedCategory(message: number): number | undefined;
  /** The planned content; `untold` if it is not known. */
  expectedContent(message: number): number;
  /** How a content differs from the planned one, in a few words; undefined if it cannot be said. */
  describeContent?(content: number): string | undefined;
  /**
   * The planned key; `untold` if it is not known. Without this function, contents cover keys too, and
   * no `StoreBatch` has keys of its own.
   */
  expectedKey?(message: number): number;
  /** Whether the message was sent to remove its key from a compacted topic. Without this function, none was. */
  isTombstone?(message: number): boolean;
  /**
   * Under the rule `latest`, the version of the message: of two of a key, the one with the higher version is newer. If it is
   * undefined or no finite number, offsets decide. Without this function, no message tells one.
   */
  versionOf?(message: number): number | undefined;
  /** Whether a declared rule drops the message: then it has no row and no dead letter. Without this function, none. */
  isDropped?(message: number): boolean;
  /** How many rows the store must have of the message, and how many it may have. Without this function, one of each. */
  timesOf?(message: number): Times;
  /**
   * The topic to which a message without an acked place was sent, in the numbers of `Topics.numberOf`; undefined if it
   * is not known. Without this function, there is one topic.
   */
  topicOf?(message: number): number | undefined;
  name(message: number): MessageName;
}

/** The names of the partitions of several topics. Each partition has a number of its own in the evidence. */
export interface Topics {
  /** The number of a partition's topic, from 0. */
  numberOf(partition: number): number;
  nameOf(partition: number): { topic: string; partition: number };
}

/**
 * Evidence may come in several parts, of which each has all that is known of some messages. Then the root is the log.
 * Sentences, settings, positions, commits, ranges, topics and stalls are of the run, and the same in each part; hops may
 * be whole in one part and not in another. A row without a message belongs in the part of the message at its place.
 */
export interface Evidence {
  run: string;
  /** Absent: `once`. */
  rule?: Rule;
  /**
   * The first hop that is believed. `log`: the messages are what the topic holds. The ledger is whole then, and has for each
   * message one ack, at the place of its first record; no consumer keeps a journal; order is not judged; and only ids
   * say whose row it is. Absent: the ledger, which says what was sent.
   */
  root?: 'log';
  /** Without any message, nothing is left open. */
  mayBeEmpty?: boolean;
  /** The categories: the run's states. */
  categories: readonly string[];
  messages: Messages;
  /**
   * By category: how many messages are right, and are not among `messages`: acked, once in the log at the acked place and
   * once in the store, as they are to be, and no other row or record is at their places. Absent: none.
   */
  right?: readonly number[];
  /** Absent if there is one topic, whose partitions have Kafka's numbers. */
  topics?: Topics;
  plan: { whole: boolean; problem?: string };
  ledger: Hop<AttemptBatch> & {
    /** Kafka's errors of attempts with this outcome, the most frequent first. To be called after all batches. */
    errorsOf?: (outcome: Outcome) => Promise<string[]>;
    /** Absent if there are none. To be read after all batches. */
    readonly transactions?: readonly LedgerTransaction[];
  };
  log: Hop<LogBatch> & {
    ranges: readonly LogRange[];
    /**
     * The ranges have all that the topic has held until the store was read. Absent: true. If not, a row that no message
     * explains may be of a record outside of them.
     */
    isWholeLife?: boolean;
    /** No record outside of the ranges can be one of a message within. Absent: true. */
    hasAllCopies?: boolean;
    /** The ranges cover all partitions of the topic. Absent: there may be other partitions. */
    hasAllRanges?: boolean;
    /**
     * The scanned topic is not the one with which the run began, but another of the same name. `whole` says
     * whether that one was read to its end.
     */
    topicRecreated?: boolean;
    /**
     * No record can have reached the topic after the scan, and the store was read before: no consumer can have read
     * offsets beyond the log's end that the store has. Absent: true.
     */
    isFinal?: boolean;
    /** Whether keys choose partitions, so that each key is in one partition. Absent: true. */
    isKeyed?: boolean;
    /** The number of the empty key, which chooses no partition; absent if there is no empty key. */
    emptyKey?: number;
  };
  store: Hop<StoreBatch, Iterable<StoreBatch> | AsyncIterable<StoreBatch>> & {
    /** The store's next offset by partition; absent for a partition without one. */
    positions: ReadonlyMap<number, number>;
    /** Each row must have a position: a row without one is wrong. */
    tellsPlaces?: boolean;
    /** Invalid values in place of next offsets, in sentences. Each makes only its partition unusable, not the store. */
    oddPositions?: readonly string[];
  };
  /**
   * The consumer's journal; undefined: there is none. If it is not `required`, a verdict does not need it, but
   * the blame is less exact without it.
   */
  deliveries?: Hop<DeliveryBatch> & {
    required: boolean;
    /** Its ranges may span offsets at which compaction had left no record. */
    spansHoles?: boolean;
  };
  written?: Hop<WrittenBatch> & {
    required: boolean;
    /**
     * Whether the journal accounts for this offset, even if it is not whole: then, without an entry, no row was
     * written. To be called after the batches were read.
     */
    accountsFor?: (partition: number, offset: number) => boolean;
  };
  /** The group's committed next offset by partition, if it was read. */
  commits?: ReadonlyMap<number, number>;
  /** Writes that the store refused because their consumer did not own the partition any more. */
  refusedWrites?: number;
  /** Partitions with lag and without progress for the stall time, and the hop to blame for that. */
  stalls?: readonly { partition: number; blame: 'consumer' | 'broker' }[];
  /** Findings about records that are not messages of the run, but were published by a fault. */
  found?: readonly SingleFinding[];
  /** The settings that can be the cause of a loss. */
  settings?: { acks?: string; uncleanElection?: boolean };
  /** Sentences for `notChecked` that do not prevent a pass. */
  notes?: readonly string[];
  /** Sentences for `notChecked` that make the verdict inconclusive, for example about an interrupted run. */
  interruptions: readonly string[];
}
