/** Makes a plan of the options of `check`. */
import { usageError } from '../../errors.ts';
import { sinksMax } from '../../check/facts/fact-format.ts';
import { tombstone, type CheckPlan, type Comparison, type SinkPlan } from '../../check/plan.ts';
import { topicPattern } from '../../run-folder/run-folder.ts';
import type { ClientSettings } from '../../kafka/client/client-settings.ts';
import { parseIdPlace, parseValuePlace, type ValuePlace } from '../../values/value-place.ts';
import type { CheckValues } from '../options/check-options.ts';
import { sinkKafkaOf } from '../options/options.ts';

/** Throws `usage` for options that are missing or do not go together. */
export function checkPlanOf(
  values: CheckValues,
  {
    bootstrapServers,
    settings,
    timeoutMs,
  }: { bootstrapServers: string; settings: ClientSettings; timeoutMs: number },
): CheckPlan {
  const { topic: topics = [] } = values;
  if (topics.length === 0) throw missing('--topic NAME', 'the topic whose records are to be in the sink');
  if (new Set(topics).size < topics.length) throw usageError('--topic names a topic twice.');
  if (values.id === undefined) throw missing('--id PLACE', "where a record's id is");
  if (values.sink === undefined) throw missing('--sink LOCATION', 'where the rows are');
  if (values.sinkId === undefined) throw missing('--sink-id PLACE', "where a row's id is");
  if ((values.category === undefined) !== (values.sinkCategory === undefined)) {
    throw usageError(
      '--category and --sink-category belong together.',
      'Name both, so that categories can be compared, or neither.',
    );
  }
  if (values.categoryMap !== undefined && values.category === undefined) {
    throw usageError('--category-map needs --category and --sink-category.');
  }
  const { expect: rule } = values;
  if (values.version !== undefined && rule !== 'latest') throw usageError('--version needs --expect latest.');
  if (rule === 'latest' && values.id === 'position') {
    throw usageError('--expect latest needs an id that repeats, such as key: no position does.');
  }
  if (values.dropBecause !== undefined && values.dropWhen === undefined) {
    throw usageError('--drop-because needs --drop-when.');
  }
  if ((values.compare ?? []).length > comparedMax)
    throw usageError(`--compare names ${values.compare!.length} pairs: at most ${comparedMax} are possible.`);
  if (values.group === '') throw usageError('--group takes the name of a consumer group.');
  refuseEmptyRange(values);
  const sinks = sinksOf(values);
  const sinkKafka = sinkKafkaOf(values, { bootstrapServers, settings });
  if (sinkKafka.bootstrapServers === bootstrapServers) refuseSameTopic(topics, sinks);
  return {
    bootstrapServers,
    settings,
    topics,
    from: values.from,
    to: values.to,
    id: parseIdPlace(values.id, '--id'),
    category: optional(values.category, '--category'),
    categoryMap: values.categoryMap ?? new Map(),
    comparisons: (values.compare ?? []).map(comparisonOf),
    sinkKafka,
    sinks,
    route: optional(values.route, '--route'),
    rule,
    version: values.version === undefined ? undefined : versionOf(values.version),
    ...dropsOf(values.dropWhen ?? []),
    dropReason: values.dropBecause,
    deadLetters: lettersOf(values.deadLetters, sinks),
    group: values.group,
    settleMs: values.settle,
    timeoutMs,
    sample: values.sample,
  };
}

function dropsOf(
  declared: NonNullable<CheckValues['dropWhen']>,
): Pick<CheckPlan, 'drops' | 'dropsTombstones'> {
  const pairs = declared.filter((drop) => drop !== tombstone);
  return {
    drops: pairs.map(([place, value]) => ({ place: parseValuePlace(place, '--drop-when'), value })),
    dropsTombstones: declared.includes(tombstone),
  };
}

/** So many values can be told apart in a finding. */
const comparedMax = 30;

/** Refuses a range that ends before it begins, as far as the options alone tell. */
function refuseEmptyRange({ from, to }: CheckValues): void {
  const hint = 'Name an end that is after the beginning.';
  if (to === 'earliest') throw usageError('--to earliest is before --from: nothing would be checked.', hint);
  if (typeof from === 'string' || typeof to === 'string') return;
  if ('time' in from && 'time' in to && to.time < from.time)
    throw usageError('--to is before --from: nothing would be checked.', hint);
  if (!('offsets' in from) || !('offsets' in to)) return;
  for (const [partition, offset] of to.offsets) {
    const begin = from.offsets.get(partition) ?? 0;
    if (offset < begin)
      throw usageError(`--to ${partition}:${offset} is before --from ${partition}:${begin}.`, hint);
  }
}

/** A topic has all that it has: to compare it with itself would prove nothing. */
function refuseSameTopic(topics: readonly string[], sinks: readonly SinkPlan[]): void {
  for (const { location } of sinks) {
    if (!location.startsWith('topic:')) continue;
    const name = topicOf(location.slice('topic:'.length), `--sink ${location}`);
    if (!topics.includes(name)) continue;
    throw usageError(
      `--sink ${location}: this is the topic that is checked.`,
      'Name the topic that the application writes to.',
    );
  }
}

function topicOf(name: string, option: string): string {
  if (!topicPattern.test(name)) throw usageError(`${option}: this is no name of a topic.`);
  return name;
}

const missing = (option: string, what: string): Error =>
  usageError(
    `${option} is missing: ${what}.`,
    'See nodrop check --help, or let nodrop init propose a command.',
  );

const optional = (text: string | undefined, option: string): ValuePlace | undefined =>
  text === undefined ? undefined : parseValuePlace(text, option);

/** `digest=PLACE` compares the bytes of the record's value. */
function comparisonOf([record, row]: readonly [string, string]): Comparison {
  return {
    text: `${record}=${row}`,
    record: parseValuePlace(record, '--compare'),
    row: parseValuePlace(row, '--compare'),
  };
}

function versionOf(text: string): NonNullable<CheckPlan['version']> {
  const [record = '', row] = text.split('=');
  return { record: parseValuePlace(record, '--version'), row: optional(row, '--version') };
}

/**
 * Each sink has the id, category, query or table that was given in its turn, or the only one that was given. Databases
 * alone have queries and tables.
 */
function sinksOf({
  sink = [],
  sinkId = [],
  sinkCategory = [],
  query = [],
  table = [],
  route,
}: CheckValues): SinkPlan[] {
  if (sink.length > sinksMax)
    throw usageError(`There are ${sink.length} sinks: at most ${sinksMax} are possible.`);
  if (route !== undefined && sink.length === 1)
    throw usageError('--route needs several sinks: there is one.');
  const turns = { '--sink-id': sinkId, '--sink-category': sinkCategory };
  for (const [option, given] of Object.entries(turns)) {
    if (given.length <= 1 || given.length === sink.length) continue;
    throw usageError(
      `There are ${sink.length} sinks and ${given.length} of ${option}.`,
      'Give one for all, or one for each.',
    );
  }
  const labels = sink.flatMap((text) => labelOf(text) ?? []);
  const twice = labels.find((label, index) => labels.indexOf(label) < index);
  if (twice !== undefined)
    throw usageError(`--sink names two sinks ${twice}.`, 'Give each a name of its own.');
  const databases = sink.filter(isDatabase).length;
  if (query.length + table.length > databases) {
    throw usageError(
      query.length > 0 && table.length > 0 && databases === 1
        ? '--query and --table exclude each other.'
        : '--query and --table are for databases: there are more of them than databases.',
    );
  }
  if (query.length > 0 && table.length > 0) {
    throw usageError('With several databases, name a --query for each, or a --table for each.');
  }
  const rest = [...query, ...table];
  return sink.map((text, index) => {
    const [, name, location = ''] = /^(?:([A-Za-z][\w-]*)=)?([^]*)$/.exec(text)!;
    const rows = isDatabase(text) ? (rest.length === 1 ? rest[0] : rest.shift()) : undefined;
    return {
      label: name ?? String(index + 1),
      location: locationOf(location),
      ...(query.length > 0 ? { query: rows } : { table: rows }),
      id: parseIdPlace((sinkId[index] ?? sinkId[0])!, '--sink-id'),
      category: optional(sinkCategory[index] ?? sinkCategory[0], '--sink-category'),
    };
  });
}

const labelOf = (sink: string): string | undefined => /^([A-Za-z][\w-]*)=/.exec(sink)?.[1];

const isDatabase = (sink: string): boolean => !/^(?:[A-Za-z][\w-]*=)?(topic|file|command):/.test(sink);

function lettersOf(text: string | undefined, sinks: readonly SinkPlan[]): CheckPlan['deadLetters'] {
  if (text === undefined) return undefined;
  const [, kind, name] = /^(topic|table):(.+)$/.exec(text) ?? [];
  if (name === undefined) throw usageError(`--dead-letters ${text}: write topic:NAME or table:NAME.`);
  if (kind === 'topic') return { topic: topicOf(name, `--dead-letters ${text}`) };
  const sink = sinks.find(({ location }) => isDatabase(location));
  if (sink === undefined)
    throw usageError(`--dead-letters ${text}: no sink is a database.`, 'Write topic:NAME.');
  return { table: name, sink };
}

/** `env:NAME` keeps a location with a password out of the arguments, which others can see. */
export function locationOf(text: string): string {
  if (!text.startsWith('env:')) return text;
  const name = text.slice('env:'.length);
  const location = process.env[name];
  if (location === undefined || location === '')
    throw usageError(`--sink ${text}: the variable ${name} is not set.`);
  return location;
}
