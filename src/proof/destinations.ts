/** The destinations of a pipeline: its source topic, its hops and its sinks, each after the one that feeds it. */
import { resolveEnv } from '../config/resolve-paths.ts';
import { usageError } from '../errors.ts';
import type { HopConfig, PipelineConfig, SinkConfig } from '../config/config.ts';
import type { Comparison, SinkChoice } from '../check/plan.ts';
import type { DestinationRole } from './proof-record.ts';
import { parseIdPlace, parseValuePlace, type IdPlace, type ValuePlace } from '../values/value-place.ts';

/** The name of the source topic among the destinations. */
export const sourceName = 'source';

export type DestinationId = Exclude<IdPlace, { kind: 'position' }>;

export interface Destination extends SinkChoice, Omit<DestinationRole, 'hasChildren'> {
  partitions: number | undefined;
  /** Where its records or rows have a message's id, or the position of its record in the topic that feeds it. */
  id: DestinationId;
  /** That topic, if rows tell positions. */
  positionsOf: string | undefined;
  /** Where a message has its category, and where a record or row there has it. */
  category: { message: ValuePlace; there: ValuePlace } | undefined;
  categoryMap: ReadonlyMap<string, string>;
  comparisons: readonly Comparison[];
}

/** Throws `usage` for a place that cannot be, naming its path in the config. */
export function destinationsOf(name: string, pipeline: PipelineConfig, idPlace: ValuePlace): Destination[] {
  const { source, hops = {}, sinks } = pipeline;
  const at = `pipelines.${name}`;
  const all: Destination[] = [];
  if ('topic' in source) {
    all.push({
      ...destinationOf(sourceName, source, { at: `${at}.source`, pipeline, idPlace, feeder: undefined }),
      kind: 'source',
    });
  }
  let last = all.at(-1)?.name;
  for (const [hop, config] of Object.entries(hops)) {
    const from = feederOf(config, last, `${at}.hops.${hop}`, all);
    all.push({
      ...destinationOf(hop, config, {
        at: `${at}.hops.${hop}`,
        pipeline,
        idPlace,
        feeder: all.find(({ name: other }) => other === from),
      }),
      kind: 'hop',
      ...(from !== undefined && { from }),
    });
    if (config.deadLetters !== true) last = hop;
  }
  for (const [sink, config] of Object.entries(sinks)) {
    const from = feederOf(config, last, `${at}.sinks.${sink}`, all);
    all.push({
      ...destinationOf(sink, config, {
        at: `${at}.sinks.${sink}`,
        pipeline,
        idPlace,
        feeder: all.find(({ name: other }) => other === from),
      }),
      kind: 'sink',
      ...(from !== undefined && { from }),
    });
  }
  return all;
}

function feederOf(
  { from }: HopConfig | SinkConfig,
  last: string | undefined,
  at: string,
  before: readonly Destination[],
): string | undefined {
  if (from === undefined) return last;
  if (from === sourceName) return before[0]?.kind === 'source' ? sourceName : undefined;
  if (before.some(({ name, kind }) => name === from && kind !== 'sink')) return from;
  throw usageError(
    `${at}.from: ${from} is no hop before it.`,
    `Write ${sourceName}, or a hop that stands before.`,
  );
}

interface Where {
  at: string;
  pipeline: PipelineConfig;
  idPlace: ValuePlace;
  feeder: Destination | undefined;
}

function destinationOf(
  name: string,
  config: HopConfig | SinkConfig,
  { at, pipeline, idPlace, feeder }: Where,
): Omit<Destination, 'kind' | 'from'> {
  const { id, category, categoryMap = {}, compare = {}, deadLetters = false, group } = config;
  const idOf = id === undefined ? ownId(config, idPlace, at) : parseId(id, config, at);
  return {
    name,
    ...locationOf(config),
    ...('topic' in config && { topic: config.topic }),
    partitions: 'topic' in config ? config.partitions : undefined,
    id: idOf,
    positionsOf: positionsOf(idOf, at, feeder),
    category:
      pipeline.category === undefined || category === undefined
        ? undefined
        : {
            message: parseValuePlace(pipeline.category, 'category'),
            there: parseValuePlace(category, `${at}.category`),
          },
    categoryMap: new Map(Object.entries(categoryMap)),
    comparisons: Object.entries(compare).map(([record, row]) => ({
      text: `${record}=${row}`,
      record: parseValuePlace(record, `${at}.compare`),
      row: parseValuePlace(row, `${at}.compare`),
    })),
    deadLetters,
    ...(group !== undefined && { group }),
  };
}

function locationOf(config: HopConfig | SinkConfig): SinkChoice {
  if ('topic' in config) return { location: `topic:${config.topic}` };
  if ('file' in config) return { location: `file:${config.file}` };
  if ('command' in config) return { location: `command:${config.command}` };
  return { location: resolveEnv(config.database), query: config.query, table: config.table };
}

/** A topic without `id` has messages as they were made. */
function ownId(config: HopConfig | SinkConfig, idPlace: ValuePlace, at: string): ValuePlace {
  if ('topic' in config) return idPlace;
  if ('command' in config) return { kind: 'column', name: 'id', text: 'column:id' };
  throw usageError(
    `${at}.id is missing.`,
    'Say where a row has the id of its message: column:NAME or json:PATH.',
  );
}

function parseId(text: string, config: HopConfig | SinkConfig, at: string): DestinationId {
  const id = parseIdPlace(text, `${at}.id`);
  if (id.kind !== 'position' && !(id.kind === 'columns' && 'topic' in config)) return id;
  throw usageError(`${at}.id: ${text} is a position.`, "Name the place of the message's id there.");
}

/** A row may tell the position of its record, if a topic feeds it. */
function positionsOf(id: DestinationId, at: string, feeder: Destination | undefined): string | undefined {
  if (id.kind !== 'columns') return undefined;
  if (feeder?.topic !== undefined) return feeder.topic;
  throw usageError(
    `${at}.id: ${id.text} is a position, and no topic feeds it.`,
    'Name the topic as a hop, and the hop with from.',
  );
}

/** The destinations that hold nothing, and that only such ones feed: then a row from nowhere is none of an earlier run. */
export function withoutHistory(
  destinations: readonly Destination[],
  empty: ReadonlySet<string>,
): Set<string> {
  const found = new Set<string>();
  for (const { name, from } of destinations)
    if (empty.has(name) && (from === undefined || found.has(from))) found.add(name);
  return found;
}
