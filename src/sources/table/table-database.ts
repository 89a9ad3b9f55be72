/** A table in a database of a user, into which nodrop inserts rows: one transaction after the other. */

/** The value of a column. A document is what JSON.parse would give. */
export type ColumnValue = string | number | boolean | null | Uint8Array | ColumnDocument;
export type ColumnDocument = readonly unknown[] | Readonly<Record<string, unknown>>;
export type Row = ReadonlyMap<string, ColumnValue>;

/** For databases that take a document as its JSON text. */
export const withDocumentsAsText = (value: ColumnValue): Exclude<ColumnValue, ColumnDocument> =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
    ? JSON.stringify(value)
    : value;

/**
 * An open connection. If a call throws, the connection is dropped, and with it what was not committed. A database tells by
 * itself what is wrong: the words of its error go into the ledger.
 */
export interface TableConnection {
  /** Begins a transaction and inserts the rows. */
  insert(rows: readonly Row[]): Promise<void>;
  commit(): Promise<void>;
  close(): Promise<void>;
}

export interface TableDatabase {
  /** For messages: without user and secrets. */
  readonly name: string;
  /** Throws `unavailable` if it cannot be reached. */
  connect(): Promise<TableConnection>;
  /** The names of the table's columns. Throws `usage` if there is no such table, or none for which a commit means something. */
  columns(): Promise<readonly string[]>;
  /** Whether an error of a commit says that the transaction was rolled back. */
  isRolledBack(error: unknown): boolean;
  /** Whether an error of an insert says that no row can be inserted at all. */
  isHopeless(error: unknown): boolean;
}
