/**
 * The store that nodrop's own consumer writes to. The rows, dead letters and next offsets of a batch are stored
 * together or not at all. Offsets advance by compare-and-swap on their previous value and on an owner epoch, which the
 * store issues when a consumer claims a partition: the next consumer that claims the partition fences the previous one,
 * however late that one resumes.
 */
import { OperationalError, unavailableError } from '../errors.ts';
import type { RowBatch } from './row-batch.ts';
import type { Tables } from './table-names.ts';

export { RowBatch, type DeadLetter, type RowValues } from './row-batch.ts';

/** A partition's position and owner epoch in a store. */
export interface StoredOffset {
  /** The offset of the next record to consume. */
  next: number;
  /** How often the partition was claimed: only the consumer with the latest claim may write. */
  epoch: number;
}

/** A partition's offsets before and after a batch: `next` is where the consumer continues after the batch. */
export interface Advance {
  partition: number;
  /** The next offset that the store must still hold. */
  from: number;
  next: number;
  /** The epoch of the writer's claim, which must still be the latest. */
  epoch: number;
  /** Whether retention has removed all records from `from` up to `next`. */
  isGap?: true;
}

/** The run and the topic that a claim is for. */
export interface ClaimedTopic {
  run: string;
  topic: string;
  topicId: string;
}

/** Another consumer has claimed a partition since, so nothing of the batch was stored. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
  readonly partition: number;
  /** Whether an earlier attempt, which failed in an outage, may nevertheless have stored the batch. */
  readonly isInDoubt: boolean;

  constructor(partition: number, { isInDoubt = false } = {}) {
    super(`Another consumer has taken over partition ${partition}.`);
    this.partition = partition;
    this.isInDoubt = isInDoubt;
  }
}

/**
 * The store cannot be used at present. The caller may repeat the operation. If it was a write, its commit may or may
 * not have succeeded.
 */
export class StoreOutageError extends OperationalError {
  constructor(message: string, hint: string, cause: unknown) {
    super('unavailable', message, { hint, cause });
  }
}

/** All methods throw `StoreOutageError` for problems that may pass, and `unavailable` for those that will not. */
export interface Store {
  /**
   * Claims partitions, and returns where to continue each. A partition that the store does not know begins at the
   * offset in `begin`. Throws `unavailable` if the run has stored another topic of this name.
   */
  claim(topic: ClaimedTopic, begin: ReadonlyMap<number, number>): Promise<Map<number, StoredOffset>>;
  /** The stored offset of each partition of the topic. */
  offsets(topicId: string): Promise<Map<number, StoredOffset>>;
  /**
   * Stores a batch and its offsets in one transaction, and keeps no reference to the batch. Also throws `FencedError`.
   */
  write(topicId: string, batch: RowBatch, advances: readonly Advance[]): Promise<void>;
  close(): Promise<void>;
}

export interface StoreOptions {
  categories: readonly string[];
  /** The tables that the user named, by category. */
  tables?: Tables | undefined;
  /** Called in each write's transaction, just before the commit. */
  beforeCommit?: () => Promise<void>;
}

/** A topic with the same name and another id: its offsets mean something else, and the old topic's records are gone. */
export const remadeTopicError = ({ run, topic, topicId }: ClaimedTopic, knownId: string): OperationalError =>
  unavailableError(
    `Topic ${topic} was deleted and recreated: run ${run} used the topic with id ${knownId}, and this one has id ${topicId}.`,
    {
      hint: `Messages of the old topic that were not stored are lost: nodrop verify ${run} lists them.\nConsume the new topic as another run.`,
    },
  );
