/** How the consumer finds the state of a record, and what it does with an unknown state. */
import { randomUUID } from 'node:crypto';
import { describe, expect, inject, test } from 'vitest';
import { writeForeignTopic, type ForeignRecord } from '../fixtures/foreign-topic.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';
import { rowsIn, shown, statedRun } from '../fixtures/stated-run.ts';

const bootstrapServers = inject('bootstrapServers');
const at = `--bootstrap-server=${bootstrapServers}`;
const newRun = (): string => `s${randomUUID().slice(0, 8)}`;

const example = '--states=PENDING,IN_PROGRESS,200,In Progress';

test('run --state-header --other passes with any text as states, and its messages carry the state in the header', async () => {
  const { manifest, payloads, rows } = await statedRun(
    '--state-header=x-state',
    '--other=The Rest',
    String.raw`${example},failed,it's\, 失敗\=x`,
  );
  expect(manifest).toMatchObject({ stateHeader: 'x-state' });
  for (const payload of payloads) expect(payload).toMatch(/^\{"id":"p0-\d+","customer":"/);
  const states = ['200', 'IN_PROGRESS', 'In Progress', 'PENDING', 'failed', "it's, 失敗=x"];
  expect(Object.keys(rows).toSorted()).toEqual([...states, 'The Rest'].toSorted());
  expect(states.filter((state) => rows[state] === 0)).toEqual([]);
});

test('consume keeps states apart whose tables would have one name, also in PostgreSQL', async () => {
  const { location, password } = inject('postgres');
  process.env['PGPASSWORD'] = password;
  const run = newRun();
  const texts = ['"IN_PROGRESS"', '"In Progress"', '"PENDING"', '"In Progress"', '200', '"in-progress"'];
  await writeForeignTopic(
    bootstrapServers,
    run,
    texts.map((text) => ({ payload: `{"state":${text}}` })),
  );
  const store = `${location}?schema=${run}`;
  const of = [`--run=${run}`, `--topic=${run}`, `--dir=${newDir()}`, `--store=${store}`, at];
  const consumed = await nodrop(['consume', '--until-drained', ...of, example]);
  expect(consumed.stdout, consumed.stderr).toContain('5 rows and 1 dead letter');
  expect(await rowsIn(store)).toEqual({ IN_PROGRESS: 1, 'In Progress': 2, PENDING: 1, '200': 1 });
});

const framed = (text: string): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), Buffer.from(text)]);

test('if no record could be sorted, the last line of consume says so, with the most frequent reason', async () => {
  const topic = `foreign-${newRun()}`;
  await writeForeignTopic(bootstrapServers, topic, [
    { payload: framed('{"state":"failed"}') },
    { payload: null },
    { payload: framed('{"state":"completed"}') },
  ]);
  const reason =
    'its payload is not JSON: it looks like JSON behind the five bytes of a schema registry (schema 7), which --registry-framing json passes over';
  const consume = async (...options: string[]): Promise<string> => {
    const args = [`--run=${newRun()}`, `--topic=${topic}`, `--dir=${newDir()}`, '--until-drained', at];
    const { code, stdout, stderr } = await nodrop(['consume', ...args, ...options]);
    expect(code, stderr).toBe(0);
    return stdout.trim().split('\n').at(-1)!;
  };
  const [several, passedOver] = await Promise.all([
    consume('--consumers=2'),
    consume('--registry-framing=json', '--json'),
  ]);
  expect(several).toBe(
    `No record could be sorted by its state. The most frequent reason (2 of them): ${reason}.`,
  );
  const commonReason = { reason: 'it has no payload', count: 1 };
  expect(JSON.parse(passedOver)).toMatchObject({ stored: 2, deadLetters: 1, commonReason });
});

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
  ['consume', ['--other=rest:FAILED', '--states=rest:failed']],
  ['consume', ['--other=rest:failed', '--states=failed']],
  ['consume', ['--other=rest:failed', '--states=failed,x:rest']],
  ['consume', ['--states=in-progress=IN_PROGRESS']],
  ['run', ['--states=rest:failed,rest:Failed']],
  ['consume', ['--registry-framing=avro']],
  ['consume', ['--registry-framing=json', '--state-header=x']],
  ['produce', ['--registry-framing=json']],
  ['produce', ['--other=rest']],
])('%s %j is wrong usage', async (command, options) => {
  const { code, stderr } = await nodropInProcess([command, `--dir=${newDir()}`, '--run=x', ...options, at]);
  expect(code, stderr).toBe(64);
});
