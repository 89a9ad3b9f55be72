/**
 * Reads a table's columns even if a user has changed their types: binary COPY sends bytes, which have a meaning only
 * together with a type. A value that does not fit reads as NULL, so that the audit can report what is wrong with its
 * row.
 */
import { unavailableError } from '../../errors.ts';
import type { Session } from './session.ts';

export type ColumnKind = 'integer' | 'text' | 'bytes' | 'time';

interface Kind {
  types: readonly string[];
  cast: string;
  other: (column: string) => string;
}

/** No cast: a cast from `character` removes trailing blanks, and a cast from `bytea` gives hex. */
const asItIs: Kind = {
  types: ['text', 'character varying', 'character', 'bytea'],
  cast: '',
  other: (column) => `${column}::text`,
};

/** For each kind: the types that are read with a cast to one type, and the expression for all other types. */
const kinds: Record<ColumnKind, Kind> = {
  integer: {
    types: ['smallint', 'integer', 'bigint'],
    cast: '::bigint',
    other: (column) => `CASE WHEN ${column}::text ~ '^-?[0-9]{1,18}$' THEN ${column}::text::bigint END`,
  },
  text: asItIs,
  bytes: asItIs,
  time: {
    types: ['timestamp with time zone', 'timestamp without time zone', 'date'],
    cast: '::timestamptz',
    other: () => 'NULL::timestamptz',
  },
};

/**
 * The columns as expressions, in the given order; a domain counts as its base type. Throws `unavailable` if `table` is
 * not a table, because it may hide rows.
 */
export async function readableColumns(
  session: Session,
  table: string,
  columns: readonly (readonly [name: string, kind: ColumnKind])[],
): Promise<string> {
  const found = await session.query<{ name: string; type: string; kind: string }>(
    `WITH RECURSIVE columns (name, kind, type) AS (
      SELECT attname, relkind, atttypid FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
      WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped
      UNION ALL
      SELECT name, kind, typbasetype FROM columns JOIN pg_type ON oid = type WHERE typtype = 'd'
    )
    SELECT name, kind, format_type(type, NULL) AS type FROM columns JOIN pg_type ON oid = type WHERE typtype <> 'd'`,
    [table],
  );
  if (found.length > 0 && !['r', 'p'].includes(found[0]!.kind)) {
    throw unavailableError(`The store's ${table} is not a table, and may hide rows.`);
  }
  const types = new Map(found.map(({ name, type }) => [name, type]));
  return columns
    .map(([name, kind]) => {
      const { types: own, cast, other } = kinds[kind];
      const column = `"${name}"`;
      const type = types.get(name);
      // If the column is missing, the query fails and says so.
      return type === undefined || own.includes(type) ? column + cast : other(column);
    })
    .join(', ');
}
