/** The columns of a query or table of PostgreSQL: their names, types and kinds. */
import type { ValueKind } from '../../values/value-batch.ts';
import type { NamedColumn } from '../chosen-columns.ts';
import type { SinkSession } from './sink-session.ts';

export interface PostgresColumn extends NamedColumn {
  isBoolean: boolean;
}

/** By `typname`. All other types are read as their text. */
const kinds: Record<string, ValueKind> = {
  bpchar: 'padded',
  int2: 'number',
  int4: 'number',
  int8: 'number',
  oid: 'number',
  numeric: 'number',
  float4: 'number',
  float8: 'number',
  bool: 'boolean',
  date: 'time',
  timestamp: 'time',
  timestamptz: 'time',
  uuid: 'uuid',
  bytea: 'bytes',
  json: 'json',
  jsonb: 'json',
};

/** The columns of a statement, which is not run. The server tells the base type of a domain. */
export async function describeColumns(
  session: SinkSession,
  select: string,
  query?: string,
): Promise<PostgresColumn[]> {
  const fields = await session.describe(select, query);
  const ids = fields.map((field) => field.dataTypeID).join(',');
  const modifiers = fields.map((field) => field.dataTypeModifier).join(',');
  const types = await session.query<{ type: string; name: string }>(
    `SELECT format_type(id, modifier) AS type, typname AS name
    FROM unnest('{${ids}}'::oid[], '{${modifiers}}'::int[]) WITH ORDINALITY AS given (id, modifier, place)
    JOIN pg_type ON oid = id ORDER BY place`,
  );
  return fields.map(({ name }, index) => {
    const { type, name: base } = types[index]!;
    const kind = kinds[base] ?? 'text';
    return { name, type, kind, isDocument: kind === 'json', isBoolean: base === 'bool' };
  });
}
