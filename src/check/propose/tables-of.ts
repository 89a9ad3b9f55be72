/** The tables of a database, for a user who has not said which one is the sink. */
import { mysqlDialect, postgresDialect, sqliteDialect, type SqlDialect } from '../../sinks/one-query.ts';
import { openSink } from '../../sinks/open-sink.ts';
import type { SinkOptions } from '../../sinks/sink.ts';
import { Deadline } from '../../system/deadline.ts';
import { sampleSink } from './sample-sink.ts';
import { textOf } from './sample.ts';

/** By what begins a location. */
const dialects: readonly [pattern: RegExp, dialect: SqlDialect][] = [
  [/^postgres(ql)?:/i, postgresDialect],
  [/^(mysql|mariadb):/i, mysqlDialect],
  [/^sqlite:/i, sqliteDialect],
];

/** The first thousand; undefined if the location is of no database. */
export async function tablesOf(options: SinkOptions): Promise<string[] | undefined> {
  const query = dialects.find(([pattern]) => pattern.test(options.location))?.[1].tables;
  if (query === undefined) return undefined;
  const sink = await openSink({ ...options, query });
  try {
    const sample = await sampleSink(sink, new Deadline(options.timeoutMs, options.signal));
    return (sample.columns[0] ?? []).map((name) => textOf(name ?? ''));
  } finally {
    await sink.close();
  }
}
