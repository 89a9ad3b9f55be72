/** A sink in a database: a table or a query. Each look at it has a session of its own. */
import { usageError } from '../errors.ts';
import type { ValuePlace } from '../values/value-place.ts';
import { chooseColumns, type ChosenColumns, type NamedColumn } from './chosen-columns.ts';
import { oneQuery, type SqlDialect } from './one-query.ts';
import type { Sink, SinkColumn, SinkOptions, SinkReading } from './sink.ts';
import { parseTableName, type NamePart } from './table-name.ts';

/** Where the rows come from, as the user wrote it. */
export type RowSource =
  | { query: string; table?: undefined }
  | { query?: undefined; table: string; parts: readonly NamePart[] };

/** Throws `usage` unless there is either a query that only reads, or the name of a table. `name` is the sink's. */
export function rowSource(name: string, { query, table }: SinkOptions, dialect: SqlDialect): RowSource {
  if (query !== undefined && table === undefined) return { query: oneQuery(query, dialect) };
  if (table !== undefined && query === undefined)
    return { table, parts: parseTableName(table, dialect.nameQuotes) };
  throw usageError(
    `The sink ${name} needs --query or --table, and not both.`,
    'Without them, nodrop init lists the tables.',
  );
}

export interface SqlSession {
  /** Ends a statement that still runs, too. */
  close(): Promise<void>;
}

/** The rows that have one of these texts in a column. */
export interface Wanted<Column extends NamedColumn> {
  column: Column;
  texts: readonly string[];
}

/** One look at the rows. */
export interface SqlLook<Column extends NamedColumn> {
  columns: readonly Column[];
  /** Prepares to read these columns of all rows, or of those that are wanted: undefined if that would read all rows. */
  read(
    chosen: ChosenColumns<Column>,
    wanted: Wanted<Column> | undefined,
  ): Promise<Omit<SinkReading, 'kinds' | 'close'> | undefined>;
}

export class SqlSink<Session extends SqlSession, Column extends NamedColumn> implements Sink {
  readonly name: string;
  readonly rows = 'rows';
  readonly #begin: () => Promise<Session>;
  readonly #look: (session: Session) => Promise<SqlLook<Column>>;

  constructor(
    name: string,
    begin: () => Promise<Session>,
    look: (session: Session) => Promise<SqlLook<Column>>,
  ) {
    this.name = name;
    this.#begin = begin;
    this.#look = look;
  }

  async columns(): Promise<readonly SinkColumn[]> {
    const session = await this.#begin();
    try {
      const { columns } = await this.#look(session);
      return columns.map(({ name, type, kind }) => ({ place: `column:${name}`, type, kind }));
    } finally {
      await session.close();
    }
  }

  async open(places: readonly ValuePlace[]): Promise<SinkReading> {
    return (await this.#read(places))!;
  }

  async find(
    places: readonly ValuePlace[],
    column: ValuePlace,
    texts: readonly string[],
  ): Promise<SinkReading | undefined> {
    return await this.#read(places, { column, texts });
  }

  async #read(
    places: readonly ValuePlace[],
    wanted?: { column: ValuePlace; texts: readonly string[] },
  ): Promise<SinkReading | undefined> {
    const session = await this.#begin();
    try {
      const look = await this.#look(session);
      const chosen = chooseColumns(look.columns, places);
      const [column] = wanted === undefined ? [] : chooseColumns(look.columns, [wanted.column]).columns;
      const reading = await look.read(chosen, column && { column, texts: wanted!.texts });
      if (reading !== undefined) return { ...reading, kinds: chosen.kinds, close: () => session.close() };
      await session.close();
      return undefined;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    // Each look has a session of its own.
  }
}
