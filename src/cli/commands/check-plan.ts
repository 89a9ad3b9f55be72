/** Makes a plan of the options of `check`. */
import { usageError } from '../../errors.ts';
import type { CheckPlan, Comparison } from '../../check/plan.ts';
import type { ClientSettings } from '../../kafka/client/client-settings.ts';
import { parseIdPlace, parseValuePlace, type ValuePlace } from '../../values/value-place.ts';
import type { CheckValues } from '../options/check-options.ts';

/** Throws `usage` for options that are missing or do not go together. */
export function checkPlanOf(
  values: CheckValues,
  {
    bootstrapServers,
    settings,
    timeoutMs,
  }: { bootstrapServers: string; settings: ClientSettings; timeoutMs: number },
): CheckPlan {
  const { topic: topics = [], sink: sinks = [], query, table } = values;
  if (topics.length === 0) throw missing('--topic NAME', 'the topic whose records are to be in the sink');
  if (new Set(topics).size < topics.length) throw usageError('--topic names a topic twice.');
  if (values.id === undefined) throw missing('--id PLACE', "where a record's id is");
  const [sink] = sinks;
  if (sink === undefined) throw missing('--sink LOCATION', 'where the rows are');
  if (values.sinkId === undefined) throw missing('--sink-id PLACE', "where a row's id is");
  if (query !== undefined && table !== undefined) throw usageError('--query and --table exclude each other.');
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
  return {
    bootstrapServers,
    settings,
    topics,
    from: values.from,
    to: values.to,
    id: parseIdPlace(values.id, '--id'),
    sinkId: parseIdPlace(values.sinkId, '--sink-id'),
    category: optional(values.category, '--category'),
    sinkCategory: optional(values.sinkCategory, '--sink-category'),
    categoryMap: values.categoryMap ?? new Map(),
    comparisons: (values.compare ?? []).map(comparisonOf),
    sink: { location: locationOf(sink), query, table },
    rule,
    version: values.version === undefined ? undefined : versionOf(values.version),
    drops: (values.dropWhen ?? []).map(([place, value]) => ({
      place: parseValuePlace(place, '--drop-when'),
      value,
    })),
    dropReason: values.dropBecause,
    deadLetters: undefined,
    group: values.group,
    settleMs: values.settle,
    timeoutMs,
    sample: values.sample,
  };
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

/** `env:NAME` keeps a location with a password out of the arguments, which others can see. */
export function locationOf(text: string): string {
  if (!text.startsWith('env:')) return text;
  const name = text.slice('env:'.length);
  const location = process.env[name];
  if (location === undefined || location === '')
    throw usageError(`--sink ${text}: the variable ${name} is not set.`);
  return location;
}
