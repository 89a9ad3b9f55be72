/** The tables of a database, for a user who has not said which one is the sink. */
import { openSink } from '../../sinks/open-sink.ts';
import type { SinkOptions } from '../../sinks/sink.ts';
import { Deadline } from '../../system/deadline.ts';
import { sampleSink } from './sample-sink.ts';
import { textOf } from './sample.ts';

/** By what begins a location: a query that lists the tables as `--table` takes them. */
const queries: readonly [pattern: RegExp, query: string][] = [
  [
    /^postgres(ql)?:/i,
    `SELECT oid::regclass::text AS name FROM pg_class
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(oid)
      AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    ORDER BY 1`,
  ],
  [
    /^(mysql|mariadb):/i,
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1',
  ],
  [
    /^sqlite:/i,
    `SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite@_%' ESCAPE '@' ORDER BY 1`,
  ],
];

/** The first thousand; undefined if the location is of no database. */
export async function tablesOf(options: SinkOptions): Promise<string[] | undefined> {
  const query = queries.find(([pattern]) => pattern.test(options.location))?.[1];
  if (query === undefined) return undefined;
  const sink = await openSink({ ...options, query });
  try {
    const sample = await sampleSink(sink, new Deadline(options.timeoutMs, options.signal));
    return (sample.columns[0] ?? []).map((name) => textOf(name ?? ''));
  } finally {
    await sink.close();
  }
}
