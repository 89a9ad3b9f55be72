/**
 * A table as a source: a row for each message. The fields of a value are columns. The commit acknowledges the messages of a
 * transaction; until it is asked for, nothing is written, also if the connection breaks.
 */
import type { TableSource } from '../../config/config.ts';
import { messageOf, OperationalError, unavailableError, usageError } from '../../errors.ts';
import { listed } from '../../sinks/chosen-columns.ts';
import { Deadline } from '../../system/deadline.ts';
import type { Handover, OpenedSource, OutgoingMessage, SourceOptions } from '../source.ts';
import type { ColumnValue, Row, TableConnection, TableDatabase } from './table-database.ts';

const retryPauseMs = 200;

type TableOptions = Pick<SourceOptions, 'timeoutMs' | 'signal'>;

/** Throws `usage` if there is no such table, `unavailable` if the database cannot be reached. */
export async function openTableSource(source: TableSource, options: TableOptions): Promise<OpenedSource> {
  const database = await openDatabase(source, options);
  return new InsertingSource(source, database, await database.columns(), options);
}

async function openDatabase(source: TableSource, options: TableOptions): Promise<TableDatabase> {
  const location = source.database.toLowerCase();
  if (/^postgres(ql)?:/.test(location))
    return new (await import('./postgres-table.ts')).PostgresTable(source, options);
  if (/^(mysql|mariadb):/.test(location))
    return new (await import('./mysql-table.ts')).MysqlTable(source, options);
  if (location.startsWith('sqlite:'))
    return new (await import('./sqlite-table.ts')).SqliteTable(source, options);
  // It may hold a password.
  throw usageError(
    'The database of the source is of no known kind.',
    'Write postgres://…, mysql://… or sqlite:PATH.',
  );
}

class InsertingSource implements OpenedSource {
  readonly batchMax: number;
  readonly concurrency: number;
  readonly #table: string;
  readonly #database: TableDatabase;
  readonly #columns: readonly string[];
  readonly #options: TableOptions;
  #connection: TableConnection | undefined;
  /** Settles when the transactions before are done: rows are inserted in the order of the calls. */
  #turn: Promise<unknown> = Promise.resolve();
  #hasAck = false;

  constructor(
    { table, batch = 1 }: TableSource,
    database: TableDatabase,
    columns: readonly string[],
    options: TableOptions,
  ) {
    this.batchMax = batch;
    // While one transaction is under way, the next is being made.
    this.concurrency = 2 * batch;
    this.#table = table;
    this.#database = database;
    this.#columns = columns;
    this.#options = options;
  }

  async send(messages: readonly OutgoingMessage[]): Promise<readonly Handover[]> {
    const rows = messages.map((message) => this.#rowOf(message));
    const transaction = this.#turn.then(async () => await this.#transact(rows));
    // Its own caller hears of an error.
    this.#turn = transaction.catch(() => undefined);
    const handover = await transaction;
    return messages.map(() => handover);
  }

  end(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#connection?.close();
  }

  async #transact(rows: readonly Row[]): Promise<Handover> {
    const connection = (this.#connection ??= await this.#connect());
    try {
      await connection.insert(rows);
    } catch (error) {
      await this.#drop();
      if (!this.#hasAck && this.#database.isHopeless(error))
        throw unavailableError(
          `The source ${this.#database.name} takes no rows in ${this.#table}: ${messageOf(error)}`,
          { hint: 'Give the user the privilege INSERT on it (GRANT INSERT ON … TO …).', cause: error },
        );
      // Without a commit, nothing stays, also if the connection was lost.
      return { outcome: 'rejected', error: messageOf(error) };
    }
    try {
      await connection.commit();
    } catch (error) {
      await this.#drop();
      const outcome = this.#database.isRolledBack(error) ? 'rejected' : 'unknown';
      return { outcome, error: `in the commit: ${messageOf(error)}` };
    }
    this.#hasAck = true;
    return { outcome: 'acked' };
  }

  async #drop(): Promise<void> {
    await this.#connection?.close();
    this.#connection = undefined;
  }

  /** Waits for a database that starts again. */
  async #connect(): Promise<TableConnection> {
    const deadline = new Deadline(this.#options.timeoutMs, this.#options.signal);
    for (;;) {
      try {
        return await this.#database.connect();
      } catch (error) {
        deadline.throwIfAborted();
        const mayPass = error instanceof OperationalError && error.code === 'unavailable';
        if (!mayPass || deadline.hasPassed) throw error;
        await deadline.pause(retryPauseMs);
      }
    }
  }

  /** Throws `usage` for a value that is no row of the table. */
  #rowOf({ id, document }: OutgoingMessage): Row {
    const isObject = typeof document === 'object' && document !== null;
    if (!isObject || Array.isArray(document) || document instanceof Uint8Array)
      throw usageError(
        `Message ${id}: the value of a message for a table is an object, whose fields are columns.`,
      );
    const fields = Object.entries(document).filter(([, value]) => value !== undefined);
    const row = new Map(fields.map(([field, value]) => [this.#columnOf(id, field), columnValue(value)]));
    if (row.size === 0) throw usageError(`Message ${id}: its value has no fields, and a row has columns.`);
    return row;
  }

  /** By the exact name; otherwise by the name in any case, if only one column has it. */
  #columnOf(id: string, field: string): string {
    if (this.#columns.includes(field)) return field;
    const alike = this.#columns.filter((column) => column.toLowerCase() === field.toLowerCase());
    if (alike.length === 1) return alike[0]!;
    throw usageError(
      `Message ${id}: the table ${this.#table} has no column ${field}.`,
      `Its columns are ${listed(this.#columns.map((name) => ({ name })))}.`,
    );
  }
}

function columnValue(value: unknown): ColumnValue {
  if (value === null || value instanceof Uint8Array) return value;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  // As in the document of a record: a date is a text there.
  return JSON.parse(JSON.stringify(value)) as ColumnValue;
}
