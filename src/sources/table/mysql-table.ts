/** A table of MySQL or MariaDB that takes the rows of a source. */
import type { Connection } from 'mysql2';
import type { TableSource } from '../../config/config.ts';
import { messageOf, OperationalError, unavailableError, usageError } from '../../errors.ts';
import { listed } from '../../sinks/chosen-columns.ts';
import { withConnection } from '../../sinks/mysql/database-connection.ts';
import { literal, quoted } from '../../sinks/mysql/mysql-columns.ts';
import { connectionError } from '../../sinks/mysql/mysql-errors.ts';
import { parseMysqlLocation, type MysqlLocation } from '../../sinks/mysql/mysql-location.ts';
import { parseTableName } from '../../sinks/table-name.ts';
import { Deadline } from '../../system/deadline.ts';
import type { SourceOptions } from '../source.ts';
import { withDocumentsAsText, type Row, type TableConnection, type TableDatabase } from './table-database.ts';

type Limits = Pick<SourceOptions, 'timeoutMs' | 'signal'>;

/** To a database, a table or a column. */
const denied = [1044, 1142, 1143];

export class MysqlTable implements TableDatabase {
  readonly name: string;
  readonly #location: MysqlLocation;
  readonly #limits: Limits;
  readonly #given: string;
  /** The table's name in a statement. */
  #table = '';

  constructor({ database, table }: TableSource, limits: Limits) {
    this.#location = parseMysqlLocation(database);
    this.name = this.#location.name;
    this.#limits = limits;
    this.#given = table;
  }

  async connect(): Promise<MysqlConnection> {
    return await withConnection(this.#location, this.#limits.timeoutMs, async (client) => {
      const connection = new MysqlConnection(client, this.name, this.#limits, () => this.#table);
      await connection.start();
      return connection;
    });
  }

  async columns(): Promise<readonly string[]> {
    const connection = await this.connect();
    try {
      return await this.#find(connection);
    } catch (error) {
      if (error instanceof OperationalError) throw error;
      throw unavailableError(`The source ${this.name} cannot be used: ${messageOf(error)}`, { cause: error });
    } finally {
      await connection.close();
    }
  }

  async #find(connection: MysqlConnection): Promise<string[]> {
    const parts = parseTableName(this.#given, '`"');
    const { name } = parts.at(-1)!;
    const schema = parts.length > 1 ? literal(parts[0]!.name) : 'DATABASE()';
    const tables = await connection.query(
      `SELECT TABLE_NAME, TABLE_SCHEMA, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${schema} ORDER BY 1`,
    );
    const alike = tables.filter(([own]) => own!.toLowerCase() === name.toLowerCase());
    const [own = null, database = null, engine = null] =
      alike.find(([exact]) => exact === name) ?? alike[0] ?? [];
    if (own === null || database === null) {
      const names = tables.map(([table]) => ({ name: table! }));
      throw usageError(
        `The source ${this.name} has no table ${this.#given} that this user can see.`,
        names.length === 0 ? 'Write DATABASE.TABLE.' : `It has ${listed(names)}.`,
      );
    }
    await this.#refuseWithoutTransactions(connection, own, engine);
    this.#table = `${quoted(database)}.${quoted(own)}`;
    const columns = await connection.query(
      `SELECT COLUMN_NAME FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = ${literal(database)} AND TABLE_NAME = ${literal(own)} ORDER BY ORDINAL_POSITION`,
    );
    return columns.map(([column]) => column!);
  }

  /** There, an insert stays although nothing was committed. A view has no engine. */
  async #refuseWithoutTransactions(
    connection: MysqlConnection,
    table: string,
    engine: string | null,
  ): Promise<void> {
    const engines = await connection.query(
      `SELECT ENGINE FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES'`,
    );
    if (engine === null || engines.some(([name]) => name === engine)) return;
    throw usageError(
      `The table ${table} has the engine ${engine}, which has no transactions: its rows have no commit.`,
      `ALTER TABLE ${table} ENGINE = InnoDB gives it transactions.`,
    );
  }

  /** The server has said so. A commit that was not answered may have taken place. */
  isRolledBack(error: unknown): boolean {
    const { errno = 0, sqlState = '' } = error as { errno?: number; sqlState?: string };
    return errno > 0 && /^(22|23|40|42|44|45)...$/.test(sqlState);
  }

  isHopeless(error: unknown): boolean {
    return denied.includes((error as { errno?: number }).errno ?? 0);
  }
}

class MysqlConnection implements TableConnection {
  readonly #connection: Connection;
  readonly #name: string;
  readonly #limits: Limits;
  readonly #table: () => string;
  /** Rejects when the connection is lost. */
  readonly #loss = Promise.withResolvers<never>();

  constructor(connection: Connection, name: string, limits: Limits, table: () => string) {
    this.#connection = connection;
    this.#name = name;
    this.#limits = limits;
    this.#table = table;
    this.#loss.promise.catch(() => undefined);
    connection.on('error', (error) => this.#loss.reject(error));
  }

  async start(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#connection.once('connect', () => resolve());
    try {
      await this.#answer(promise);
    } catch (error) {
      this.#connection.destroy();
      throw error instanceof OperationalError ? error : connectionError(this.#name, error, 'source');
    }
  }

  async insert(rows: readonly Row[]): Promise<void> {
    await this.query('START TRANSACTION');
    for (const row of rows) {
      const columns = [...row.keys()].map(quoted).join(', ');
      const marks = Array.from(row, () => '?').join(', ');
      const values = [...row.values()].map((value) =>
        value instanceof Uint8Array ? Buffer.from(value) : withDocumentsAsText(value),
      );
      await this.#execute(`INSERT INTO ${this.#table()} (${columns}) VALUES (${marks})`, values);
    }
  }

  async commit(): Promise<void> {
    await this.query('COMMIT');
  }

  /** Returns rows of texts. */
  async query(sql: string): Promise<(string | null)[][]> {
    const { promise, resolve, reject } = Promise.withResolvers<(string | null)[][]>();
    this.#connection.query({ sql, rowsAsArray: true }, (error, found) => {
      if (error !== null) reject(error);
      // A statement that returns no rows answers with an object.
      else resolve(Array.isArray(found) ? (found as unknown as (string | null)[][]) : []);
    });
    return await this.#answer(promise);
  }

  /** The server binds the values: they do not depend on its mode. */
  async #execute(sql: string, values: (string | number | boolean | Uint8Array | null)[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#connection.execute(sql, values, (error) => (error === null ? resolve() : reject(error)));
    await this.#answer(promise);
  }

  close(): Promise<void> {
    this.#connection.destroy();
    return Promise.resolve();
  }

  async #answer<T>(work: Promise<T>): Promise<T> {
    const { timeoutMs, signal } = this.#limits;
    return await new Deadline(timeoutMs, signal).race(
      Promise.race([work, this.#loss.promise]),
      () => new Error(`no answer within ${timeoutMs / 1000} s`),
    );
  }
}
