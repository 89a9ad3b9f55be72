/** The functions with which a `nodrop.config.ts` is written. Each gives the plain data that `config.ts` describes. */
import type {
  CommandSink,
  CommandSource,
  Config,
  DatabaseSink,
  Expectation,
  FileSink,
  HttpSource,
  PlaceText,
  Rule,
  TableSource,
  TopicHop,
  TopicSource,
} from './config.ts';

/**
 * Gives the config as it is. An editor then knows its type, completes its names and explains them.
 *
 * @example export default defineConfig({ pipelines: { orders: { source: topic('orders'), sinks: {} } } });
 */
export const defineConfig = (config: Config): Config => config;

/**
 * A text that stands for a variable of the environment, such as an address with a password. It is read when it is used,
 * and never written down. An error says so if the variable is not set.
 */
export const env = (name: string): `env:${string}` => `env:${name}`;

// Sources, hops and sinks.

/** A topic: as a source nodrop produces into it, as a hop or a sink nodrop reads it. */
export function topic(
  name: string,
  options?: { partitions?: number },
): { topic: string; partitions?: number };
/** As a source: nodrop produces into the topic, which it makes if it is not there. */
export function topic(name: string, options: Omit<TopicSource, 'topic'>): TopicSource;
/** As a hop or a sink: where the topic's records have their ids, and how they are judged. */
export function topic(name: string, options: Omit<TopicHop, 'topic'>): TopicHop;
export function topic(name: string, options: object = {}): TopicHop & TopicSource {
  return { topic: name, ...options };
}

/**
 * A source: a request for each message. Its value is the body, its headers are the request's.
 *
 * @param url `http://` or `https://`, or `env('NAME')`.
 */
export const http = (url: string, options: Omit<HttpSource, 'http'> = {}): HttpSource => ({
  http: url,
  ...options,
});

/** A program: as a source it takes messages, as a sink it prints rows. A text is a line for the shell. */
export function command(line: string): { command: string };
/** As a source: a program that takes messages as lines of JSON and prints what became of each. */
export function command(
  line: string | readonly string[],
  options?: Omit<CommandSource, 'command'>,
): CommandSource;
/** As a sink: a line for the shell. It prints lines of the history form. */
export function command(line: string, options: Omit<CommandSink, 'command'>): CommandSink;
export function command(line: string | readonly string[], options: object = {}): object {
  return { command: line, ...options };
}

/** As a sink: the rows of a query or of a table. As a source: the table into which nodrop inserts. */
interface Database {
  /** A sink: the rows of this query. */
  (location: string, options: Omit<DatabaseSink, 'database' | 'table'> & { query: string }): DatabaseSink;
  /** A source: nodrop inserts a row into the table for each message. */
  (location: string, options: Omit<TableSource, 'database'>): TableSource;
  /** A sink: the rows of this table. */
  (location: string, options: Omit<DatabaseSink, 'database' | 'query'> & { table: string }): DatabaseSink;
}

const inDatabase = ((location: string, options: object) => ({ database: location, ...options })) as Database;

/**
 * Rows in PostgreSQL.
 *
 * @param location `postgres://USER@HOST/DATABASE`, or `env('NAME')` if it holds a password.
 */
export const postgres: Database = inDatabase;

/**
 * Rows in MySQL or MariaDB.
 *
 * @param location `mysql://USER@HOST/DATABASE`, or `env('NAME')` if it holds a password.
 */
export const mysql: Database = inDatabase;

/**
 * Rows in SQLite.
 *
 * @param path The file, counted from the config's folder.
 */
export const sqlite = ((path: string, options: object) =>
  inDatabase(`sqlite:${path}`, options as never)) as Database;

/**
 * A sink: the lines or rows of files.
 *
 * @param path A path or a pattern, counted from the config's folder: `out/*.jsonl`. JSON Lines, CSV or Parquet.
 */
export const file = (path: string, options: Omit<FileSink, 'file'> = {}): FileSink => ({
  file: path,
  ...options,
});

// Places of values.

/** The value of a record's header. */
export const header = (name: string): PlaceText => `header:${name}`;

/** A record's key. */
export const key = (): PlaceText => 'key';

/**
 * A value in JSON.
 *
 * @param path Names with dots between them. `\.` is a dot within a name.
 */
export const json = (path: string): PlaceText => `json:${path}`;

/** A column of a row. */
export const column = (name: string): PlaceText => `column:${name}`;

/** The columns that hold the partition and the offset of a row's record. */
export function columns(partition: string, offset: string): PlaceText;
/** The columns that hold the topic, the partition and the offset of a row's record. */
export function columns(topic: string, partition: string, offset: string): PlaceText;
export function columns(...names: string[]): PlaceText {
  return `columns:${names.join(',')}`;
}

/** A record's own position: topic, partition and offset. */
export const position = (): PlaceText => 'position';

// Rules: the fate of a message at one hop or sink.

/** Exactly one record or row. */
export const once = (): 'once' => 'once';

/** One record or row, or more. Further ones are counted. */
export const atLeastOnce = (): 'at-least-once' => 'at-least-once';

/** Exactly so many records or rows. */
export const times = (count: number): { times: number } => ({ times: count });

/** Exactly these children of the message, by their ids. */
export const each = (ids: readonly string[]): { each: readonly string[] } => ({ each: ids });

/** The newest message of each key. `version` says which is newer; without it, the offset does. */
export const latest = (places: {
  key: PlaceText;
  version?: PlaceText;
}): { latest: { key: PlaceText; version?: PlaceText } } => ({ latest: places });

/** Sums of an aggregate: they are to equal those of the messages, for each value of `by`. */
export const balances = (
  places: Extract<Rule, { balances: unknown }>['balances'],
): { balances: typeof places } => ({
  balances: places,
});

// Expectations: the fate of a message as a whole.

/** The pipeline filters the message: it is to be at no hop and in no sink. The reason is for the report. */
export const dropped = (reason: string): { dropped: string } => ({ dropped: reason });

/** The pipeline cannot handle the message: it is to be among the dead letters alone. The reason is for the report. */
export const deadLettered = (reason: string): { deadLettered: string } => ({ deadLettered: reason });

/**
 * The message is to be at one of these hops or sinks, and at none of the others: where the condition is true. Throws if
 * not exactly one is.
 *
 * @example expect: ({ value }) => oneOf({ paid: value.amount > 0, free: value.amount === 0 })
 */
export function oneOf(
  conditions: Readonly<Record<string, boolean>>,
): Extract<Expectation, { oneOf: string }> {
  const among = Object.keys(conditions);
  const right = among.filter((name) => conditions[name] === true);
  const [name] = right;
  if (name === undefined || right.length > 1) {
    const found = right.length === 0 ? 'none of them is' : `${right.join(' and ')} are`;
    throw new TypeError(`oneOf takes ${among.join(', ')}, of which exactly one is to be true: ${found}.`);
  }
  return { oneOf: name, among };
}
