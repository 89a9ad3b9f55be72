/** Opens a source as the config describes it. */
import type { CommandSource, HttpSource, SourceConfig, TableSource, TopicSource } from '../config/config.ts';
import type { OpenedSource, ReportedSource, SourceOptions } from './source.ts';

/** A program that makes messages of its own. */
export type ReportingSource = CommandSource & { protocol: 'verifiable-producer' };
export type FedSource = TopicSource | HttpSource | Omit<CommandSource, 'protocol'> | TableSource;

export const isReporting = (source: SourceConfig): source is ReportingSource =>
  'command' in source && source.protocol === 'verifiable-producer';

/**
 * Each kind of source is loaded when it is used. In the texts of `source`, variables of the environment and addresses stand
 * as they are to be used. Throws `usage` for a source that cannot be right, `unavailable` if it does not answer.
 */
export async function openSource(source: FedSource, options: SourceOptions): Promise<OpenedSource> {
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
