/**
 * A sink in PostgreSQL: a table or a query, read by COPY in one transaction that cannot write. In the server nothing is
 * made, changed or left behind.
 */
import { usageError } from '../../errors.ts';
import { parsePostgresDatabase, type PostgresDatabase } from '../../stores/postgres/location.ts';
import { readTls } from '../../stores/postgres/tls.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import { ValueBatchBuilder, type ValueBatch, type ValueKind } from '../../values/value-batch.ts';
import { chooseColumns, type ChosenColumns } from '../chosen-columns.ts';
import { oneQuery, postgresDialect } from '../one-query.ts';
import type { OpenSink, Sink, SinkColumn, SinkOptions, SinkReading } from '../sink.ts';
import { parseTableName } from '../table-name.ts';
import { CopyTextDecoder } from './copy-text.ts';
import { isOneOf, quoted } from './column-condition.ts';
import { findTable } from './find-table.ts';
import { describeColumns, type PostgresColumn } from './postgres-columns.ts';
import { awaitReplica } from './replica-lag.ts';
import { openSinkSession, type SinkSession, type UsersQuery } from './sink-session.ts';

const batchRows = 4096;
const batchBytes = 256 * 1024;

export const openPostgresSink: OpenSink = async (options) => {
  const database = parsePostgresDatabase(options.location, 'sink');
  readTls(database.url.searchParams);
  const { query, table } = options;
  if ((query === undefined) === (table === undefined)) {
    throw usageError(
      `The sink ${database.name} needs --query or --table, and not both.`,
      'Without them, nodrop init lists the tables.',
    );
  }
  if (table !== undefined) parseTableName(table);
  return new PostgresSink(
    database,
    options,
    query === undefined ? undefined : oneQuery(query, postgresDialect),
  );
};

/** What the rows are selected from. */
interface Source {
  from: string;
  /** The user's query, if it is one. */
  query: string | undefined;
}

class PostgresSink implements Sink {
  readonly name: string;
  readonly rows = 'rows';
  readonly #database: PostgresDatabase;
  readonly #options: SinkOptions;
  readonly #query: string | undefined;

  constructor(database: PostgresDatabase, options: SinkOptions, query: string | undefined) {
    this.name = database.name;
    this.#database = database;
    this.#options = options;
    this.#query = query;
  }

  async columns(): Promise<readonly SinkColumn[]> {
    const session = await this.#begin();
    try {
      const columns = await this.#describe(session, await this.#source(session));
      return columns.map(({ name, type, kind }) => ({ place: `column:${name}`, type, kind }));
    } finally {
      await session.close();
    }
  }

  async open(places: readonly ValuePlace[]): Promise<SinkReading> {
    return await this.#read(places, () => '');
  }

  async find(
    places: readonly ValuePlace[],
    column: ValuePlace,
    texts: readonly string[],
  ): Promise<SinkReading> {
    return await this.#read(places, (columns) => {
      const [at] = chooseColumns(columns, [column]).columns;
      return `\nWHERE ${isOneOf(at!, texts)}`;
    });
  }

  async #read(
    places: readonly ValuePlace[],
    condition: (columns: readonly PostgresColumn[]) => string,
  ): Promise<SinkReading> {
    const notes: string[] = [];
    const session = await this.#begin(notes);
    try {
      const source = await this.#source(session);
      const columns = await this.#describe(session, source);
      const chosen = chooseColumns(columns, places);
      const [all, user] = selectOf(chosen.columns.map(({ name }) => quoted(name)).join(', '), source);
      const select = all + condition(columns);
      const estimate = await estimateOf(session, select, user);
      return new PostgresReading(session, chosen, select, user, estimate, notes);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    // Each reading has a session of its own.
  }

  /** Begins the transaction of a look. All that it reads is of one moment. */
  async #begin(notes?: string[]): Promise<SinkSession> {
    const session = await openSinkSession(this.#database, this.#options);
    try {
      if (notes !== undefined)
        notes.push(...(await awaitReplica(session, this.#options.asOf, this.#options)));
      await session.query(['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', ...this.#settings()].join(';'));
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  #settings(): string[] {
    const schema = this.#database.url.searchParams.get('schema');
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
      lock_timeout: String(Math.ceil(this.#options.timeoutMs * 0.9)),
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

  async #source(session: SinkSession): Promise<Source> {
    if (this.#query !== undefined) return { from: '', query: this.#query };
    const from = await findTable(session, this.#options.table!, `The sink ${this.name}`);
    return { from, query: undefined };
  }

  async #describe(session: SinkSession, source: Source): Promise<PostgresColumn[]> {
    const [select, user] = selectOf('*', source);
    return await describeColumns(session, select, user);
  }
}

function selectOf(columns: string, { from, query }: Source): [text: string, user: UsersQuery | undefined] {
  if (query === undefined) return [`SELECT ${columns} FROM ${from}`, undefined];
  const before = `SELECT ${columns} FROM (\n`;
  return [`${before}${query}\n) AS rows_of_query`, { text: query, at: Array.from(before).length }];
}

async function estimateOf(
  session: SinkSession,
  select: string,
  user: UsersQuery | undefined,
): Promise<number> {
  const before = 'EXPLAIN (FORMAT JSON) ';
  const [row] = await session.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    before + select,
    user && { ...user, at: user.at + before.length },
  );
  return row!['QUERY PLAN'][0].Plan['Plan Rows'];
}

class PostgresReading implements SinkReading {
  readonly kinds: readonly ValueKind[];
  readonly noSnapshot = undefined;
  readonly estimate: number;
  readonly notes: readonly string[];
  readonly #session: SinkSession;
  readonly #chosen: ChosenColumns<PostgresColumn>;
  readonly #select: string;
  readonly #user: UsersQuery | undefined;

  constructor(
    session: SinkSession,
    chosen: ChosenColumns<PostgresColumn>,
    select: string,
    user: UsersQuery | undefined,
    estimate: number,
    notes: readonly string[],
  ) {
    this.kinds = chosen.kinds;
    this.estimate = estimate;
    this.notes = notes;
    this.#session = session;
    this.#chosen = chosen;
    this.#select = select;
    this.#user = user;
  }

  async *batches(): AsyncIterable<ValueBatch> {
    const builder = new ValueBatchBuilder(this.#chosen.places.length);
    const decoder = new CopyTextDecoder(this.#chosen, builder);
    const before = 'COPY (';
    const user = this.#user && { ...this.#user, at: this.#user.at + before.length };
    const copy = `${before}${this.#select}) TO STDOUT`;
    for await (const chunk of this.#session.copyOut(copy, () => decoder.rows, user)) {
      decoder.decode(chunk);
      if (builder.count >= batchRows || builder.bytesUsed >= batchBytes) yield builder.take();
    }
    if (decoder.isWithinRow) throw new Error('COPY ended within a row');
    if (builder.count > 0) yield builder.take();
  }

  async close(): Promise<void> {
    await this.#session.close();
  }
}
