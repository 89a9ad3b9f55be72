/**
 * What a store holds, in plain values of any type: to be tampered with apart from any database, and written back
 * to one. A value of a column says its type: bigint for an integer, number for a fraction, string for text.
 */
export type Value = null | bigint | number | string | Uint8Array;
export type Row = Record<string, Value>;

/** By table; the rows of a category, `dead_letters`, `offsets`. */
export type StoreContent = Record<string, Row[]>;

export const messageColumns = [
  'run',
  'producer',
  'sequence',
  'id',
  'topic_id',
  'partition',
  'offset',
  'key',
  'payload',
  'digest',
  'stored_at',
] as const;

export const columnsOf: Record<string, readonly string[]> = {
  dead_letters: ['topic_id', 'partition', 'offset', 'key', 'payload', 'headers', 'reason', 'stored_at'],
  offsets: ['topic_id', 'partition', 'next_offset', 'epoch', 'run', 'topic'],
};
export const columnsOfTable = (table: string): readonly string[] => columnsOf[table] ?? messageColumns;

export const categoryTables = ['failed', 'completed', 'in_progress'] as const;
export const tables = [...categoryTables, 'dead_letters', 'offsets'] as const;

export const copyOf = (content: StoreContent): StoreContent =>
  Object.fromEntries(
    Object.entries(content).map(([table, rows]) => [table, rows.map((row) => ({ ...row }))]),
  );

/** Bytes as the audit reads them, whether they lie there as text or as a blob; null for none. */
export function bytesOf(value: Value): string | null {
  if (value === null) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return Buffer.from(String(value)).toString('hex');
}

/** An integer as text; a text that is no integer's for all else. */
export const integerOf = (value: Value): string =>
  typeof value === 'bigint' ? String(value) : value === null ? 'none' : `${typeof value} ${String(value)}`;

const integerColumns = ['sequence', 'partition', 'offset', 'next_offset', 'epoch'];

/** The same for two values that an audit cannot tell apart. */
export const meaningOf = (column: string, value: Value): string =>
  integerColumns.includes(column) ? integerOf(value) : (bytesOf(value) ?? 'none');
