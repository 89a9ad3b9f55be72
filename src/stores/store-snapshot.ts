/** Reads a store for the audit and other readers: its rows, its dead letters and its positions. */
import type { DeadLetter } from './row-batch.ts';
import type { StoredPositions } from './stored-positions.ts';
import type { StoredRows } from './stored-rows.ts';

export type { StoredPositions } from './stored-positions.ts';
export type { StoredRows } from './stored-rows.ts';

/**
 * Reads one snapshot of a store: all results are from the same moment, even if a consumer writes meanwhile. Rows come
 * in the order of topic id, partition and offset, some hundreds at a time; rows whose place is invalid come last.
 */
export interface StoreSnapshot {
  readonly categories: readonly string[];
  positions(topicId: string): Promise<StoredPositions>;
  rows(category: string, limit?: number): AsyncIterable<StoredRows>;
  deadLetters(limit?: number): AsyncIterable<readonly StoredDeadLetter[]>;
  /** The database finds places by the index. Ids have no index, so for an id it reads all of its rows. */
  find(category: string, search: StoreSearch): AsyncIterable<StoredRows>;
  /** Dead letters have no id: only the places of the search apply. */
  findDeadLetters(search: StoreSearch): AsyncIterable<readonly StoredDeadLetter[]>;
  close(): Promise<void>;
}

/** A row that was read from a store. */
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

/** Searches for the rows of one message, and for the rows at these places of a topic. */
export interface StoreSearch {
  /** If omitted, only the places count. */
  message?: { run: string; id: string } | undefined;
  topicId: string;
  places: readonly { partition: number; offset: number }[];
}
