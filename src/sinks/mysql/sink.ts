/**
 * A sink in MySQL or MariaDB: a table or a query, read in one transaction that cannot write. In the server nothing is
 * made, changed or left behind.
 */
import { usageError } from '../../errors.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import { ValueBatchBuilder, type ValueBatch } from '../../values/value-batch.ts';
import { chooseColumns, listed, type ChosenColumns } from '../chosen-columns.ts';
import { mysqlDialect, oneQuery } from '../one-query.ts';
import { RowDocuments } from '../row-documents.ts';
import type { OpenSink, Sink, SinkColumn, SinkOptions, SinkReading } from '../sink.ts';
import { parseTableName } from '../table-name.ts';
import { isOneOf } from './column-condition.ts';
import { addValue, literal, mysqlColumn, quoted, selected, type MysqlColumn } from './mysql-columns.ts';
import { parseMysqlLocation, type MysqlLocation } from './mysql-location.ts';
import { openMysqlSession, type MysqlSession, type RawRow } from './mysql-session.ts';
import { replicaNotes } from './replica-notes.ts';
import { whyNoSnapshot } from './snapshot-engines.ts';

const batchRows = 4096;
const batchBytes = 256 * 1024;

export const openMysqlSink: OpenSink = async (options) => {
  const location = parseMysqlLocation(options.location);
  const { query, table } = options;
  if ((query === undefined) === (table === undefined)) {
    throw usageError(
      `The sink ${location.name} needs --query or --table, and not both.`,
      'Without them, nodrop init lists the tables.',
    );
  }
  const parts = table === undefined ? [] : parseTableName(table, '`"');
  if (parts.length > 2)
    throw usageError(`--table ${table} has too many parts.`, 'Write DATABASE.TABLE or TABLE.');
  return new MysqlSink(location, options, query === undefined ? undefined : oneQuery(query, mysqlDialect));
};

/** What the rows are selected from. */
interface Source {
  /** Behind FROM. */
  from: string;
  columns: readonly MysqlColumn[];
  estimate: number | undefined;
  noSnapshot: string | undefined;
  /** What is told of it in an error. */
  about: string;
}

class MysqlSink implements Sink {
  readonly name: string;
  readonly rows = 'rows';
  readonly #location: MysqlLocation;
  readonly #options: SinkOptions;
  readonly #query: string | undefined;

  constructor(location: MysqlLocation, options: SinkOptions, query: string | undefined) {
    this.name = location.name;
    this.#location = location;
    this.#options = options;
    this.#query = query;
  }

  async columns(): Promise<readonly SinkColumn[]> {
    const session = await this.#begin();
    try {
      const { columns } = await this.#source(session);
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
      return ` WHERE ${isOneOf(at!, texts)}`;
    });
  }

  async #read(
    places: readonly ValuePlace[],
    condition: (columns: readonly MysqlColumn[]) => string,
  ): Promise<SinkReading> {
    const session = await this.#begin();
    try {
      const notes = await replicaNotes(session);
      const source = await this.#source(session);
      const chosen = chooseColumns(source.columns, places);
      const from = source.from + condition(source.columns);
      const select = `SELECT ${chosen.columns.map(selected).join(', ')} FROM ${from}`;
      // The privileges are looked at now, and not when the first row is asked for.
      await session.describe(select, source.about);
      return {
        kinds: chosen.kinds,
        noSnapshot: source.noSnapshot,
        estimate: source.estimate,
        notes,
        batches: () => batchesOf(session, select, chosen, source.about),
        close: () => session.close(),
      };
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    // Each reading has a session of its own.
  }

  /** Begins the transaction of a look. All that it reads from tables with transactions is of one moment. */
  async #begin(): Promise<MysqlSession> {
    const session = await openMysqlSession(this.#location, this.#options);
    try {
      const [[version]] = (await session.query('SELECT VERSION()')) as [[string]];
      const seconds = Math.max(1, Math.floor(this.#options.timeoutMs / 1000));
      const settings = [
        "time_zone = '+00:00'",
        // Otherwise rows beyond a limit of the server's would look lost.
        'sql_select_limit = 18446744073709551615',
        // A large table may take longer than the server lets others run. A silent one is ended by nodrop.
        /mariadb/i.test(version) ? 'max_statement_time = 0' : 'max_execution_time = 0',
        'net_write_timeout = 3600',
        `lock_wait_timeout = ${seconds}`,
      ];
      await session.query(`SET SESSION ${settings.join(', ')}`);
      await session.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await session.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async #source(session: MysqlSession): Promise<Source> {
    if (this.#query === undefined) return await this.#tableSource(session, this.#options.table!);
    const query = this.#query;
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

  async #tableSource(session: MysqlSession, text: string): Promise<Source> {
    const parts = parseTableName(text, '`"');
    const name = parts.at(-1)!.name;
    const database = parts.length > 1 ? literal(parts[0]!.name) : 'DATABASE()';
    const tables = await session.query(
      `SELECT TABLE_NAME, TABLE_SCHEMA, ENGINE, TABLE_ROWS FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = ${database} AND LOWER(TABLE_NAME) = LOWER(${literal(name)})`,
    );
    const found = tables.find(([own]) => own === name) ?? (tables.length === 1 ? tables[0] : undefined);
    if (found === undefined) {
      const path = parts.map((part) => quoted(part.name)).join('.');
      return await this.#noTable(session, text, path, database);
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

  async #noTable(session: MysqlSession, text: string, path: string, database: string): Promise<never> {
    // The server says whether it does not exist, or whether the user may not read it.
    await session.describe(`SELECT * FROM ${path}`).catch((error: unknown) => {
      if ((error as { code?: string }).code !== 'usage') throw error;
    });
    const tables = await session.query(
      `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${database} ORDER BY 1 LIMIT 1000`,
    );
    throw usageError(
      `The sink ${this.name} has no table ${text} that this user can see.`,
      tables.length === 0
        ? 'Write DATABASE.TABLE.'
        : `It has ${listed(tables.map(([name]) => ({ name: name! })))}.`,
    );
  }
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
    return builder.count >= batchRows || builder.bytesUsed >= batchBytes;
  };
  for await (const _ of session.rows(select, take, about)) yield builder.take();
  if (builder.count > 0) yield builder.take();
}
