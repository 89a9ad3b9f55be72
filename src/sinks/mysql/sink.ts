/**
 * A sink in MySQL or MariaDB: a table or a query, read in one transaction that cannot write. In the server nothing is
 * made, changed or left behind.
 */
import { usageError } from '../../errors.ts';
import { ValueBatchBuilder, type ValueBatch } from '../../values/value-batch.ts';
import { listed, type ChosenColumns } from '../chosen-columns.ts';
import { mysqlDialect } from '../one-query.ts';
import { RowDocuments } from '../row-documents.ts';
import type { OpenSink, SinkOptions } from '../sink.ts';
import { rowSource, SqlSink, type RowSource, type SqlLook } from '../sql-sink.ts';
import type { NamePart } from '../table-name.ts';
import { isOneOf } from './column-condition.ts';
import { addValue, literal, mysqlColumn, quoted, selected, type MysqlColumn } from './mysql-columns.ts';
import { parseMysqlLocation } from './mysql-location.ts';
import { openMysqlSession, type MysqlSession, type RawRow } from './mysql-session.ts';
import { awaitReplica } from './replica-lag.ts';
import { whyNoSnapshot } from './snapshot-engines.ts';

export const openMysqlSink: OpenSink = async (options) => {
  const location = parseMysqlLocation(options.location);
  const source = rowSource(location.name, options, mysqlDialect);
  if (source.query === undefined && source.parts.length > 2)
    throw usageError(`--table ${source.table} has too many parts.`, 'Write DATABASE.TABLE or TABLE.');
  return new SqlSink(
    location.name,
    () => openMysqlSession(location, options),
    (session) => look(session, location.name, source, options),
  );
};

/** What the rows are selected from. */
interface Found {
  /** Behind FROM. */
  from: string;
  columns: readonly MysqlColumn[];
  estimate: number | undefined;
  noSnapshot: string | undefined;
  /** What is told of it in an error. */
  about: string;
}

/** Begins the transaction of a look. All that it reads from tables with transactions is of one moment. */
async function look(
  session: MysqlSession,
  sink: string,
  source: RowSource,
  { asOf, timeoutMs, signal }: SinkOptions,
): Promise<SqlLook<MysqlColumn>> {
  const notes = await awaitReplica(session, asOf, { timeoutMs, signal });
  const [[version]] = (await session.query('SELECT VERSION()')) as [[string]];
  const settings = [
    "time_zone = '+00:00'",
    // Otherwise rows beyond a limit of the server's would look lost.
    'sql_select_limit = 18446744073709551615',
    // A large table may take longer than the server lets others run. A silent one is ended by nodrop.
    /mariadb/i.test(version) ? 'max_statement_time = 0' : 'max_execution_time = 0',
    'net_write_timeout = 3600',
    `lock_wait_timeout = ${Math.max(1, Math.floor(timeoutMs / 1000))}`,
  ];
  await session.query(`SET SESSION ${settings.join(', ')}`);
  await session.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  await session.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
  const { from, columns, estimate, noSnapshot, about } =
    source.query === undefined ? await tableIn(session, sink, source) : await queryIn(session, source.query);
  return {
    columns,
    async read(chosen, wanted) {
      const condition = wanted === undefined ? '' : ` WHERE ${isOneOf(wanted.column, wanted.texts)}`;
      const select = `SELECT ${chosen.columns.map(selected).join(', ')} FROM ${from}${condition}`;
      // The privileges are looked at now, and not when the first row is asked for.
      await session.describe(select, about);
      return { noSnapshot, estimate, notes, batches: () => batchesOf(session, select, chosen, about) };
    },
  };
}

async function queryIn(session: MysqlSession, query: string): Promise<Found> {
  const from = `(\n${query}\n) AS rows_of_query`;
  const fields = await session.describe(`SELECT * FROM ${from}`, query);
  return {
    from,
    columns: fields.map((field) => mysqlColumn(field)),
    estimate: undefined,
    noSnapshot: await whyNoSnapshot(session, query),
    about: query,
  };
}

async function tableIn(
  session: MysqlSession,
  sink: string,
  { table, parts }: { table: string; parts: readonly NamePart[] },
): Promise<Found> {
  const name = parts.at(-1)!.name;
  const database = parts.length > 1 ? literal(parts[0]!.name) : 'DATABASE()';
  const tables = await session.query(
    `SELECT TABLE_NAME, TABLE_SCHEMA, ENGINE, TABLE_ROWS FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = ${database} AND LOWER(TABLE_NAME) = LOWER(${literal(name)})`,
  );
  const found = tables.find(([own]) => own === name) ?? (tables.length === 1 ? tables[0] : undefined);
  if (found === undefined) {
    const path = parts.map((part) => quoted(part.name)).join('.');
    throw await noTable(session, sink, table, { path, database });
  }
  const [own, schema, engine, rows] = found as [string, string, string | null, string | null];
  const from = `${quoted(schema)}.${quoted(own)}`;
  const types = await session.query(
    `SELECT COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = ${literal(schema)} AND TABLE_NAME = ${literal(own)} AND PRIVILEGES LIKE '%select%'
    ORDER BY ORDINAL_POSITION`,
  );
  // A user may be allowed to read some of the columns: those are listed.
  const names = types.map(([column]) => quoted(column!)).join(', ');
  const fields = await session.describe(`SELECT ${names || '*'} FROM ${from}`);
  return {
    from,
    columns: fields.map((field, index) => mysqlColumn(field, types[index]?.[1] ?? undefined)),
    estimate: rows === null ? undefined : Number(rows),
    noSnapshot: await whyNoSnapshot(session, { schema, table: own, engine }),
    about: `SELECT FROM ${from}`,
  };
}

async function noTable(
  session: MysqlSession,
  sink: string,
  table: string,
  { path, database }: { path: string; database: string },
): Promise<Error> {
  // The server says whether it does not exist, or whether the user may not read it.
  await session.describe(`SELECT * FROM ${path}`).catch((error: unknown) => {
    if ((error as { code?: string }).code !== 'usage') throw error;
  });
  const tables = await session.query(
    `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${database} ORDER BY 1 LIMIT 1000`,
  );
  return usageError(
    `The sink ${sink} has no table ${table} that this user can see.`,
    tables.length === 0
      ? 'Write DATABASE.TABLE.'
      : `It has ${listed(tables.map(([name]) => ({ name: name! })))}.`,
  );
}

async function* batchesOf(
  session: MysqlSession,
  select: string,
  chosen: ChosenColumns<MysqlColumn>,
  about: string,
): AsyncIterable<ValueBatch> {
  const { columns, places } = chosen;
  const builder = new ValueBatchBuilder(places.length);
  const documents = new RowDocuments(chosen);
  let rows = 0;
  const take = (row: RawRow): boolean => {
    for (let place = 0; place < places.length; place++) {
      const { column } = places[place]!;
      const value = row[column]!;
      if (value === null) builder.addNull();
      else if (!documents.add(place, rows, builder, value, 0, value.length))
        addValue(columns[column]!.encoding, value, builder);
    }
    rows += 1;
    return builder.isFull;
  };
  for await (const _ of session.rows(select, take, about)) yield builder.take();
  if (builder.count > 0) yield builder.take();
}
