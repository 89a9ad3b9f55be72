/** Consumers that are started by hand and wait for long. `test/integration/by-hand.test.ts` has more runs by hand. */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect, inject, test } from 'vitest';
import { createTopic } from '../../src/kafka/client/topics.ts';
import { newRun } from '../fixtures/new-run.ts';
import { nodrop, start, until } from '../fixtures/nodrop.ts';
import { verify } from '../fixtures/verify.ts';

const bootstrapServers = inject('bootstrapServers');

test('a consumer without --until-drained runs until it is stopped, and the next one resumes at its offsets', async () => {
  const { dir, run, folder, options } = newRun();
  const first = start(['consume', ...options]);
  await nodrop(['produce', '--messages=100', ...options]);
  const store = folder.file('store.sqlite');
  await until('the consumer has its store', () => existsSync(store));
  const rows = (): number => {
    const database = new DatabaseSync(store, { readOnly: true, timeout: 5_000 });
    // The file exists before its tables.
    const isMade =
      database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'messages'`).get() !== undefined;
    const select = isMade ? 'SELECT count(*) AS count FROM messages' : 'SELECT 0 AS count';
    const { count } = database.prepare(select).get() as { count: number };
    database.close();
    return count;
  };
  await until('the consumer has stored all', () => rows() === 100);
  first.child.kill('SIGINT');
  expect((await first.ended).code).toBe(130);
  const second = await nodrop(['consume', '--until-drained', ...options]);
  expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('0 rows') });
  expect((await verify(dir, run)).result.verdict).toBe('pass');
});

test('a consumer waits for records behind an open transaction, and reports the transaction at its timeout', async () => {
  const { dir, run, options } = newRun();
  const topic = `hidden-${run}`;
  const access = { bootstrapServers, client: {}, timeoutMs: 30_000 };
  await createTopic(access, topic, 1);
  const { Producer } = await import('@platformatic/kafka');
  const stranger = new Producer({
    clientId: 'stranger',
    bootstrapBrokers: [bootstrapServers],
    idempotent: true,
    transactionalId: topic,
    // This is also the time limit of the transaction: the broker aborts one that lasts longer.
    timeout: 60_000,
  });
  const open = await stranger.beginTransaction();
  await open.send({ messages: [{ topic, partition: 0, value: Buffer.from('in an open transaction') }] });
  const where = [`--topic=${topic}`, ...options];
  const produced = await nodrop(['produce', '--messages=50', ...where]);
  expect(produced.code, produced.stderr).toBe(0);
  const drain = ['consume', '--until-drained', ...where];
  const hidden = await nodrop([...drain, '--timeout=1500ms']);
  expect(hidden).toMatchObject({ code: 69, stdout: '' });
  expect(hidden.stderr).toContain('partition 0 is at 1 of 51, with 50 records behind an open transaction.');
  expect(hidden.stderr).toContain(`describe-producers --topic ${topic} --partition 0`);
  await open.abort();
  // An open transaction behind the run's last record hides no record of the run.
  const next = await stranger.beginTransaction();
  await next.send({ messages: [{ topic, partition: 0, value: Buffer.from('nor that') }] });
  const drained = await nodrop(drain);
  expect(drained, drained.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('50 rows') });
  await next.abort();
  await stranger.close();
  expect((await verify(dir, run)).result.verdict).toBe('pass');
});
