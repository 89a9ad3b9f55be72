/** A table of PostgreSQL that takes the rows of a source. A pooler may share the server's session between transactions. */
import type { Client, QueryResultRow } from 'pg';
import type { TableSource } from '../../config/config.ts';
import { messageOf, OperationalError, unavailableError } from '../../errors.ts';
import { literal, quoted } from '../../sinks/postgres/column-condition.ts';
import { withClient } from '../../sinks/postgres/database-client.ts';
import { findTable } from '../../sinks/postgres/find-table.ts';
import { connectionError } from '../../sinks/postgres/sink-errors.ts';
import { parsePostgresDatabase, type PostgresDatabase } from '../../stores/postgres/location.ts';
import { Deadline } from '../../system/deadline.ts';
import type { SourceOptions } from '../source.ts';
import type { ColumnValue, Row, TableConnection, TableDatabase } from './table-database.ts';

type Limits = Pick<SourceOptions, 'timeoutMs' | 'signal'>;

export class PostgresTable implements TableDatabase {
  readonly name: string;
  readonly #database: PostgresDatabase;
  readonly #limits: Limits;
  readonly #given: string;
  /** The table's name in a statement. */
  #table = '';

  constructor({ database, table }: TableSource, limits: Limits) {
    this.#database = parsePostgresDatabase(database, 'source');
    this.name = this.#database.name;
    this.#limits = limits;
    this.#given = table;
  }

  async connect(): Promise<PostgresConnection> {
    const { timeoutMs } = this.#limits;
    return await withClient(this.#database, timeoutMs, 'source', async (client) => {
      const connection = new PostgresConnection(
        client,
        this.name,
        this.#limits,
        this.#settings(),
        () => this.#table,
      );
      await connection.start();
      return connection;
    });
  }

  async columns(): Promise<readonly string[]> {
    const connection = await this.connect();
    try {
      await connection.begin();
      this.#table = await findTable(connection, this.#given, `The source ${this.name}`);
      const found = await connection.query<{ name: string }>(
        `SELECT attname AS name FROM pg_attribute
        WHERE attrelid = to_regclass(${literal(this.#table)}) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
      );
      return found.map(({ name }) => name);
    } catch (error) {
      if (error instanceof OperationalError) throw error;
      throw unavailableError(`The source ${this.name} cannot be used: ${messageOf(error)}`, { cause: error });
    } finally {
      await connection.close();
    }
  }

  /** The server has said so, and not merely ended the session. */
  isRolledBack(error: unknown): boolean {
    const code = codeOf(error);
    return /^(21|22|23|25|40(?!003)|42|44|53|54|55|P0)...$/.test(code) || code === '57014';
  }

  isHopeless(error: unknown): boolean {
    return codeOf(error) === '42501';
  }

  /** They hold for a transaction. Just before nodrop would give up, the server does, and its error names the reason. */
  #settings(): string[] {
    const { timeoutMs } = this.#limits;
    const schema = this.#database.url.searchParams.get('schema');
    return [
      ...(schema === null ? [] : [`SET LOCAL search_path TO ${quoted(schema)}`]),
      `SET LOCAL lock_timeout TO ${Math.ceil(timeoutMs * 0.9)}`,
    ];
  }
}

/** Without a code, the connection is lost. */
const codeOf = (error: unknown): string => (error as { code?: string }).code ?? '';

class PostgresConnection implements TableConnection {
  readonly #client: Client;
  readonly #name: string;
  readonly #limits: Limits;
  readonly #settings: readonly string[];
  readonly #table: () => string;
  #isBusy = false;

  constructor(
    client: Client,
    name: string,
    limits: Limits,
    settings: readonly string[],
    table: () => string,
  ) {
    this.#client = client;
    this.#name = name;
    this.#limits = limits;
    this.#settings = settings;
    this.#table = table;
    // The next statement hears that the session has ended; without a listener, the process would end.
    client.on('error', () => undefined);
  }

  async start(): Promise<void> {
    try {
      await this.#answer(this.#client.connect());
    } catch (error) {
      this.#client.connection.stream.destroy();
      throw error instanceof OperationalError ? error : connectionError(this.#name, error, 'source');
    }
  }

  async begin(): Promise<void> {
    await this.query(['BEGIN', ...this.#settings].join(';'));
  }

  async insert(rows: readonly Row[]): Promise<void> {
    const inserts = ofOneShape(rows).map((group) => insertOf(this.#table(), group));
    await this.query(['BEGIN', ...this.#settings, ...inserts].join(';'));
  }

  async commit(): Promise<void> {
    const { command } = await this.#answer(this.#client.query('COMMIT'));
    if (command !== 'COMMIT') throw new Error(`the server answered ${command}`);
  }

  async query<Found extends QueryResultRow>(text: string): Promise<Found[]> {
    const results = await this.#answer(this.#client.query<Found>(text));
    return [results].flat().at(-1)!.rows;
  }

  async close(): Promise<void> {
    if (!this.#isBusy) {
      const ended = this.#client.end().catch(() => undefined);
      await new Deadline(2_000).within(ended, undefined);
    }
    this.#client.connection.stream.destroy();
  }

  async #answer<T>(work: Promise<T>): Promise<T> {
    this.#isBusy = true;
    const { timeoutMs, signal } = this.#limits;
    const result = await new Deadline(timeoutMs, signal).race(
      work,
      () => new Error(`no answer within ${timeoutMs / 1000} s`),
    );
    this.#isBusy = false;
    return result;
  }
}

/** The rows in their order, divided where the columns change. */
function ofOneShape(rows: readonly Row[]): Row[][] {
  const groups: Row[][] = [];
  let shape = '';
  for (const row of rows) {
    const own = JSON.stringify([...row.keys()]);
    if (own !== shape) groups.push([]);
    shape = own;
    groups.at(-1)!.push(row);
  }
  return groups;
}

/** PostgreSQL makes the values of their JSON, by the types of the columns. */
function insertOf(table: string, rows: readonly Row[]): string {
  const columns = [...rows[0]!.keys()].map(quoted).join(', ');
  const documents = rows.map((row) =>
    Object.fromEntries([...row].map(([column, value]) => [column, jsonValue(value)])),
  );
  // In this form, the text means the same with each setting of standard_conforming_strings.
  const json = `E'${JSON.stringify(documents).replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  return `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${table}, ${json})`;
}

const jsonValue = (value: ColumnValue): ColumnValue =>
  value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : value;
