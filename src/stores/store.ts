/**
 * The contract of a store: where a consumer puts its rows. Rows, dead letters and the next offsets of a
 * batch go in together or not at all, and the offsets are advanced by compare-and-swap, so that of two
 * writers of one partition only one can have its way.
 */

/** A batch to be stored, in columns: the i-th of each makes one row. Keys and payloads may be views. */
export class RowBatch {
  /** Index into the store's categories. */
  readonly category: number[] = [];
  readonly partition: number[] = [];
  readonly offset: number[] = [];
  readonly key: (Uint8Array | null)[] = [];
  readonly payload: (Uint8Array | null)[] = [];
  /** What the record's headers say of its origin; null for messages that are not nodrop's. */
  readonly run: (string | null)[] = [];
  readonly producer: (string | null)[] = [];
  readonly sequence: (number | null)[] = [];
  readonly id: (string | null)[] = [];
  readonly digest: (string | null)[] = [];
  readonly deadLetters: DeadLetter[] = [];

  get size(): number {
    return this.partition.length + this.deadLetters.length;
  }
}

export interface DeadLetter {
  partition: number;
  offset: number;
  key: Uint8Array | null;
  payload: Uint8Array | null;
  /** The record's headers as they stand in the record batch. */
  headers: Uint8Array | null;
  reason: string;
}

/** A partition's offsets around a batch: `next` is where the consumer goes on after it. */
export interface Advance {
  partition: number;
  /** The next offset that the store must still hold; undefined where it must hold none. */
  from: number | undefined;
  next: number;
}

/** Somebody else has advanced a partition: nothing of the batch was stored. */
export class StaleOffsetError extends Error {
  override readonly name = 'StaleOffsetError';
  readonly partition: number;

  constructor(partition: number) {
    super(`another consumer has advanced partition ${partition}`);
    this.partition = partition;
  }
}

export interface Store {
  /** The next offset of each partition of the topic that has one. */
  positions(topicId: string): Promise<Map<number, number>>;
  /** Stores a batch and its offsets in one transaction. Throws `StaleOffsetError`, or unavailable. */
  write(topicId: string, batch: RowBatch, advances: readonly Advance[]): Promise<void>;
  close(): Promise<void>;
}

/** A row as it is read back. */
export interface StoredRow {
  category: string;
  run: string | null;
  producer: string | null;
  sequence: number | null;
  id: string | null;
  topicId: string;
  partition: number;
  offset: number;
  key: Uint8Array | null;
  payload: Uint8Array | null;
  digest: string | null;
  storedAt: string;
}

export interface StoredDeadLetter extends DeadLetter {
  topicId: string;
  storedAt: string;
}

/** Reads one snapshot of a store: what it yields belongs together, whatever is written meanwhile. */
export interface StoreSnapshot {
  readonly categories: readonly string[];
  positions(topicId: string): Map<number, number>;
  rows(category: string, limit?: number): Iterable<StoredRow>;
  deadLetters(limit?: number): Iterable<StoredDeadLetter>;
  close(): void;
}
