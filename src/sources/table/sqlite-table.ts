/** A table of SQLite that takes the rows of a source. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { TableSource } from '../../config/config.ts';
import { messageOf, OperationalError, unavailableError, usageError } from '../../errors.ts';
import { listed } from '../../sinks/chosen-columns.ts';
import { parseTableName } from '../../sinks/table-name.ts';
import { Deadline } from '../../system/deadline.ts';
import type { SourceOptions } from '../source.ts';
import {
  withDocumentsAsText,
  type ColumnValue,
  type Row,
  type TableConnection,
  type TableDatabase,
} from './table-database.ts';

type Limits = Pick<SourceOptions, 'timeoutMs' | 'signal'>;

const prefix = 'sqlite:';
/** How long a statement waits for a lock. It blocks the whole thread. */
const busyTimeoutMs = 50;
const retryPauseMs = 20;
const [busyCode, readOnlyCode, cannotOpenCode, constraintCode] = [5, 8, 14, 19];

export class SqliteTable implements TableDatabase {
  readonly name: string;
  readonly #path: string;
  readonly #limits: Limits;
  readonly #given: string;
  /** The table's name in a statement. */
  #table = '';

  constructor({ database, table }: TableSource, limits: Limits) {
    this.#path = resolve(database.slice(prefix.length));
    this.name = `${prefix}${this.#path}`;
    this.#limits = limits;
    this.#given = table;
  }

  async connect(): Promise<SqliteConnection> {
    if (statSync(this.#path, { throwIfNoEntry: false })?.isFile() !== true)
      throw usageError(`There is no SQLite database at ${this.#path}.`);
    try {
      const database = new DatabaseSync(this.#path, { timeout: busyTimeoutMs });
      return new SqliteConnection(database, this.#limits, () => this.#table);
    } catch (error) {
      throw unavailableError(`The source ${this.name} cannot be opened: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  async columns(): Promise<readonly string[]> {
    const connection = await this.connect();
    try {
      const parts = parseTableName(this.#given, '"`');
      const { name } = parts.at(-1)!;
      const tables = connection.names(
        `SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1`,
      );
      const own = tables.find((each) => each.toLowerCase() === name.toLowerCase());
      if (own === undefined || parts.length > 1)
        throw usageError(
          `The source ${this.name} has no table ${this.#given}.`,
          tables.length === 0
            ? 'It has no tables.'
            : `It has ${listed(tables.map((each) => ({ name: each })))}.`,
        );
      this.#table = quoted(own);
      return connection.names(`SELECT name FROM pragma_table_info(${literal(own)}) ORDER BY cid`);
    } catch (error) {
      if (error instanceof OperationalError) throw error;
      throw unavailableError(`The source ${this.name} cannot be used: ${messageOf(error)}`, { cause: error });
    } finally {
      await connection.close();
    }
  }

  /** The transaction was still open, and the connection was closed: another program held a lock, or a row was refused. */
  isRolledBack(error: unknown): boolean {
    return [busyCode, constraintCode].includes(codeOf(error));
  }

  isHopeless(error: unknown): boolean {
    return [readOnlyCode, cannotOpenCode].includes(codeOf(error));
  }
}

/** SQLite's primary result code. */
const codeOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff;

class SqliteConnection implements TableConnection {
  readonly #database: DatabaseSync;
  readonly #limits: Limits;
  readonly #table: () => string;

  constructor(database: DatabaseSync, limits: Limits, table: () => string) {
    this.#database = database;
    this.#limits = limits;
    this.#table = table;
  }

  names(select: string): string[] {
    const found = this.#database.prepare(select).all() as unknown as { name: string }[];
    return found.map(({ name }) => name);
  }

  async insert(rows: readonly Row[]): Promise<void> {
    await this.#onceFree('BEGIN IMMEDIATE');
    for (const row of rows) {
      const columns = [...row.keys()].map(quoted).join(', ');
      const marks = Array.from(row, () => '?').join(', ');
      this.#database
        .prepare(`INSERT INTO ${this.#table()} (${columns}) VALUES (${marks})`)
        .run(...[...row.values()].map(bound));
    }
  }

  async commit(): Promise<void> {
    await this.#onceFree('COMMIT');
  }

  /** Rolls back what is open. */
  close(): Promise<void> {
    this.#database.close();
    return Promise.resolve();
  }

  /** While another program has a lock, a statement does nothing, and may be repeated. */
  async #onceFree(statement: string): Promise<void> {
    const { timeoutMs, signal } = this.#limits;
    const deadline = new Deadline(timeoutMs, signal);
    for (;;) {
      try {
        this.#database.exec(statement);
        return;
      } catch (error) {
        if (codeOf(error) !== busyCode || deadline.isOver) throw error;
      }
      await deadline.pause(retryPauseMs);
    }
  }
}

/** SQLite has no booleans, and a column without a type would keep a whole number as a fraction. */
function bound(given: ColumnValue): SQLInputValue {
  const value = withDocumentsAsText(given);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
