/**
 * How a table's columns are read whatever types somebody gave them: binary COPY tells bytes, which mean something only
 * together with a type. A value that does not fit reads as NULL, so that the audit can say what is wrong with its row.
 */
import { unavailableError } from '../../errors.ts';
import type { Session } from './session.ts';

export type ColumnKind = 'integer' | 'text' | 'bytes' | 'time';

/**
 * In each kind, the types that are read as they are, with the cast that makes them one, and the expression for all
 * others. No cast for a text: one from `character` takes the blanks at its end, one from `bytea` writes it in hex.
 */
const kinds: Record<
  ColumnKind,
  { types: readonly string[]; cast: string; other: (column: string) => string }
> = {
  integer: {
    types: ['smallint', 'integer', 'bigint'],
    cast: '::bigint',
    other: (column) => `CASE WHEN ${column}::text ~ '^-?[0-9]{1,18}$' THEN ${column}::text::bigint END`,
  },
  text: {
    types: ['text', 'character varying', 'character', 'bytea'],
    cast: '',
    other: (column) => `${column}::text`,
  },
  bytes: { types: ['bytea'], cast: '', other: (column) => `convert_to(${column}::text, 'UTF8')` },
  time: {
    types: ['timestamp with time zone', 'timestamp without time zone', 'date'],
    cast: '::timestamptz',
    other: () => 'NULL::timestamptz',
  },
};

/** The columns as expressions, in the order given. Throws `unavailable` for what is no table, and may hide rows. */
export async function readableColumns(
  session: Session,
  table: string,
  columns: readonly (readonly [name: string, kind: ColumnKind])[],
): Promise<string> {
  const found = await session.query<{ name: string; type: string; kind: string }>(
    `SELECT attname AS name, format_type(atttypid, NULL) AS type, relkind AS kind
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  if (found.length > 0 && !['r', 'p'].includes(found[0]!.kind)) {
    throw unavailableError(`The store's ${table} is no table, and may hide rows.`);
  }
  const types = new Map(found.map(({ name, type }) => [name, type]));
  return columns
    .map(([name, kind]) => {
      const { types: own, cast, other } = kinds[kind];
      const column = `"${name}"`;
      const type = types.get(name);
      // Without such a column the query fails, and says so.
      return type === undefined || own.includes(type) ? column + cast : other(column);
    })
    .join(', ');
}
