/** The config that `nodrop init` writes is right however the records look, and takes over no secrets. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { configText } from '../../../src/check/propose/config-text.ts';
import { messagesLike } from '../../../src/check/propose/messages-like.ts';
import { proposedConfig } from '../../../src/check/propose/proposed-config.ts';
import { Sample } from '../../../src/check/propose/sample.ts';
import { checkConfig } from '../../../src/config/check-config.ts';
import type { Config } from '../../../src/config/config.ts';
import { parseValuePlace } from '../../../src/values/value-place.ts';
import type { ValueKind } from '../../../src/values/value-batch.ts';
import { loadConfigs } from '../../fixtures/load-configs.ts';
import { newDir } from '../../fixtures/nodrop.ts';

/** Records by place: the kind of its values, and the value of each record. */
function sampleOf(places: Record<string, readonly [ValueKind, readonly (string | null)[]]>): Sample {
  const texts = Object.keys(places);
  const sample = new Sample(
    texts.map((text) => parseValuePlace(text, '--id')),
    Object.values(places).map(([kind]) => kind),
  );
  for (const [index, [, values]] of Object.values(places).entries()) sample.columns[index]!.push(...values);
  return sample;
}

const six = (one: string, other = one): string[] => [one, other, one, other, one, other];
const numbered = (text: string): string[] => Array.from({ length: 6 }, (_, index) => `${text}${index}`);

test('messages have the places and kinds of the records', () => {
  const records = sampleOf({
    key: ['text', numbered('customer-')],
    'header:event-id': ['text', numbered('e-')],
    'json:copy': ['text', numbered('e-')],
    'header:traceparent': ['text', numbered('00-')],
    'header:nodrop-run': ['text', six('a')],
    'json:order.state': ['text', six('open', 'paid')],
    'json:order.lines': ['number', numbered('1')],
    'json:order.price': ['number', six('1.5', '2.5')],
    'json:test': ['boolean', six('true', 'false')],
    'json:name': ['text', numbered('Somebody ')],
    'json:password': ['text', six('hunter2')],
    'json:at': ['text', numbered('2026-01-01T00:00:0').map((text) => `${text}Z`)],
    'json:brace': ['text', six('{a}')],
    'json:none': ['text', [null, null]],
    'json:order': ['text', six('x')],
    digest: ['text', numbered('d')],
  });
  expect(messagesLike(records, 'header:event-id')).toEqual({
    count: 1000,
    make: {
      key: 'key-{sequence}',
      headers: { 'event-id': '{id}' },
      value: {
        copy: '{id}',
        order: { state: '{pick:open|paid}', lines: '{integer:10..15}', price: '{pick:1.5}' },
        test: '{pick:true|false}',
        name: 'name-{sequence}',
        password: 'password-{sequence}',
        at: '2026-01-01T00:00:00Z',
        brace: 'brace-{sequence}',
      },
    },
  });
});

test('ids are of the kind that the records have', () => {
  const idsLike = (...values: string[]): unknown =>
    messagesLike(sampleOf({ key: ['text', values] }), 'key').ids;
  expect([
    idsLike('0f8fad5b-d9cb-469f-a165-70867728950e'),
    idsLike('1', '9007199254740993'),
    idsLike('1', 'x'),
    messagesLike(sampleOf({ 'json:a': ['number', ['1']] }), 'position').ids,
  ]).toEqual(['uuid', 'integer', undefined, undefined]);
});

const candidate = {
  id: 'json:id',
  sinkId: 'column:id',
  agreements: { category: undefined, comparisons: [], nearly: [] },
} as unknown as Parameters<typeof proposedConfig>[0];
const given = {
  bootstrapServers: 'localhost:9092',
  commandConfig: undefined,
  settings: [],
  topic: '2.orders v1'.replace(' ', '_'),
  query: undefined,
  table: undefined,
};
const records = sampleOf({ 'json:id': ['text', numbered('it\'s \\ "')] });

async function configOf(sink: string, more: object = {}, location = sink): Promise<Config> {
  const options = { records, folder: join(process.cwd(), 'conf'), location };
  const { config } = proposedConfig(candidate, { ...given, sink, ...more }, options);
  return await checkConfig(config, 'proposed');
}

const sinkOf = async (...args: Parameters<typeof configOf>): Promise<unknown> =>
  Object.entries((await configOf(...args)).pipelines['pipeline']!.sinks)[0];

test('each location becomes a sink, paths count from the folder of the config, and no password is written', async () => {
  const id = 'column:id';
  expect(await sinkOf('postgres://me@host/db', { table: 't' })).toEqual([
    'table',
    { database: 'postgres://me@host/db', table: 't', id },
  ]);
  expect(await sinkOf('postgres://me:hunter2@host/db', { query: 'q' })).toEqual([
    'table',
    { database: 'env:DATABASE_URL', query: 'q', id },
  ]);
  expect(await sinkOf('env:DB', { table: 't' }, 'mysql://me:hunter2@host/db')).toEqual([
    'table',
    { database: 'env:DB', table: 't', id },
  ]);
  expect(await sinkOf('sqlite:a.db', { table: 't' })).toEqual([
    'table',
    { database: 'sqlite:../a.db', table: 't', id },
  ]);
  expect(await sinkOf('file:out/*.csv')).toEqual(['file', { file: '../out/*.csv', id }]);
  expect(await sinkOf('command:./rows')).toEqual(['rows', { command: './rows', id }]);
  const { kafka } = await configOf('file:a.csv', { commandConfig: 'client.properties' });
  expect(kafka).toEqual({ bootstrapServers: 'localhost:9092', commandConfig: '../client.properties' });
});

test('client settings and a second Kafka are refused', async () => {
  await expect(configOf('file:a.csv', { settings: ['acks=1'] })).rejects.toThrow(
    '--config does not go with --setting',
  );
  await expect(configOf('topic:b', { sinkBootstrapServer: 'a:1' })).rejects.toThrow('a config has one Kafka');
});

test('what is written is read as it was meant', async () => {
  const texts = { 'a-b': `it's "quoted" \\ and\nbroken`, plain: '{pick:a|b}', n: 5, none: null, yes: true };
  const config = {
    pipelines: {
      a: {
        source: { topic: 'a' },
        messages: { make: { value: texts } },
        sinks: { b: { file: 'b.csv', id: 'column:id' } },
      },
    },
  } satisfies Config;
  const dir = newDir();
  const ending = ['ts', 'mjs', 'yaml'];
  for (const each of ending) {
    mkdirSync(join(dir, each));
    const file = join(dir, each, `nodrop.config.${each}`);
    writeFileSync(file, configText(file, config, ['A note.']));
  }
  const loaded = loadConfigs(...ending.map((each) => [null, join(dir, each)] as const));
  expect(loaded.map(({ config: read }) => (read as Config).pipelines['a']!.messages)).toEqual(
    ending.map(() => config.pipelines.a.messages),
  );
  expect(parse(configText('a.yml', config, ['A note.']))).toEqual({ processes: {}, ...config });
  expect(() => configText('a.json', config, [])).toThrow('--config a.json has no ending of a config.');
});
