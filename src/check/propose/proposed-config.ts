/** The config that a candidate stands for: a pipeline from the topic to the sink, with messages like the sampled records. */
import { relative, resolve } from 'node:path';
import type { Config, MessagesConfig, PipelineConfig, SinkConfig } from '../../config/config.ts';
import { usageError } from '../../errors.ts';
import type { Candidate } from './candidate.ts';
import { messagesLike } from './messages-like.ts';
import { holdsPassword, type GivenOptions } from './proposed-command.ts';
import type { Sample } from './sample.ts';

export interface ProposedConfig {
  /** The name of its only pipeline. */
  pipeline: string;
  config: Config;
}

/**
 * Throws `usage` if a config cannot say what was given.
 *
 * @param folder Of the config, from which its paths count.
 * @param location The location itself, if `given.sink` is `env:NAME`.
 */
export function proposedConfig(
  { id, sinkId, agreements }: Candidate,
  given: GivenOptions,
  { records, folder, location }: { records: Sample; folder: string; location: string },
): ProposedConfig {
  refuseUnsayable(given);
  const { category, comparisons } = agreements;
  const pathOf = (path: string): string => relative(folder, resolve(path)) || '.';
  const [name, place] = sinkAt(given, location, pathOf);
  const sink = {
    ...place,
    id: sinkId,
    ...(category !== undefined && { category: category.sinkCategory }),
    ...(category !== undefined && category.map.size > 0 && { categoryMap: Object.fromEntries(category.map) }),
    ...(comparisons.length > 0 && {
      compare: Object.fromEntries(comparisons.map(({ record, row }) => [record, row])),
    }),
  } as SinkConfig;
  const messages: MessagesConfig = messagesLike(records, id);
  const pipeline: PipelineConfig = {
    source: { topic: given.topic },
    messages,
    sinks: { [name]: sink },
    ...(category !== undefined && { category: category.category }),
  };
  const { bootstrapServers, commandConfig } = given;
  const pipelineName = nameOf(given.topic);
  return {
    pipeline: pipelineName,
    config: {
      kafka: {
        bootstrapServers,
        ...(commandConfig !== undefined && { commandConfig: pathOf(commandConfig) }),
      },
      pipelines: { [pipelineName]: pipeline },
    },
  };
}

function refuseUnsayable({ settings, sinkBootstrapServer }: GivenOptions): void {
  if (settings.length > 0)
    throw usageError(
      '--config does not go with --setting: a config takes client settings from a file.',
      'Write them into a file, and name it with --command-config.',
    );
  if (sinkBootstrapServer !== undefined)
    throw usageError('--config does not go with --sink-bootstrap-server: a config has one Kafka.');
}

/** A name for the sink, and where it is. */
function sinkAt(
  { sink, query, table }: GivenOptions,
  location: string,
  pathOf: (path: string) => string,
): [name: string, place: object] {
  const [, kind = '', rest = ''] = /^(topic|file|command|sqlite):(.*)$/is.exec(location) ?? [];
  const rows = query === undefined ? { table } : { query };
  switch (kind.toLowerCase()) {
    case 'topic':
      return ['topic', { topic: rest }];
    case 'file':
      return ['file', { file: pathOf(rest) }];
    case 'command':
      return ['rows', { command: rest }];
    case 'sqlite':
      return ['table', { database: `sqlite:${pathOf(rest)}`, ...rows }];
    default:
      return ['table', { database: holdsPassword(sink) ? 'env:DATABASE_URL' : sink, ...rows }];
  }
}

/** A name for the pipeline: that of the topic, as far as it can be one. */
function nameOf(topic: string): string {
  const name = topic.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, 64);
  return /^[A-Za-z]/.test(name) ? name : 'pipeline';
}
