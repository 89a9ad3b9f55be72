/** A sink in SQLite: a table or a query, read in one transaction from a file that is opened for reading. */
import { resolve } from 'node:path';
import type { StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf, OperationalError, unavailableError, usageError } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import { ValueBatchBuilder, type ValueBatch } from '../../values/value-batch.ts';
import { chooseColumns, listed, type ChosenColumns, type NamedColumn } from '../chosen-columns.ts';
import { oneQuery, sqliteDialect } from '../one-query.ts';
import { RowDocuments } from '../row-documents.ts';
import type { OpenSink, Sink, SinkColumn, SinkOptions, SinkReading } from '../sink.ts';
import { parseTableName } from '../table-name.ts';
import { addValue, sqliteColumn, type SqliteValue } from './sqlite-columns.ts';
import { openSqliteFile, type SqliteFile } from './sqlite-file.ts';

const prefix = 'sqlite:';
const batchRows = 4096;
const batchBytes = 256 * 1024;
const retryPauseMs = 50;

export const openSqliteSink: OpenSink = async (options) => {
  const path = options.location.slice(prefix.length);
  const { query, table } = options;
  if (!/^.+$/.test(path)) throw usageError('The path of an SQLite sink is one line: sqlite:PATH.');
  if ((query === undefined) === (table === undefined)) {
    throw usageError(
      `The sink ${options.location} needs --query or --table, and not both.`,
      'Without them, nodrop init lists the tables.',
    );
  }
  return new SqliteSink(
    resolve(path),
    options,
    query === undefined ? undefined : oneQuery(query, sqliteDialect),
  );
};

/** What the rows are selected from. */
interface Source {
  columns: readonly NamedColumn[];
  /** The statement that reads these of the columns. */
  select: (columns: readonly NamedColumn[]) => string;
  estimate: number | undefined;
}

class SqliteSink implements Sink {
  readonly name: string;
  readonly rows = 'rows';
  readonly #path: string;
  readonly #options: SinkOptions;
  readonly #query: string | undefined;

  constructor(path: string, options: SinkOptions, query: string | undefined) {
    this.name = `${prefix}${path}`;
    this.#path = path;
    this.#options = options;
    this.#query = query;
  }

  async columns(): Promise<readonly SinkColumn[]> {
    const { database } = await this.#begin();
    try {
      const { columns } = this.#explained(() => this.#source(database));
      return columns.map(({ name, type, kind }) => ({ place: `column:${name}`, type, kind }));
    } finally {
      database.close();
    }
  }

  async open(places: readonly ValuePlace[]): Promise<SinkReading> {
    const file = await this.#begin();
    const { database, hasWriteAheadLog } = file;
    let isOpen = true;
    const close = async (): Promise<void> => {
      if (isOpen) database.close();
      isOpen = false;
    };
    try {
      const source = this.#explained(() => this.#source(database));
      const chosen = chooseColumns(source.columns, places);
      const statement = this.#explained(() => database.prepare(source.select(chosen.columns)));
      return {
        kinds: chosen.kinds,
        noSnapshot: undefined,
        estimate: source.estimate,
        notes: hasWriteAheadLog
          ? []
          : ['The database has no write-ahead log: while nodrop read it, no program could write to it.'],
        batches: () => this.#batches(file, statement, chosen),
        close,
      };
    } catch (error) {
      await close();
      throw error;
    }
  }

  async close(): Promise<void> {
    // Each reading has a connection of its own.
  }

  /** Begins the transaction of a look, within the time limit. */
  async #begin(): Promise<SqliteFile> {
    const file = this.#explained(() => openSqliteFile(this.#path));
    const { database } = file;
    try {
      const { timeoutMs, signal } = this.#options;
      const begun = await new Deadline(timeoutMs, signal).poll(
        () => this.#explained(() => begin(file)),
        retryPauseMs,
      );
      if (begun === undefined) {
        throw unavailableError(
          `The sink ${this.name} gave no answer within ${timeoutMs / 1000} s: another program holds its lock.`,
        );
      }
      return file;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  #source(database: SqliteFile['database']): Source {
    const columnsOf = (select: string): NamedColumn[] =>
      database
        .prepare(select)
        .columns()
        .map(({ name, type }) => sqliteColumn(name, type));
    if (this.#query !== undefined) {
      const query = this.#query;
      const columns = columnsOf(query);
      // By their places: SQLite gives other names to columns of a subquery that differ in case only.
      const names = columns.map((_, index) => `c${index}`);
      const select = (chosen: readonly NamedColumn[]): string =>
        `WITH rows_of_query (${names.join(', ')}) AS (\n${query}\n)
        SELECT ${chosen.map((column) => names[columns.indexOf(column)]).join(', ')} FROM rows_of_query`;
      return { columns, select, estimate: undefined };
    }
    const table = this.#tableIn(database);
    return {
      columns: columnsOf(`SELECT * FROM ${table}`),
      select: (chosen) => `SELECT ${chosen.map(({ name }) => quoted(name)).join(', ')} FROM ${table}`,
      estimate: estimateOf(database, table),
    };
  }

  #tableIn(database: SqliteFile['database']): string {
    const text = this.#options.table!;
    const parts = parseTableName(text, '"`');
    const { name } = parts.at(-1)!;
    const isMain = parts.length === 1 || (parts.length === 2 && parts[0]!.name.toLowerCase() === 'main');
    const select = `SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')`;
    const found = database.prepare(`${select} AND name = ? COLLATE NOCASE`).get(name);
    if (isMain && found !== undefined) return `main.${quoted((found as { name: string }).name)}`;
    const tables = database.prepare(`${select} AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1`).all();
    throw usageError(
      `The sink ${this.name} has no table ${text}.`,
      tables.length === 0
        ? 'It has no tables.'
        : `It has ${listed(tables as unknown as { name: string }[])}.`,
    );
  }

  async *#batches(
    { checkUnchanged }: SqliteFile,
    statement: StatementSync,
    chosen: ChosenColumns<NamedColumn>,
  ): AsyncIterable<ValueBatch> {
    const { columns, places } = chosen;
    const documents = new RowDocuments(chosen);
    const builder = new ValueBatchBuilder(places.length);
    const deadline = new Deadline(Infinity, this.#options.signal);
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    const rows = statement.iterate() as unknown as Iterator<readonly SqliteValue[]>;
    const next = (): IteratorResult<readonly SqliteValue[]> => {
      try {
        return this.#explained(() => rows.next());
      } catch (error) {
        // A file that changes without a lock may look damaged.
        checkUnchanged();
        throw error;
      }
    };
    let count = 0;
    for (;;) {
      const row = next();
      if (row.done === true) break;
      for (let place = 0; place < places.length; place++) {
        const { column, path } = places[place]!;
        const value = row.value[column]!;
        if (value === null) builder.addNull();
        else if (path === undefined) addValue(columns[column]!.name, value, builder);
        else addWithin(documents, place, count, builder, value);
      }
      count += 1;
      if (builder.count < batchRows && builder.bytesUsed < batchBytes) continue;
      yield builder.take();
      // Otherwise no signal would come through.
      await nextTurn();
      deadline.throwIfAborted();
    }
    checkUnchanged();
    if (builder.count > 0) yield builder.take();
  }

  #explained<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw error instanceof OperationalError ? error : this.#errorOf(error);
    }
  }

  #errorOf(error: unknown): Error {
    const { errcode } = error as { errcode?: number };
    if (errcode === undefined) return error as Error;
    const words = messageOf(error);
    const code = errcode & 0xff;
    const unreadable = (hint?: string): Error =>
      unavailableError(`The sink ${this.name} cannot be read: ${words}`, {
        cause: error,
        ...(hint !== undefined && { hint }),
      });
    if (code === readOnlyCode && errcode === readOnlyCode) {
      return usageError(`The query writes, and nodrop only reads: ${words}`);
    }
    if (code === readOnlyCode || code === cannotOpenCode) {
      return unreadable(
        'If a program was killed while it wrote to the database, open it with that program once; if it is at work, the folder must be writable.',
      );
    }
    if (refusals.includes(code)) return usageError(`The sink ${this.name} refuses the query: ${words}`);
    return unreadable();
  }
}

/** Primary result codes of SQLite. */
const [busyCode, readOnlyCode, cannotOpenCode] = [5, 8, 14];
/** A statement that is wrong, too big, of a wrong type, or not allowed. */
const refusals = [1, 18, 20, 23, 25];

/** Returns whether the transaction has its snapshot. */
function begin({ database }: SqliteFile): boolean {
  try {
    if (!database.isTransaction) database.exec('BEGIN');
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return true;
  } catch (error) {
    if (((error as { errcode?: number }).errcode ?? 0) % 256 !== busyCode) throw error;
    return false;
  }
}

/** The largest rowid; a view, and a table without rowids, have none. */
function estimateOf(database: SqliteFile['database'], table: string): number | undefined {
  try {
    const statement = database.prepare(`SELECT max(rowid) AS last FROM ${table}`);
    statement.setReadBigInts(true);
    return Number((statement.get() as { last: bigint | null }).last ?? 0);
  } catch (error) {
    if ((error as { errcode?: number }).errcode === undefined) throw error;
    return undefined;
  }
}

/** A document may be stored as a text or as bytes; a number stands for itself. */
function addWithin(
  documents: RowDocuments,
  place: number,
  row: number,
  builder: ValueBatchBuilder,
  value: Exclude<SqliteValue, null>,
): void {
  const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value), 'utf8');
  documents.add(place, row, builder, bytes, 0, bytes.length);
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
