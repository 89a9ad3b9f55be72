/** How the consumer finds the state of a record, and what it does with an unknown state. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { RunFolder, type Manifest } from '../../src/run-folder/run-folder.ts';
import { openSnapshot } from '../../src/stores/engines.ts';
import { writeForeignTopic, type ForeignRecord } from '../fixtures/foreign-topic.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';

const bootstrapServers = inject('bootstrapServers');
const at = `--bootstrap-server=${bootstrapServers}`;
const newRun = (): string => `s${randomUUID().slice(0, 8)}`;

describe('messages that nodrop produced', () => {
  test.each([
    {
      options: ['--state-field=status.code'],
      payload: /^\{"id":"p0-\d+","status":\{"code":"failed"\},"/,
      noted: { stateField: 'status.code' },
      tables: ['completed', 'failed', 'in-progress'],
    },
    {
      options: ['--state-header=x-state', '--other=rest'],
      payload: /^\{"id":"p0-\d+","customer":"/,
      noted: { stateHeader: 'x-state' },
      tables: ['completed', 'failed', 'in-progress', 'rest'],
    },
  ])(
    'run $options passes, and its messages carry the state there',
    async ({ options, payload, noted, tables }) => {
      const dir = newDir();
      const run = newRun();
      const shared = [`--dir=${dir}`, `--run=${run}`, '--messages=300', '--json', at];
      const { code, stdout, stderr } = await nodrop(['run', ...shared, ...options]);
      expect(code, stdout + stderr).toBe(0);
      const manifest = JSON.parse(readFileSync(join(dir, 'runs', run, 'run.json'), 'utf8')) as Manifest;
      expect(manifest).toMatchObject(noted);
      for (const row of await shown(dir, run, '--state=failed')) expect(row['payload']).toMatch(payload);
      expect(await shown(dir, run, '--dead-letters')).toEqual([]);
      expect((await nodropInProcess(['verify', run, `--dir=${dir}`])).code).toBe(0);
      const snapshot = await openSnapshot(new RunFolder(dir, run).store);
      expect([...snapshot.categories].sort()).toEqual(tables);
      await snapshot.close();
    },
  );

  test('the consume command that produce prints names the place of the state', async () => {
    const dir = newDir();
    const run = newRun();
    const options = ['--state-header=x-state', '--states=open=3,paid'];
    const produced = await nodrop([
      'produce',
      `--run=${run}`,
      `--dir=${dir}`,
      '--messages=50',
      ...options,
      at,
    ]);
    expect(produced.code, produced.stderr).toBe(0);
    const [, consume] = produced.stdout.trim().split('\n');
    const consumed = await nodrop(consume!.split(' ').slice(1));
    expect(consumed.stdout, consumed.stderr).toContain('50 rows and 0 dead letters');
    expect((await nodropInProcess(['verify', run, `--dir=${dir}`])).code).toBe(0);
  });

  test('a consumer with another place of the state makes dead letters, and the audit finds them wrong', async () => {
    const dir = newDir();
    const run = newRun();
    const shared = [`--run=${run}`, `--dir=${dir}`, at];
    await nodrop(['produce', '--messages=50', '--state-header=x-state', ...shared]);
    const consumed = await nodrop(['consume', '--until-drained', ...shared]);
    expect(consumed.stdout, consumed.stderr).toContain('0 rows and 50 dead letters');
    const verified = await nodropInProcess(['verify', run, `--dir=${dir}`, '--json']);
    expect(verified.code).toBe(1);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      findings: [{ kind: 'wrongly-dead-lettered', blame: 'consumer', count: 50 }],
    });
  });
});

type Shown = Record<string, unknown> & { category?: string; reason?: string; offset: number };

async function shown(dir: string, run: string, ...options: string[]): Promise<Shown[]> {
  const { code, stdout, stderr } = await nodropInProcess([
    'messages',
    run,
    `--dir=${dir}`,
    '--limit=1000',
    '--json',
    ...options,
  ]);
  expect(code, stderr).toBe(0);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Shown);
}

describe('messages of other programs', () => {
  const byField: ForeignRecord[] = [
    { payload: '{"status":{"code":"paid"}}' },
    { payload: '{"status":{"code":"lost"},"state":"paid"}' },
    { payload: '{"status":{"code":404}}' },
    { payload: '{"state":"paid"}' },
    { payload: '{"status":{"code":null}}' },
    { payload: 'no json' },
    { payload: null },
  ];
  const byHeader: ForeignRecord[] = [
    { payload: 'no json', headers: [['x-state', 'paid']] },
    {
      payload: null,
      headers: [
        ['x-state', 'open'],
        ['x-state', 'paid'],
      ],
    },
    { payload: '{"state":"paid"}', headers: [['x-state', 'lost']] },
    { payload: '{"state":"paid"}', headers: [['X-State', 'paid']] },
    { payload: '', headers: [['x-state', null]] },
    { payload: '', headers: [['x-state', Buffer.from([0xc3])]] },
  ];

  const unsorted = {
    3: 'it carries no state at status.code',
    4: 'its state is not a string, a number or a boolean',
    5: 'its payload is not JSON',
    6: 'it has no payload',
  };
  const unheaded = {
    3: 'it carries no state in the header x-state',
    4: 'it carries no state in the header x-state',
    5: 'its state is not UTF-8',
  };

  test.each([
    {
      options: ['--state-field=status.code'],
      records: byField,
      expected: {
        0: 'paid',
        1: "its state 'lost' is none of open, paid",
        2: "its state '404' is none of open, paid",
        ...unsorted,
      },
    },
    {
      options: ['--state-field=status.code', '--other=the-rest'],
      records: byField,
      expected: { 0: 'paid', 1: 'the-rest', 2: 'the-rest', ...unsorted },
    },
    {
      options: ['--state-header=x-state'],
      records: byHeader,
      expected: { 0: 'paid', 1: 'open', 2: "its state 'lost' is none of open, paid", ...unheaded },
    },
    {
      options: ['--state-header=x-state', '--other=open'],
      records: byHeader,
      expected: { 0: 'paid', 1: 'open', 2: 'open', ...unheaded },
    },
  ])(
    'consume $options sorts each record into its category or the dead letters',
    async ({ options, records, expected }) => {
      const dir = newDir();
      const run = newRun();
      const topic = `foreign-${run}`;
      await writeForeignTopic(bootstrapServers, topic, records);
      const args = [`--run=${run}`, `--topic=${topic}`, `--dir=${dir}`, '--states=open,paid', ...options, at];
      const consumed = await nodrop(['consume', '--until-drained', ...args]);
      expect(consumed.code, consumed.stderr).toBe(0);
      const rows = await shown(dir, run);
      const letters = await shown(dir, run, '--dead-letters');
      const found = [...rows, ...letters].map(({ offset, category, reason }) => [offset, category ?? reason]);
      expect(Object.fromEntries(found)).toEqual(expected);
      expect(found).toHaveLength(records.length);
    },
  );
});

test.each([
  ['run', ['--state-field=items.0.state']],
  ['produce', ['--state-field=customer']],
  ['produce', ['--state-field=a.b', '--payload-bytes=140']],
  ['run', ['--state-field=']],
  ['consume', ['--state-field=a..b']],
  ['consume', ['--state-field=a', '--state-header=b']],
  ['run', ['--state-header=a', '--state-field=b']],
  ['consume', ['--state-header=nodrop-run']],
  ['consume', ['--other=dead-letters']],
  ['consume', ['--other=A']],
  ['produce', ['--other=rest']],
])('%s %j is wrong usage', async (command, options) => {
  const { code, stderr } = await nodropInProcess([command, `--dir=${newDir()}`, '--run=x', ...options, at]);
  expect(code, stderr).toBe(64);
});
