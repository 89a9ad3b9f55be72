/**
 * The content of a store, in plain values of any type: it is altered without a database, and then written to one.
 * The type of a value is that of its column: bigint for an integer, number for a fraction, string for text.
 */
export type Value = null | bigint | number | string | Uint8Array;
export type Row = Record<string, Value>;

/** The rows by table: each category, `dead_letters` and `offsets`. */
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

/** The bytes that the audit reads, from a text or a blob, as hex digits; null for NULL. */
export function bytesOf(value: Value): string | null {
  if (value === null) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return Buffer.from(String(value)).toString('hex');
}

/** An integer as text; for other values, a text that differs from that of any integer. */
export const integerOf = (value: Value): string =>
  typeof value === 'bigint' ? String(value) : value === null ? 'none' : `${typeof value} ${String(value)}`;

const integerColumns = ['sequence', 'partition', 'offset', 'next_offset', 'epoch'];

/** A text that is equal for two values if an audit cannot distinguish them. */
export const meaningOf = (column: string, value: Value): string =>
  integerColumns.includes(column) ? integerOf(value) : (bytesOf(value) ?? 'none');
