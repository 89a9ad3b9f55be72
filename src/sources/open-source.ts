/** Opens a source as the config describes it. */
import type { CommandSource, HttpSource, SourceConfig, TableSource, TopicSource } from '../config/config.ts';
import { resolveEnv } from '../config/resolve-paths.ts';
import type { OpenedSource, ReportedSource, SourceOptions } from './source.ts';

/** A program that makes messages of its own. */
export type ReportingSource = CommandSource & { protocol: 'verifiable-producer' };
export type FedSource = TopicSource | HttpSource | Omit<CommandSource, 'protocol'> | TableSource;

export const isReporting = (source: SourceConfig): source is ReportingSource =>
  'command' in source && source.protocol === 'verifiable-producer';

/**
 * Each kind of source is loaded when it is used. Paths in the source are absolute; texts that begin with `env:` are looked up
 * here. Throws `usage` for a source that cannot be right, `unavailable` if it does not answer.
 */
export async function openSource(given: FedSource, options: SourceOptions): Promise<OpenedSource> {
  const source = withoutEnv(given);
  if ('topic' in source)
    return await (await import('./topic/topic-source.ts')).openTopicSource(source, options);
  if ('http' in source) return (await import('./http/http-source.ts')).openHttpSource(source, options);
  if ('command' in source)
    return await (await import('./command/command-source.ts')).openCommandSource(source, options);
  return await (await import('./table/table-source.ts')).openTableSource(source, options);
}

/** The program starts when its sends are asked for. */
export async function openReportedSource(
  source: ReportingSource,
  options: SourceOptions,
): Promise<ReportedSource> {
  return (await import('./command/verifiable-producer.ts')).openVerifiableProducer(source, options);
}

/** Those of a program's environment are looked up when it starts. */
function withoutEnv(source: FedSource): FedSource {
  if ('topic' in source)
    return { ...source, ...(source.settings && { settings: resolved(source.settings) }) };
  if ('http' in source) {
    const { http, headers } = source;
    return { ...source, http: resolveEnv(http), ...(headers && { headers: resolved(headers) }) };
  }
  return 'table' in source ? { ...source, database: resolveEnv(source.database) } : source;
}

const resolved = (texts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, resolveEnv(text)]));
