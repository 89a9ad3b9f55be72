/** The options of `check`. Some have the names of other commands' options, and other values. */
import { InvalidArgumentError } from 'commander';
import { topicPattern } from '../../run-folder/run-folder.ts';
import { tombstone, type Bound, type Rule } from '../../check/plan.ts';
import type { OptionEntry, ValueOf } from './option-entry.ts';
import { parseBootstrap, parseDuration, parseInteger } from './option-values.ts';

const rules = ['once', 'at-least-once', 'latest'] as const;
const sampleMax = 1_000_000_000;

export const checkOptions = {
  topic: {
    flags: '--topic <topic>',
    help: 'topic whose records are to be in the sink; may be repeated',
    parse: parseTopicName,
    repeatable: true,
  },
  from: {
    flags: '--from <bound>',
    help: 'where the range begins: earliest, latest, offsets by partition (0:120,1:88), or a time (2026-11-29T08:00Z)',
    parse: parseBound,
    default: 'earliest',
  },
  to: {
    flags: '--to <bound>',
    help: 'where the range ends: latest, which is fixed at the start, offsets by partition, or a time',
    parse: parseBound,
    default: 'latest',
  },
  id: {
    flags: '--id <place>',
    help: "where a record's id is: header:NAME, key, json:PATH or position (nodrop init proposes one)",
  },
  sinkId: {
    flags: '--sink-id <place>',
    help: "where a row's id is: column:NAME, json:PATH, or columns:[TOPIC,]PARTITION,OFFSET for --id position",
    repeatable: true,
  },
  category: { flags: '--category <place>', help: 'where a record says in which category its row belongs' },
  sinkCategory: {
    flags: '--sink-category <place>',
    help: 'where a row says in which category it is',
    repeatable: true,
  },
  categoryMap: {
    flags: '--category-map <from=to>',
    help: 'names of categories that the sink writes in another way: paid=PAID,open=OPEN',
    parse: parseCategoryMap,
  },
  compare: {
    flags: '--compare <place=place>',
    help: 'further values that must agree, such as json:amountCents=column:amount; may be repeated',
    parse: parsePair,
    repeatable: true,
  },
  sink: {
    flags: '--sink <location>',
    help: 'postgres://…, mysql://…, sqlite:PATH, topic:NAME, file:PATH, command:PROGRAM, or env:VARIABLE that holds one; may be repeated',
    repeatable: true,
  },
  sinkBootstrapServer: {
    flags: '--sink-bootstrap-server <host:port>',
    help: 'address of the Kafka of sinks that are topics, if it is another one',
    parse: parseBootstrap,
  },
  sinkCommandConfig: {
    flags: '--sink-command-config <file>',
    help: 'with --sink-bootstrap-server: its file of client settings',
  },
  query: { flags: '--query <sql>', help: 'the rows of a database: a SELECT', repeatable: true },
  table: { flags: '--table <name>', help: 'the rows of a database: a table or a view', repeatable: true },
  expect: {
    flags: '--expect <rule>',
    help: `what is to become of each record: ${rules.join(', ')}`,
    parse: parseRule,
    default: 'once',
  },
  version: {
    flags: '--version <place>',
    help: 'with --expect latest: where a record says how new it is (default: its offset); PLACE=PLACE for the row, too',
  },
  dropWhen: {
    flags: '--drop-when <place=value>',
    help: 'records that are not to arrive, such as json:test=true; tombstone: those without a value; may be repeated',
    parse: parseDrop,
    repeatable: true,
  },
  dropBecause: { flags: '--drop-because <text>', help: 'why they are dropped, for the report' },
  deadLetters: {
    flags: '--dead-letters <location>',
    help: 'where the pipeline puts what it cannot handle: topic:NAME, or table:NAME in the database of the sink',
  },
  group: {
    flags: '--group <group>',
    help: "the application's consumer group: the check waits for its commits",
  },
  settle: {
    flags: '--settle <duration>',
    help: 'how long after a first look what is missing is looked for again',
    parse: parseDuration,
    default: 5_000,
    defaultText: '5s',
  },
  sample: {
    flags: '--sample <n>',
    help: 'check about so many messages, the same ones at every hop',
    parse: parseInteger(1, sampleMax),
  },
  route: {
    flags: '--route <place>',
    help: 'with several sinks: where a record says in which it belongs, by the name in --sink NAME=LOCATION',
  },
} as const satisfies Record<string, OptionEntry>;

export type CheckValues = {
  -readonly [Name in keyof typeof checkOptions]?: ValueOf<(typeof checkOptions)[Name]>;
} & {
  from: Bound;
  to: Bound;
  expect: Rule;
  settle: number;
};

/** The options of `init`: one topic and one sink. Further ones are refused. */
export const initOptions = {
  topic: { ...checkOptions.topic, help: 'topic that is to be checked' },
  sink: { ...checkOptions.sink, help: checkOptions.sink.help.replace('; may be repeated', '') },
  sinkBootstrapServer: checkOptions.sinkBootstrapServer,
  sinkCommandConfig: checkOptions.sinkCommandConfig,
  query: { flags: checkOptions.query.flags, help: checkOptions.query.help },
  table: { flags: checkOptions.table.flags, help: checkOptions.table.help },
  config: {
    flags: '--config [file]',
    help: 'write a config with a pipeline from the topic to the sink (default: nodrop.config.ts); .yaml is possible, too',
  },
} as const satisfies Record<string, OptionEntry>;

export interface InitValues {
  topic?: string[];
  sink?: string[];
  sinkBootstrapServer?: string;
  sinkCommandConfig?: string;
  query?: string;
  table?: string;
  /** true: the file has the usual name. */
  config?: string | true;
}

function parseTopicName(value: string): string {
  if (!topicPattern.test(value)) throw new InvalidArgumentError('It takes the name of a topic.');
  return value;
}

function parseRule(value: string): Rule {
  const rule = rules.find((known) => known === value);
  if (rule === undefined) throw new InvalidArgumentError(`It takes ${rules.join(', ')}.`);
  return rule;
}

/** `PLACE=PLACE` or `PLACE=VALUE`: divided at the first = that no backslash precedes. */
function parsePair(value: string): [string, string] {
  const found = /^((?:[^=\\]|\\.)+)=(.*)$/su.exec(value);
  if (found === null) throw new InvalidArgumentError('It takes two parts with = between them.');
  return [found[1]!.replaceAll('\\=', '='), found[2]!];
}

function parseDrop(value: string): [string, string] | typeof tombstone {
  return value === tombstone ? tombstone : parsePair(value);
}

function parseCategoryMap(value: string): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const entry of value.split(',')) {
    const [from = '', to, more] = entry.split('=');
    if (from === '' || to === undefined || more !== undefined) {
      throw new InvalidArgumentError(
        'It takes NAME=NAME, with commas between them, such as paid=PAID,open=OPEN.',
      );
    }
    if (map.has(from)) throw new InvalidArgumentError(`It names ${from} twice.`);
    map.set(from, to);
  }
  return map;
}

const boundForms = 'It takes earliest, latest, PARTITION:OFFSET,… or a time such as 2026-11-29T08:00Z.';

function parseBound(value: string): Bound {
  if (value === 'earliest' || value === 'latest') return value;
  if (/^\d{1,9}:\d{1,16}(,\d{1,9}:\d{1,16})*$/.test(value)) {
    const offsets = new Map<number, number>();
    for (const entry of value.split(',')) {
      const [partition, offset] = entry.split(':').map(Number) as [number, number];
      if (offsets.has(partition)) throw new InvalidArgumentError(`It names partition ${partition} twice.`);
      offsets.set(partition, offset);
    }
    return { offsets };
  }
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(value)
    ? Date.parse(value)
    : NaN;
  if (Number.isNaN(time)) throw new InvalidArgumentError(boundForms);
  return { time };
}
