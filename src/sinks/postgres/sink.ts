/**
 * A sink in PostgreSQL: a table or a query, read by COPY in one transaction that cannot write. In the server nothing is
 * made, changed or left behind.
 */
import { parsePostgresDatabase, type PostgresDatabase } from '../../stores/postgres/location.ts';
import { readTls } from '../../stores/postgres/tls.ts';
import { ValueBatchBuilder, type ValueBatch } from '../../values/value-batch.ts';
import type { ChosenColumns } from '../chosen-columns.ts';
import { postgresDialect } from '../one-query.ts';
import type { OpenSink, SinkOptions } from '../sink.ts';
import { rowSource, SqlSink, type RowSource, type SqlLook } from '../sql-sink.ts';
import { CopyTextDecoder } from './copy-text.ts';
import { isOneOf, quoted } from './column-condition.ts';
import { findTable } from './find-table.ts';
import { describeColumns, type PostgresColumn } from './postgres-columns.ts';
import { awaitReplica } from './replica-lag.ts';
import { openSinkSession, type SinkSession } from './sink-session.ts';

export const openPostgresSink: OpenSink = async (options) => {
  const database = parsePostgresDatabase(options.location, 'sink');
  readTls(database.url.searchParams);
  const source = rowSource(database.name, options, postgresDialect);
  return new SqlSink(
    database.name,
    () => openSinkSession(database, options),
    (session) => look(session, database, source, options),
  );
};

/** Begins the transaction of a look. All that it reads is of one moment. */
async function look(
  session: SinkSession,
  database: PostgresDatabase,
  source: RowSource,
  { asOf, timeoutMs, signal }: SinkOptions,
): Promise<SqlLook<PostgresColumn>> {
  const notes = await awaitReplica(session, asOf, { timeoutMs, signal });
  await session.query(
    ['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', ...settings(database, timeoutMs)].join(';'),
  );
  const { query } = source;
  const from =
    source.query === undefined
      ? await findTable(session, source.table, `The sink ${database.name}`)
      : `(\n${source.query}\n) AS rows_of_query`;
  return {
    columns: await describeColumns(session, `SELECT * FROM ${from}`, query),
    async read(chosen, wanted) {
      const condition = wanted === undefined ? '' : `\nWHERE ${isOneOf(wanted.column, wanted.texts)}`;
      const select = `SELECT ${chosen.columns.map(({ name }) => quoted(name)).join(', ')} FROM ${from}${condition}`;
      return {
        noSnapshot: undefined,
        estimate: await estimateOf(session, select, query),
        notes,
        batches: () => batchesOf(session, chosen, select, query),
      };
    },
  };
}

function settings({ url }: PostgresDatabase, timeoutMs: number): string[] {
  const schema = url.searchParams.get('schema');
  const set = {
    ...(schema !== null && { search_path: quoted(schema) }),
    // Has PostgreSQL refuse to read a table if a policy would hide rows.
    row_security: 'off',
    client_encoding: `'UTF8'`,
    standard_conforming_strings: 'on',
    timezone: `'UTC'`,
    datestyle: `'ISO, YMD'`,
    bytea_output: `'hex'`,
    // The shortest text that is exactly the same number, in each version.
    extra_float_digits: '3',
    // Just before nodrop would give up, so that the error names the lock.
    lock_timeout: String(Math.ceil(timeoutMs * 0.9)),
    // A large table may take longer than the server lets others run. A silent one is cancelled by nodrop.
    statement_timeout: '0',
    idle_in_transaction_session_timeout: '0',
  };
  return [
    ...Object.entries(set).map(([name, value]) => `SET LOCAL ${name} TO ${value}`),
    // Servers from version 17 on have it.
    "SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'",
  ];
}

async function estimateOf(session: SinkSession, select: string, query: string | undefined): Promise<number> {
  const [row] = await session.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    `EXPLAIN (FORMAT JSON) ${select}`,
    query,
  );
  return row!['QUERY PLAN'][0].Plan['Plan Rows'];
}

async function* batchesOf(
  session: SinkSession,
  chosen: ChosenColumns<PostgresColumn>,
  select: string,
  query: string | undefined,
): AsyncIterable<ValueBatch> {
  const builder = new ValueBatchBuilder(chosen.places.length);
  const decoder = new CopyTextDecoder(chosen, builder);
  for await (const chunk of session.copyOut(`COPY (${select}) TO STDOUT`, () => decoder.rows, query)) {
    decoder.decode(chunk);
    if (builder.isFull) yield builder.take();
  }
  if (decoder.isWithinRow) throw new Error('COPY ended within a row');
  if (builder.count > 0) yield builder.take();
}
