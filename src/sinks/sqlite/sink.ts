/** A sink in SQLite: a table or a query, read in one transaction from a file that is opened for reading. */
import { resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StatementSync } from 'node:sqlite';
import { messageOf, OperationalError, unavailableError, usageError } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';
import { ValueBatchBuilder, type ValueBatch } from '../../values/value-batch.ts';
import { listed, type ChosenColumns, type NamedColumn } from '../chosen-columns.ts';
import { sqliteDialect } from '../one-query.ts';
import { RowDocuments } from '../row-documents.ts';
import type { OpenSink, SinkOptions } from '../sink.ts';
import { rowSource, SqlSink, type RowSource, type SqlLook } from '../sql-sink.ts';
import type { NamePart } from '../table-name.ts';
import { isOneOf, quoted } from './column-condition.ts';
import { addValue, sqliteColumn, type SqliteValue } from './sqlite-columns.ts';
import { openSqliteFile, type SqliteFile } from './sqlite-file.ts';

const prefix = 'sqlite:';
const retryPauseMs = 50;

export const openSqliteSink: OpenSink = async (options) => {
  const location = options.location.slice(prefix.length);
  if (!/^.+$/.test(location)) throw usageError('The path of an SQLite sink is one line: sqlite:PATH.');
  const source = rowSource(options.location, options, sqliteDialect);
  const path = resolve(location);
  const sink = `${prefix}${path}`;
  return new SqlSink(
    sink,
    () => begun(sink, path, options),
    async (file) => explained(sink, () => look(file, sink, source, options.signal)),
  );
};

/** Begins the transaction of a look, within the time limit. */
async function begun(sink: string, path: string, { timeoutMs, signal }: SinkOptions): Promise<SqliteFile> {
  const file = explained(sink, () => openSqliteFile(path));
  try {
    const hasBegun = await new Deadline(timeoutMs, signal).poll(
      () => explained(sink, () => begin(file)),
      retryPauseMs,
    );
    if (hasBegun === true) return file;
    throw unavailableError(
      `The sink ${sink} gave no answer within ${timeoutMs / 1000} s: another program holds its lock.`,
    );
  } catch (error) {
    await file.close();
    throw error;
  }
}

function look(file: SqliteFile, sink: string, source: RowSource, signal: AbortSignal): SqlLook<NamedColumn> {
  const { database, hasWriteAheadLog } = file;
  const table = source.query === undefined ? tableIn(database, sink, source) : undefined;
  const columns = database
    .prepare(source.query ?? `SELECT * FROM ${table}`)
    .columns()
    .map(({ name, type }) => sqliteColumn(name, type));
  // By their places: SQLite gives other names to columns of a subquery that differ in case only.
  const numbers = columns.map((_, index) => `c${index}`);
  const [before, from] =
    table === undefined
      ? [`WITH rows_of_query (${numbers.join(', ')}) AS (\n${source.query}\n)\n`, 'rows_of_query']
      : ['', table];
  const nameOf = (column: NamedColumn): string =>
    table === undefined ? numbers[columns.indexOf(column)]! : quoted(column.name);
  return {
    columns,
    async read(chosen, wanted) {
      const condition =
        wanted === undefined
          ? ''
          : ` WHERE ${isOneOf(nameOf(wanted.column), wanted.column.kind, wanted.texts)}`;
      const select = `${before}SELECT ${chosen.columns.map(nameOf).join(', ')} FROM ${from}${condition}`;
      const statement = explained(sink, () => database.prepare(select));
      // A search for rows that are rare could not be stopped before it comes to one.
      if (wanted !== undefined && readsAll(database, select)) return undefined;
      return {
        noSnapshot: undefined,
        estimate: table === undefined ? undefined : estimateOf(database, table),
        notes: hasWriteAheadLog
          ? []
          : ['The database has no write-ahead log: while nodrop read it, no program could write to it.'],
        batches: () => batchesOf(file, sink, statement, chosen, signal),
      };
    },
  };
}

function tableIn(
  database: SqliteFile['database'],
  sink: string,
  { table, parts }: { table: string; parts: readonly NamePart[] },
): string {
  const { name } = parts.at(-1)!;
  const isMain = parts.length === 1 || (parts.length === 2 && parts[0]!.name.toLowerCase() === 'main');
  const found = database
    .prepare(`SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE`)
    .get(name);
  if (isMain && found !== undefined) return `main.${quoted(String(found['name']))}`;
  const tables = database.prepare(sqliteDialect.tables).all();
  throw usageError(
    `The sink ${sink} has no table ${table}.`,
    tables.length === 0
      ? 'It has no tables.'
      : `It has ${listed(tables.map((table) => ({ name: String(table['name']) })))}.`,
  );
}

async function* batchesOf(
  { checkUnchanged }: SqliteFile,
  sink: string,
  statement: StatementSync,
  chosen: ChosenColumns<NamedColumn>,
  signal: AbortSignal,
): AsyncIterable<ValueBatch> {
  const { columns, places } = chosen;
  const documents = new RowDocuments(chosen);
  const builder = new ValueBatchBuilder(places.length);
  const deadline = new Deadline(Infinity, signal);
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  const rows = statement.iterate() as unknown as Iterator<readonly SqliteValue[]>;
  const next = (): IteratorResult<readonly SqliteValue[]> => {
    try {
      return explained(sink, () => rows.next());
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
    if (!builder.isFull) continue;
    yield builder.take();
    // Otherwise no signal would come through.
    await nextTurn();
    deadline.throwIfAborted();
  }
  checkUnchanged();
  if (builder.count > 0) yield builder.take();
}

/** Runs an action on the database, and says what its error means. */
function explained<T>(sink: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof OperationalError ? error : errorOf(sink, error);
  }
}

function errorOf(sink: string, error: unknown): Error {
  const { errcode } = error as { errcode?: number };
  if (errcode === undefined) return error as Error;
  const words = messageOf(error);
  const code = errcode & 0xff;
  const unreadable = (hint?: string): Error =>
    unavailableError(`The sink ${sink} cannot be read: ${words}`, {
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
  if (refusals.includes(code)) return usageError(`The sink ${sink} refuses the query: ${words}`);
  return unreadable();
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

/** Whether no index serves the statement. */
const readsAll = (database: SqliteFile['database'], select: string): boolean =>
  database
    .prepare(`EXPLAIN QUERY PLAN ${select}`)
    .all()
    .some(({ detail }) => /^SCAN (?!CONSTANT)/.test(String(detail)));

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
