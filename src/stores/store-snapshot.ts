/** What the audit asks of a store, and all who read one: its rows, its dead letters and its positions. */
import type { DeadLetter } from './row-batch.ts';
import type { StoredPositions } from './stored-positions.ts';
import type { StoredRows } from './stored-rows.ts';

export type { StoredPositions } from './stored-positions.ts';
export type { StoredRows } from './stored-rows.ts';

/**
 * Reads one snapshot of a store: what it yields belongs together, whatever is written meanwhile. Rows come
 * in the order of topic id, partition and offset, some hundreds at a time; those last whose place is none.
 */
export interface StoreSnapshot {
  readonly categories: readonly string[];
  positions(topicId: string): Promise<StoredPositions>;
  rows(category: string, limit?: number): AsyncIterable<StoredRows>;
  deadLetters(limit?: number): AsyncIterable<readonly StoredDeadLetter[]>;
  /** Places are found along the index. For an id, which has none, the database goes through all of its rows. */
  find(category: string, search: StoreSearch): AsyncIterable<StoredRows>;
  /** Dead letters have no id: only places count. */
  findDeadLetters(search: StoreSearch): AsyncIterable<readonly StoredDeadLetter[]>;
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

/** What is looked for: the rows of one message, and what stands at these places of a topic. */
export interface StoreSearch {
  /** Left out: places alone. */
  message?: { run: string; id: string } | undefined;
  topicId: string;
  places: readonly { partition: number; offset: number }[];
}
