/** Opens a sink by its location. */
import { usageError } from '../errors.ts';
import type { Sink, SinkOptions } from './sink.ts';

/** What begins a location. Each kind of sink is loaded when it is used. */
const kinds: readonly [prefix: string, open: (options: SinkOptions) => Promise<Sink>][] = [
  ['postgres://', async (options) => (await import('./postgres/sink.ts')).openPostgresSink(options)],
  ['postgresql://', async (options) => (await import('./postgres/sink.ts')).openPostgresSink(options)],
  ['mysql://', async (options) => (await import('./mysql/sink.ts')).openMysqlSink(options)],
  ['mariadb://', async (options) => (await import('./mysql/sink.ts')).openMysqlSink(options)],
  ['sqlite:', async (options) => (await import('./sqlite/sink.ts')).openSqliteSink(options)],
  ['topic:', async (options) => (await import('./topic/sink.ts')).openTopicSink(options)],
  ['file:', async (options) => (await import('./file/sink.ts')).openFileSink(options)],
  ['command:', async (options) => (await import('./command/sink.ts')).openCommandSink(options)],
];

/** Throws `usage` for a location of no kind. The message does not repeat the location: it may hold a password. */
export async function openSink(options: SinkOptions): Promise<Sink> {
  const known = kinds.find(([prefix]) => options.location.toLowerCase().startsWith(prefix));
  if (known !== undefined) return await known[1](options);
  throw usageError(
    'The location of the sink is of no known kind.',
    'Write postgres://…, mysql://…, sqlite:PATH, topic:NAME, file:PATH or command:PROGRAM.',
  );
}
