/** A consumer that resumes on a topic that has lost records: it stops, and the audit says which records are gone. */
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { createTopic, withAdmin } from '../../src/kafka/client/topics.ts';
import type { Result } from '../../src/result/result.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop, startUpTo } from '../fixtures/nodrop.ts';

const bootstrapServers = inject('bootstrapServers');
const access = { bootstrapServers, client: {}, timeoutMs: 30_000 };
const soonMissed = ['-X', 'session.timeout.ms=1000', '-X', 'heartbeat.interval.ms=300'];
const limits = ['-X', 'max.partition.fetch.bytes=20000', ...soonMissed];

interface Halted {
  topic: string;
  options: string[];
  verify: string[];
}

/** A run of 1000 messages whose consumer was killed after it had stored 200. */
async function halted(): Promise<Halted> {
  const [dir, run] = [newDir(), `c${randomUUID().slice(0, 8)}`];
  const options = [`--run=${run}`, `--dir=${dir}`, `--bootstrap-server=${bootstrapServers}`];
  const load = ['--messages=1000', '--batch-size=100', '--partitions=1', '--payload-bytes=150'];
  const produced = await nodrop(['produce', ...load, ...options]);
  expect(produced.code, produced.stderr).toBe(0);
  const consumer = startUpTo('after-group-commit', 2, ['consume', ...limits, ...options]);
  await consumer.reached;
  consumer.child.kill('SIGKILL');
  await consumer.ended;
  return { topic: `nodrop-${run}`, options, verify: ['verify', run, '--json', '--rescan', `--dir=${dir}`] };
}

async function verdictOf({ verify }: Halted): Promise<{ code: number | null; result: Result }> {
  const { code, stdout } = await nodropInProcess(verify);
  return { code, result: JSON.parse(stdout) as Result };
}

const remake = async (topic: string): Promise<void> => {
  await withAdmin(access, (admin) => admin.deleteTopics({ topics: [topic] }));
  expect(await createTopic(access, topic, 1)).toBe(true);
};

test('a consumer does not skip records that retention removed: it stops, and the audit finds them expired', async () => {
  const run = await halted();
  const partitions = [{ partition: 0, offset: 500n }];
  await withAdmin(access, (admin) => admin.deleteRecords({ topics: [{ name: run.topic, partitions }] }));
  const again = await nodrop(['consume', '--until-drained', ...soonMissed, ...run.options]);
  expect(again.code).toBe(69);
  expect(again.stderr).toMatch(/has no offset 200: it begins at 500/);
  expect(again.stderr).toContain('To go on behind them: --skip-removed');
  const { code, result } = await verdictOf(run);
  expect(code).toBe(1);
  expect(result.findings).toMatchObject([{ kind: 'expired', blame: 'broker', count: 300 }]);
  expect(result.store.rows).toBe(200);
});

test('a consumer refuses a recreated topic, and the audit finds the unstored messages of the old one lost', async () => {
  const run = await halted();
  await remake(run.topic);
  const again = await nodrop(['consume', '--until-drained', ...soonMissed, ...run.options]);
  expect(again.code).toBe(69);
  expect(again.stderr).toContain(`Topic ${run.topic} was deleted and recreated`);
  const { code, result } = await verdictOf(run);
  expect(code).toBe(1);
  expect(result.findings).toMatchObject([{ kind: 'lost', count: 800, cause: 'topic-recreated' }]);
});

test('without a producer of nodrop too, the store knows the topic id, so the consumer refuses a recreated topic', async () => {
  const [dir, run, topic] = [newDir(), `c${randomUUID().slice(0, 8)}`, `orders-${randomUUID().slice(0, 8)}`];
  const options = [
    `--run=${run}`,
    `--topic=${topic}`,
    `--dir=${dir}`,
    `--bootstrap-server=${bootstrapServers}`,
  ];
  expect(await createTopic(access, topic, 1)).toBe(true);
  const first = await nodrop(['consume', '--until-drained', ...options]);
  expect(first.code, first.stderr).toBe(0);
  await remake(topic);
  const again = await nodrop(['consume', '--until-drained', ...options]);
  expect(again.code).toBe(69);
  expect(again.stderr).toContain(`Topic ${topic} was deleted and recreated`);
  const another = await nodrop(['consume', '--until-drained', ...options, `--run=${run}-2`]);
  expect(another.code, another.stderr).toBe(0);
});
