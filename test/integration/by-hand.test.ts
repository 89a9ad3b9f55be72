/** Producer, consumer and audit, each started by hand as in a terminal of its own. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { copyOf, madeRun } from '../fixtures/made-run.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop, start, until } from '../fixtures/nodrop.ts';
import { verify } from '../fixtures/verify.ts';

const bootstrapServers = inject('bootstrapServers');
const at = `--bootstrap-server=${bootstrapServers}`;
const newRun = (): { dir: string; run: string; path: string } => {
  const dir = newDir();
  const run = `h${randomUUID().slice(0, 8)}`;
  return { dir, run, path: join(dir, 'runs', run) };
};

test('a run by hand passes with the consume and verify commands that produce prints', async () => {
  const { dir, run } = newRun();
  const produced = await nodrop(['produce', `--run=${run}`, `--dir=${dir}`, '--messages=300', at]);
  expect(produced.code, produced.stderr).toBe(0);
  const [summary, consume, verifyLine] = produced.stdout.trim().split('\n');
  expect(summary).toContain('300 sent, 300 acknowledged');
  const consumed = await nodrop(consume!.split(' ').slice(1));
  expect(consumed.code, consumed.stderr).toBe(0);
  expect(consumed.stdout).toContain('300 rows and 0 dead letters');
  const verified = await nodrop([...verifyLine!.split(' ').slice(1), '--json']);
  expect(verified.code, verified.stderr).toBe(0);
  expect(JSON.parse(verified.stdout)).toMatchObject({ verdict: 'pass', store: { rows: 300 } });
});

test('a consumer that starts before its topic and its run exist stores all messages', async () => {
  const { dir, run } = newRun();
  const consumer = start(['consume', '--until-drained', `--run=${run}`, `--dir=${dir}`, at]);
  await until('the consumer has its store', () => existsSync(join(dir, 'runs', run, 'store.sqlite')));
  const { code, stderr } = await nodrop(['produce', `--run=${run}`, `--dir=${dir}`, '--messages=200', at]);
  expect(code, stderr).toBe(0);
  expect(await consumer.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('200 rows') });
  expect((await verify(dir, run)).result.verdict).toBe('pass');
});

test('a record of another program is sorted by its state alone, and an unreadable one becomes a dead letter', async () => {
  const { dir, run } = newRun();
  const topic = `strange-${run}`;
  const { Producer, stringSerializers } = await import('@platformatic/kafka');
  await nodrop([
    'produce',
    `--run=${run}-other`,
    `--dir=${dir}`,
    `--topic=${topic}`,
    '--messages=10',
    '--partitions=1',
    at,
  ]);
  const producer = new Producer({
    clientId: 'stranger',
    bootstrapBrokers: [bootstrapServers],
    serializers: stringSerializers,
  });
  const values = ['{"state":"failed","n":1}', '{"state":"lost"}', 'no json', '', '{"state":"completed"}'];
  await producer.send({ messages: values.map((value) => ({ topic, value })) });
  await producer.close();
  const consumed = await nodrop([
    'consume',
    '--until-drained',
    `--run=${run}`,
    `--topic=${topic}`,
    `--dir=${dir}`,
    at,
  ]);
  expect(consumed, consumed.stderr).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('12 rows and 3 dead letters'),
  });
  const letters = await nodropInProcess(['messages', run, '--dead-letters', '--json', `--dir=${dir}`]);
  const documents = letters.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { reason: string; payload: string });
  expect(documents.map(({ reason, payload }) => [payload, reason])).toEqual([
    ['{"state":"lost"}', "its state 'lost' is none of failed, completed, in-progress"],
    ['no json', 'its payload is not JSON'],
    ['', 'its payload is not JSON'],
  ]);
  const failed = await nodropInProcess([
    'messages',
    run,
    '--state=failed',
    '--limit=100',
    '--json',
    `--dir=${dir}`,
  ]);
  expect(failed.stdout).toContain('"payload":"{\\"state\\":\\"failed\\",\\"n\\":1}"');
  const shown = await nodropInProcess(['messages', run, '--dead-letters', `--dir=${dir}`]);
  expect(shown.stdout).toContain('its payload is not JSON');
});

test('after a producer was killed, the consumer drains and ends, and the run is inconclusive', async () => {
  const { dir, run } = newRun();
  const producer = start([
    'produce',
    `--run=${run}`,
    `--dir=${dir}`,
    '--messages=1000000',
    '--batch-size=20',
    at,
  ]);
  await until('it has begun', () => existsSync(join(dir, 'runs', run, 'run.json.sha256')));
  producer.child.kill('SIGKILL');
  await producer.ended;
  const consumed = await nodrop(['consume', '--until-drained', `--run=${run}`, `--dir=${dir}`, at]);
  expect(consumed.code, consumed.stderr).toBe(0);
  const { code, result } = await verify(dir, run);
  expect(code).toBe(2);
  expect(result).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(result.ledger.unsent).toBeGreaterThan(0);
});

const { DatabaseSync: Database } = createRequire(import.meta.url)(
  'node:sqlite',
) as typeof import('node:sqlite');

function spoil(path: string, sql: string): void {
  const database = new Database(join(path, 'store.sqlite'));
  database.exec(sql);
  database.close();
}

const columns = 'run, producer, sequence, id, topic_id, partition, "offset", key, payload, digest, stored_at';
const oneRow = (table: string): string =>
  `(topic_id, partition, "offset") IN (SELECT topic_id, partition, "offset" FROM ${table} LIMIT 1)`;

test.each([
  ['deleted', `DELETE FROM failed WHERE ${oneRow('failed')}`, ['lost store 1']],
  [
    'moved',
    `INSERT INTO completed SELECT * FROM failed WHERE ${oneRow('failed')}; DELETE FROM failed WHERE ${oneRow('failed')}`,
    ['misclassified store 1'],
  ],
  [
    'altered in its payload',
    `UPDATE failed SET payload = replace(CAST(payload AS TEXT), 'EUR', 'USD') WHERE instr(CAST(payload AS TEXT), 'EUR')`,
    ['corrupted consumer'],
  ],
  [
    'altered in its key',
    `UPDATE failed SET key = CAST('x' AS BLOB) WHERE ${oneRow('failed')}`,
    ['corrupted consumer 1'],
  ],
  [
    'altered in its digest',
    `UPDATE failed SET digest = '0000000000000000' WHERE ${oneRow('failed')}`,
    ['corrupted consumer 1'],
  ],
  [
    'altered in its time',
    `UPDATE failed SET stored_at = 'yesterday' WHERE ${oneRow('failed')}`,
    ['corrupted consumer 1'],
  ],
  [
    'doubled in its table',
    `INSERT INTO failed SELECT run, producer, sequence, id, topic_id, partition, "offset" + 1000, key, payload, digest, stored_at FROM failed WHERE ${oneRow('failed')}`,
    ['duplicated store 1'],
  ],
  [
    'doubled in another table',
    `INSERT INTO completed SELECT * FROM failed WHERE ${oneRow('failed')}`,
    ['duplicated store 1', 'misclassified store 1'],
  ],
  [
    'renumbered in its sequence',
    `UPDATE failed SET sequence = sequence + 1 WHERE ${oneRow('failed')}`,
    ['corrupted consumer 1'],
  ],
  [
    'renumbered in its offset',
    `UPDATE failed SET "offset" = "offset" + 1000 WHERE ${oneRow('failed')}`,
    ['corrupted store 1'],
  ],
  [
    'renumbered in its id',
    `UPDATE failed SET id = 'p0-100000' WHERE ${oneRow('failed')}`,
    ['corrupted consumer 1'],
  ],
  [
    'invented',
    `INSERT INTO failed (${columns}) SELECT run, producer, 777777, 'p0-777777', topic_id, 0, 99999, key, payload, digest, stored_at FROM failed LIMIT 1`,
    ['phantom store 1'],
  ],
  [
    'renamed to another run',
    `UPDATE failed SET run = 'other' WHERE ${oneRow('failed')}`,
    ['corrupted consumer 1'],
  ],
  [
    'made a dead letter',
    `INSERT INTO dead_letters SELECT topic_id, partition, "offset", key, payload, NULL, 'why', stored_at FROM failed WHERE ${oneRow('failed')}; DELETE FROM failed WHERE ${oneRow('failed')}`,
    ['wrongly-dead-lettered consumer 1'],
  ],
] as [string, string, string[]][])(
  'a store row that was %s is found, with the right kind and blame',
  async (_, sql, expected) => {
    const { dir, run, folder: path } = await spoiltOnce;
    const backup = readFileSync(join(path, 'store.sqlite'));
    try {
      spoil(path, sql);
      const { code, result } = await verify(dir, run);
      expect(code).toBe(1);
      expect(result.verdict).toBe('fail');
      const found = result.findings.map(({ kind, blame, count }) => `${kind} ${blame} ${count}`);
      expect(found).toHaveLength(expected.length);
      for (const [index, finding] of expected.entries()) expect(found[index]).toContain(finding);
      for (const { examples } of result.findings) expect(examples[0]!.id).toMatch(/^p0-\d+$/);
      const all = readFileSync(join(path, 'findings.jsonl'), 'utf8').trim().split('\n');
      expect(all).toHaveLength(result.findings.reduce((sum, finding) => sum + finding.count, 0));
    } finally {
      for (const suffix of ['-wal', '-shm']) rmSync(join(path, `store.sqlite${suffix}`), { force: true });
      writeFileSync(join(path, 'store.sqlite'), backup);
    }
    expect((await verify(dir, run)).result.verdict).toBe('pass');
  },
);
const spoiltOnce = madeRun().then(copyOf);

test('missing or altered evidence makes the verdict inconclusive, with a JSON result and exit code 2', async () => {
  // The run removes its topic after the pass.
  const { dir, run, path } = newRun();
  const passed = await nodrop(['run', `--run=${run}`, `--dir=${dir}`, '--messages=120', at]);
  expect(passed.code, passed.stderr).toBe(0);
  const files: [name: string, change: (path: string) => void][] = [
    ['ledger-p0-0.bin', (file) => truncateSync(file, 900)],
    ['ledger-p0-0.bin', (file) => rmSync(file)],
    ['ledger-p0-0.bin', (file) => writeFileSync(file, 'nonsense')],
    ['log.scan', (file) => truncateSync(file, 400)],
    ['log.json', (file) => writeFileSync(file, '{}')],
    ['store.sqlite', (file) => rmSync(file)],
    ['store.sqlite', (file) => writeFileSync(file, 'nonsense'.repeat(1000))],
    ['run.json', (file) => rmSync(file)],
    ['run.json', (file) => writeFileSync(file, '{"schema":1}')],
    ['run.json', (file) => writeFileSync(file, 'nonsense')],
    [
      'run.json',
      (file) =>
        writeFileSync(file, readFileSync(file, 'utf8').replace('"payloadBytes": 200', '"payloadBytes": 2')),
    ],
  ];
  for (const [name, change] of files) {
    const file = join(path, name);
    const before = readFileSync(file);
    change(file);
    const { code, result } = await verify(dir, run);
    expect([name, code, result.verdict, result.findings]).toEqual([name, 2, 'inconclusive', []]);
    expect(result.notChecked.length).toBeGreaterThan(0);
    writeFileSync(file, before);
  }
  expect((await verify(dir, run)).code).toBe(0);
  rmSync(join(path, 'log.scan.sha256'));
  // Neither the topic nor the saved scan is left, so only the log cannot be judged.
  expect(await verify(dir, run, '--timeout=2s')).toMatchObject({
    code: 2,
    result: { verdict: 'inconclusive' },
  });
});

test('if no message was acknowledged, the verdict names the error with which Kafka refused them', async () => {
  const { dir, run } = newRun();
  const topic = `small-${run}`;
  const { Admin } = await import('@platformatic/kafka');
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [bootstrapServers] });
  await admin.createTopics({ topics: [topic], configs: [{ name: 'max.message.bytes', value: '1000' }] });
  await admin.close();
  const where = [`--run=${run}`, `--dir=${dir}`, `--topic=${topic}`, at];
  const produced = await nodrop(['produce', '--messages=30', '--payload-bytes=2000', ...where]);
  expect(produced.code, produced.stderr).toBe(0);
  const { code, result } = await verify(dir, run);
  expect(code).toBe(2);
  expect(result.notChecked).toContain('No message was acknowledged: 30 were refused, MESSAGE_TOO_LARGE.');
});
