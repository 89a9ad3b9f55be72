import type { QueryResultRow } from 'pg';
import { usageError } from '../../errors.ts';
import { listed } from '../chosen-columns.ts';
import { postgresDialect } from '../one-query.ts';
import { parseTableName } from '../table-name.ts';
import { literal, quoted } from './column-condition.ts';

interface Querying {
  query<Row extends QueryResultRow>(text: string): Promise<Row[]>;
}

/**
 * Returns the name of a table for a statement: as it is written, or else in lower case, as PostgreSQL takes it without quotes.
 * `subject` begins the error, which is `usage` if there is no such table.
 */
export async function findTable(session: Querying, table: string, subject: string): Promise<string> {
  const parts = parseTableName(table, postgresDialect.nameQuotes);
  const exact = parts.map(({ name }) => quoted(name)).join('.');
  const folded = parts.map(({ name, isQuoted }) => quoted(isQuoted ? name : name.toLowerCase())).join('.');
  const [found] = await session.query<{ exact: string | null; folded: string | null }>(
    `SELECT to_regclass(${literal(exact)})::text AS exact, to_regclass(${literal(folded)})::text AS folded`,
  );
  if ((found!.exact ?? found!.folded) !== null) return found!.exact === null ? folded : exact;
  const tables = await session.query<{ name: string }>(`${postgresDialect.tables} LIMIT 1000`);
  throw usageError(
    `${subject} has no table ${table} that this user can see.`,
    tables.length === 0 ? 'Write SCHEMA.TABLE.' : `Without a schema it finds ${listed(tables)}.`,
  );
}
