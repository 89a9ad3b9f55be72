/** The reference page of the config, made from its schema and from the examples beside this file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema } from '../../src/config/schema.ts';

interface JsonSchema {
  type?: string | string[];
  description?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | false;
  anyOf?: JsonSchema[];
  items?: JsonSchema | false;
}

const exampleIn = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8').trim();

const typescript = exampleIn('orders-config.ts')
  .replace(/^\/\*\*.*?\*\/\n/, '')
  .replace('../../src/index.ts', 'nodrop');

export function configPage(): string {
  const config = configJsonSchema() as JsonSchema;
  const process = ofEach(at(config, 'processes'));
  const pipeline = ofEach(at(config, 'pipelines'));
  const sinks = kindsOf(ofEach(at(pipeline, 'sinks')));
  const sink = (name: string): JsonSchema => sinks.find(({ properties = {} }) => name in properties)!;
  const shared = Object.keys(ofEach(at(pipeline, 'hops')).properties!).filter(
    (name) => !['topic', 'partitions'].includes(name),
  );
  return `${[
    ...head,
    '## The file',
    '',
    ...table(config),
    '## `kafka`',
    '',
    ...table(at(config, 'kafka')),
    '## `processes.NAME`',
    '',
    ...table(process),
    '`ready` has exactly one of these names, and `within` beside it:',
    '',
    ...table(merged(kindsOf(at(process, 'ready')))),
    '`stop`:',
    '',
    ...table(at(process, 'stop')),
    '## `pipelines.NAME`',
    '',
    ...table(pipeline),
    '### `source`',
    '',
    'One of four. A topic, `topic(name, { … })`:',
    '',
    ...table(kindsOf(at(pipeline, 'source'))[0]!),
    'Requests, `http(url, { … })`. A variable that holds the address is `env:NAME`:',
    '',
    ...table(kindsOf(at(pipeline, 'source'))[1]!),
    'A program, `command(line, { … })`:',
    '',
    ...table(kindsOf(at(pipeline, 'source'))[2]!),
    'A table, `postgres(location, { table })`, `mysql(…)` or `sqlite(path, …)`:',
    '',
    ...table(kindsOf(at(pipeline, 'source'))[3]!),
    '### `messages`',
    '',
    ...table(at(pipeline, 'messages')),
    ...aboutMessages,
    '### `hops.NAME` and `sinks.NAME`',
    '',
    'All of them take:',
    '',
    ...table(sink('file'), shared),
    'A hop is a topic, and a sink can be one: `topic(name, { … })`.',
    '',
    ...table(sink('topic'), ['topic', 'partitions']),
    'Other sinks are the rows of a database, `postgres(location, { … })`, `mysql(…)` and `sqlite(path, …)`;',
    'files, `file(path, { … })`; and the lines of a program, `command(line, { … })`:',
    '',
    ...table(sink('database'), ['database', 'query', 'table']),
    ...table(sink('file'), ['file']),
    ...table(sink('command'), ['command']),
    ...places,
    ...expectations,
  ]
    .join('\n')
    .trimEnd()}\n`;
}

const head = [
  '# The config',
  '',
  '<!-- Generated: see test/config/config-page.test.ts. -->',
  '',
  'A config describes pipelines of yours: where nodrop hands its messages over, the processes that carry them on, and where they are',
  'to arrive. It is `nodrop.config.ts` (or `.mts`, `.js`, `.mjs`, `.yaml`, `.yml`, `.json`) in the current folder, or the file that `--config FILE`',
  'names. Node leaves the types out by itself: nothing has to be built. For YAML and JSON, editors take [the schema](../config.schema.json), which',
  'is in the package: `# yaml-language-server: $schema=node_modules/nodrop/docs/config.schema.json`.',
  '',
  '`nodrop init --config` writes one for a topic and a table that exist.',
  '',
  '```ts',
  typescript,
  '```',
  '',
  'The same in YAML, with a template and rules in the place of functions:',
  '',
  '```yaml',
  exampleIn('orders-config.yaml'),
  '```',
  '',
  '- Paths count from the folder of the config: `cwd`, `commandConfig`, `file` and `sqlite:PATH`.',
  "- Secrets stand in variables: `env('NAME')`, or `env:NAME` in YAML and JSON. nodrop reads such a text when it is used, and never writes it down.",
  '- Durations are `500ms`, `5s` or `2m`, up to 24 hours.',
  '- Names of processes, pipelines, hops and sinks have up to 64 letters, digits, - and _, and begin with a letter.',
  '- If something is wrong, nodrop names the path, the value and what it takes, ten errors at once, and exits with 64.',
  '',
];

const aboutMessages = [
  '`make` gets `{ id, sequence, run, random }` and gives `{ key, headers, value }`. It must be pure: nodrop may make a message again to judge',
  'it. So chance comes from `random` (`number()`, `integer(min, max)`, `chance(probability)`, `pick(values)`, `text(length)`), and no time',
  'comes from a clock. nodrop makes the first ten messages twice, and refuses a `make` that gives others the second time. A message has 1 000 000',
  'bytes at most. Integer ids need a column of 64 bits.',
  '',
  'In a template, a text of a value that is nothing but `{sequence}`, `{integer:1..9}` or `{pick:true|false}` becomes a number or a truth value',
  'if it reads as one, and `{id}` does if ids are integers.',
  '',
];

const places = [
  '### Places',
  '',
  '| function | text | is |',
  '| --- | --- | --- |',
  "| `header('event-id')` | `header:event-id` | a header of a record |",
  '| `key()` | `key` | the key of a record |',
  "| `json('meta.id')` | `json:meta.id` | a value in JSON; `\\.` is a dot within a name |",
  "| `column('event_id')` | `column:event_id` | a column of a row |",
  "| `columns('p', 'o')`, `columns('t', 'p', 'o')` | `columns:p,o`, `columns:t,p,o` | columns with partition and offset of the record, or topic, partition and offset: the `id` of a sink that a topic feeds |",
  '| `position()` | `position` | topic, partition and offset of the record itself |',
  '',
  '`nodrop run` finds messages by their ids: it refuses positions, and columns of positions, as the `id` of a hop or a sink.',
  '',
];

const expectations = [
  '### `expect`',
  '',
  'A function gets `{ id, sequence, key, headers, value }`, and gives one of these. A hop or a sink that it does not name must not have the',
  'message. It must be pure, as `make`.',
  '',
  '| function | in YAML and JSON | the message is to be |',
  '| --- | --- | --- |',
  '| `{ enriched: once(), table: once() }` | `at: { enriched: once, table: once }` | there, by these rules |',
  "| `dropped('why')` | `dropped: why` | nowhere |",
  "| `deadLettered('why')` | `deadLettered: why` | among the dead letters |",
  '| `oneOf({ paid: value.paid, open: !value.paid })` | rules with `when` | at the one whose condition is true |',
  '',
  'A list of rules takes the place of the function. The first rule whose `when` fits decides, and if none fits, each hop and sink is to have',
  "the message once. `when` has texts by place: `when: { json:test: 'true' }`. A rule without `when` fits all messages.",
  '',
  '| rule | in YAML and JSON | there are to be |',
  '| --- | --- | --- |',
  '| `once()` | `once` | one record or row |',
  '| `atLeastOnce()` | `at-least-once` | one or more |',
  '| `times(3)` | `{ times: 3 }` | exactly so many (0 to 1000) |',
  "| `each(['a-1', 'a-2'])` | `{ each: [a-1, a-2] }` | exactly these children, by their ids |",
  '| `latest({ key: key() })` | `{ latest: { key: key } }` | the newest message of its key; `version` is the place that says which is newer |',
  "| `balances({ by: json('account'), sum: [json('cents'), column('total')] })` | `{ balances: { by: json:account, … } }` | sums that agree, for each value of `by`; also `count` and `fingerprint`, which are columns. `nodrop run` cannot judge it yet, and refuses it |",
];

const at = (schema: JsonSchema, name: string): JsonSchema => schema.properties![name]!;
const ofEach = (schema: JsonSchema): JsonSchema => schema.additionalProperties as JsonSchema;
const kindsOf = (schema: JsonSchema): JsonSchema[] => schema.anyOf!;
const merged = (kinds: JsonSchema[]): JsonSchema => ({
  properties: Object.assign({}, ...kinds.map(({ properties }) => properties)) as Record<string, JsonSchema>,
});

/** One row for each name. */
function table({ properties = {}, required = [] }: JsonSchema, names = Object.keys(properties)): string[] {
  return [
    '| name | takes | meaning |',
    '| --- | --- | --- |',
    ...names
      .filter((name) => name !== '$schema')
      .map((name) => {
        const { description = '', ...schema } = properties[name]!;
        const needed = required.includes(name) ? ' Required.' : '';
        return `| \`${name}\` | ${takenBy(schema)} | ${description.replaceAll('|', '\\|')}${needed} |`;
      }),
    '',
  ];
}

function takenBy({ type, enum: texts, minimum, maximum, anyOf, additionalProperties }: JsonSchema): string {
  if (texts !== undefined) return texts.map((text) => `\`${text}\``).join(', ');
  if (type === 'integer') return `${minimum} to ${maximum}`;
  if (type === 'string') return 'text';
  if (type === 'boolean') return '`true`, `false`';
  if (type === 'array') return 'list';
  if (anyOf?.some((kind) => kind.type === 'string') === true) return 'text or list';
  return typeof additionalProperties === 'object' ? 'object by name' : 'object';
}
