/**
 * What nodrop's own consumer asks of a store: where it puts its rows. Rows, dead letters and the next offsets of a
 * batch go in together or not at all. Offsets are advanced by compare-and-swap on their previous value and
 * on an owner epoch, which the store issues when a consumer claims a partition: whoever claims it next
 * fences the one before, however late that one wakes up.
 */
import { OperationalError, unavailableError } from '../errors.ts';
import type { RowBatch } from './row-batch.ts';

export { RowBatch, type DeadLetter, type RowValues } from './row-batch.ts';

/** What a store holds of a partition. */
export interface StoredOffset {
  /** The offset of the record to go on with. */
  next: number;
  /** How often the partition was claimed: only the latest claim may write. */
  epoch: number;
}

/** A partition's offsets around a batch: `next` is where the consumer goes on after it. */
export interface Advance {
  partition: number;
  /** The next offset that the store must still hold. */
  from: number;
  next: number;
  /** The epoch of the writer's claim, which must still be the latest. */
  epoch: number;
}

/** What a claim is for. */
export interface ClaimedTopic {
  run: string;
  topic: string;
  topicId: string;
}

/** Another consumer has claimed a partition since: nothing of the batch was stored. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
  readonly partition: number;
  /** An attempt before, which met an outage, may have stored it all the same. */
  readonly isInDoubt: boolean;

  constructor(partition: number, { isInDoubt = false } = {}) {
    super(`Another consumer has taken over partition ${partition}.`);
    this.partition = partition;
    this.isInDoubt = isInDoubt;
  }
}

/**
 * The store cannot be used for the time being. What was asked of it may be asked again; of a write, the
 * commit may have been carried out, or may not.
 */
export class StoreOutageError extends OperationalError {
  constructor(message: string, hint: string, cause: unknown) {
    super('unavailable', message, { hint, cause });
  }
}

/** All methods throw `StoreOutageError` for what may pass by itself, and `unavailable` for what will not. */
export interface Store {
  /**
   * Claims partitions, and says where each is to go on. One that the store does not know begins at the
   * offset given. Throws `unavailable` if the run has stored another topic of this name.
   */
  claim(topic: ClaimedTopic, begin: ReadonlyMap<number, number>): Promise<Map<number, StoredOffset>>;
  /** What is held of each partition of the topic. */
  offsets(topicId: string): Promise<Map<number, StoredOffset>>;
  /** Stores a batch and its offsets in one transaction, and keeps nothing of it. Throws `FencedError` too. */
  write(topicId: string, batch: RowBatch, advances: readonly Advance[]): Promise<void>;
  close(): Promise<void>;
}

export interface StoreOptions {
  categories: readonly string[];
  /** Called in each write's transaction, when all is in it but the commit. */
  beforeCommit?: () => Promise<void>;
}

/** A topic of one name and another id: its offsets mean something else, and what the old one held is gone. */
export const remadeTopicError = ({ run, topic, topicId }: ClaimedTopic, knownId: string): OperationalError =>
  unavailableError(
    `Topic ${topic} was deleted and recreated: run ${run} is of the one with id ${knownId}, and this one is ${topicId}.`,
    {
      hint: `What was not stored of the old topic is lost: nodrop verify ${run} says what.\nConsume the new one as another run.`,
    },
  );
