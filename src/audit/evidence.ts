/**
 * The evidence types: what each hop of the pipeline says about each message, as the audit reads it.
 *
 * Evidence comes in batches of columns. A message is a dense index, given out by the evidence's
 * `Messages`; contents, keys and categories are small integers, equal exactly when what they stand for is
 * equal. So the audit is the same for a run of ours (whose oracle is the workload) and for a history that
 * somebody else wrote down.
 */
import type { Outcome } from '../run-folder/ledger/outcome.ts';
import type { SingleFinding } from '../result/verdict.ts';

/** A content or key that the evidence does not tell; compared with nothing. */
export const untold = 0;

/** One row an attempt. `partition` and `offset` are `none` where the ack named no position. */
export interface AttemptBatch {
  count: number;
  message: Int32Array;
  outcome: Uint8Array;
  partition: Int32Array;
  offset: Float64Array;
}

/** Bits of `LogBatch.flags`. */
export const logFlags = {
  aborted: 1,
  crcBad: 2,
  crcOk: 4,
  /** It bears the run's id, and not which message it is. */
  nameless: 8,
} as const;

/** One row a record, in the order of the partitions' offsets. `message` is `none` for foreign records. */
export interface LogBatch {
  count: number;
  message: Int32Array;
  partition: Int32Array;
  offset: Float64Array;
  /** With `session`: who sent it, as small numbers. */
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
 * One row a stored row or dead letter. `category` indexes `Evidence.categories`, or is `deadLetterCategory`.
 * `message` is `none` for foreign rows, and for dead letters that carry no id: those are joined by position.
 */
export interface StoreBatch {
  count: number;
  message: Int32Array;
  category: Uint16Array;
  /** `none`, as `offset` is, for a row that does not tell its position. */
  partition: Int32Array;
  offset: Float64Array;
  content: Int32Array;
  /** Left out where `content` speaks for the key too. */
  key?: Int32Array;
}

/**
 * What the consumer's journal says, one row a range: offsets `first` to `end − 1` of a partition, handed to a
 * consumer in an epoch. An offset in two rows was delivered twice.
 */
export interface DeliveryBatch {
  count: number;
  partition: Int32Array;
  first: Float64Array;
  end: Float64Array;
  /** Small numbers, equal for the same consumer. */
  consumer: Int32Array;
  /** `none` where not told. */
  epoch: Int32Array;
}

/** The category code of a `written` that does not tell its category. */
export const categoryUntold = 0xfffe;

/**
 * What the journal says was in the store once the database's commit had returned: one row an offset.
 * `message` is `none` where the journal tells no id, `category` is `categoryUntold` where it tells none.
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
 * What one hop says. `problem` is why it is not whole; its rows still count for what they show. Both may
 * become known only while the batches are read, and are looked at after the last.
 */
export interface Hop<Batch, Batches = Iterable<Batch>> {
  whole: boolean;
  problem?: string;
  /** Whether a verdict needs it whole. Undefined: yes. */
  required?: boolean;
  batches(): Batches;
}

/** What the log scan read of a partition: offsets `start` to `end − 1`. `base` is its end before the run. */
export interface LogRange {
  partition: number;
  start: number;
  end: number;
  base: number;
  /** Whether a record may be gone because a later one has its key. */
  compacted: boolean;
  /** Nobody knows whether it is compacted. `compacted` is true then. */
  compactionUnknown?: true;
  /** The last stable offset, where it lies below the end: from there on nobody can have read yet. */
  stableEnd?: number;
}

export interface MessageName {
  id: string;
  producer?: string;
  sequence?: number;
  state?: string;
}

/** The messages that the evidence speaks of. Indexes are given out while the evidence is read. */
export interface Messages {
  /** How many messages the plan holds. */
  readonly plannedCount: number;
  /** How many indexes have been given out: every index is below it. */
  readonly count: number;
  /** Whether the plan knows this message. */
  isPlanned(message: number): boolean;
  /** The category this message belongs to; `deadLetterCategory` where its state is none of the run's; undefined for a message that nobody planned or sent. */
  expectedCategory(message: number): number | undefined;
  /** The content that was to be sent; `untold` where not known. */
  expectedContent(message: number): number;
  /** How a content differs from what was to be sent, in a few words; undefined where nobody can say. */
  describeContent?(content: number): string | undefined;
  /**
   * The key that was to be sent; `untold` where not known. No such function: contents speak for keys too, and
   * then no `StoreBatch` has keys of its own.
   */
  expectedKey?(message: number): number;
  /** Whether it was sent to remove its key from a compacted topic. No such function: none was. */
  isTombstone?(message: number): boolean;
  /**
   * The topic that it was sent to, as `Topics.numberOf` counts them, where no ack says at which place; undefined where
   * nobody says. No such function: there is one topic.
   */
  topicOf?(message: number): number | undefined;
  name(message: number): MessageName;
}

/** What the partitions of several topics are called, each of which has a number of its own in the evidence. */
export interface Topics {
  /** Equal for partitions of one topic; from 0. */
  numberOf(partition: number): number;
  nameOf(partition: number): { topic: string; partition: number };
}

export interface Evidence {
  run: string;
  /** The categories: the run's states. */
  categories: readonly string[];
  messages: Messages;
  /** Left out where there is one topic, whose partitions have their own numbers. */
  topics?: Topics;
  plan: { whole: boolean; problem?: string };
  ledger: Hop<AttemptBatch> & {
    /** Kafka's names for why attempts had this outcome, most frequent first. To be asked once the batches were read. */
    errorsOf?: (outcome: Outcome) => Promise<string[]>;
  };
  log: Hop<LogBatch> & {
    ranges: readonly LogRange[];
    /** They are those of all partitions: there is no other. Left out: there may be. */
    hasAllRanges?: boolean;
    /**
     * The topic that was read is not the one that the run began with, but another of its name. `whole` says
     * whether that one was read to its end.
     */
    topicRecreated?: boolean;
    /**
     * Nothing can have come to the topic after it was scanned, and the store was read before: what it says of offsets
     * beyond the log's end, nobody can have read. Left out: that is so.
     */
    isFinal?: boolean;
    /** Whether keys choose partitions, so that one key stands in one. Left out: they do. */
    isKeyed?: boolean;
    /** The number of the empty key, which chooses no partition; left out where there is none. */
    emptyKey?: number;
  };
  store: Hop<StoreBatch, Iterable<StoreBatch> | AsyncIterable<StoreBatch>> & {
    /** The store's next offset by partition; a partition without one has none. */
    positions: ReadonlyMap<number, number>;
    /** Its rows tell where they stand: one that does not is wrong. */
    tellsPlaces?: boolean;
    /** What stands in place of next offsets and is none, in sentences. Each costs its partition, not the store. */
    oddPositions?: readonly string[];
  };
  /**
   * The consumer's journal; undefined: nobody kept one. Where it is not `required`, a verdict does without
   * it, and the blame is less exact.
   */
  deliveries?: Hop<DeliveryBatch> & {
    required: boolean;
    /** Its ranges may span offsets where compaction had left no record. */
    spansHoles?: boolean;
  };
  written?: Hop<WrittenBatch> & {
    required: boolean;
    /**
     * Whether it says what became of this offset, though it may not be whole: without a row, none was written.
     * To be asked once the batches were read.
     */
    accountsFor?: (partition: number, offset: number) => boolean;
  };
  /** The group's committed next offset by partition, where it was read. */
  commits?: ReadonlyMap<number, number>;
  /** Writes that the store refused, because their consumer did not own the partition any more. */
  refusedWrites?: number;
  /** Partitions with lag in which nothing moved for the stall time, and at whom the progress points. */
  stalls?: readonly { partition: number; blame: 'consumer' | 'broker' }[];
  /** What was found wrong with records that are no messages: those that a fault published. */
  found?: readonly SingleFinding[];
  /** The producer's settings, where they can be the cause of a loss. */
  settings?: { acks?: string; uncleanElection?: boolean };
  /** What must be said in `notChecked`, and does not keep a verdict from being a pass. */
  notes?: readonly string[];
  /** What else must be said in `notChecked`, and makes the verdict inconclusive: an interrupted run, say. */
  interruptions: readonly string[];
}
