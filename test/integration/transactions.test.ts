/** Transactions on a real broker: the low-level producer, and whole runs. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { openCluster } from '../../src/kafka/client/cluster.ts';
import { createTopic } from '../../src/kafka/client/topics.ts';
import { scanLog } from '../../src/kafka/fetch/log-scan.ts';
import { openTransactionalProducer } from '../../src/kafka/produce/transactional-producer.ts';
import type {
  TransactionalOptions,
  TransactionalProducer,
} from '../../src/kafka/produce/transactional-producer.ts';
import type { Result } from '../../src/result/result.ts';
import { TransactionPlan } from '../../src/workload/transaction-plan.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { batchOf } from '../fixtures/wire-rig.ts';

const bootstrapServers = inject('bootstrapServers');
const timeoutMs = 20_000;
const cluster = await openCluster({ bootstrapServers, clientId: 'transactions', timeoutMs });

async function open(
  topic: string,
  options: Partial<TransactionalOptions> = {},
): Promise<TransactionalProducer> {
  return await openTransactionalProducer(cluster, (await cluster.metadata(topic))!, {
    acks: -1,
    idempotent: true,
    requestTimeoutMs: timeoutMs,
    deliveryTimeoutMs: timeoutMs,
    transactionalId: `${topic}-id`,
    transactionTimeoutMs: 60_000,
    ...options,
  });
}

/** `value state` of each record, by partition. */
async function stated(topic: string): Promise<string[][]> {
  const seen: string[][] = [];
  await scanLog(cluster, topic, {
    timeoutMs,
    onBatch({ partition, batch, from, to, state }) {
      const known = (seen[partition] ??= []);
      for (let index = from; index < to; index++) known.push(`${String(batch.value(index))} ${state}`);
    },
  });
  return seen;
}

const to =
  (...partitions: number[]) =>
  (name: string) =>
    partitions.map((partition) => ({ partition, bytes: batchOf([name]) }));

test('a transaction is committed or aborted as a whole, across partitions', async () => {
  const topic = 'transactions-whole';
  await createTopic({ bootstrapServers, client: {}, timeoutMs }, topic, 3);
  const producer = await open(topic);
  for (const [name, isCommit] of [
    ['c1', true],
    ['a1', false],
    ['c2', true],
  ] as const) {
    const first = await producer.send(to(0, 1)(name));
    const second = await producer.send(to(1, 2)(`${name}b`));
    expect([...first, ...second].map(({ outcome }) => outcome)).toEqual(Array(4).fill('acked'));
    expect(await producer.end(isCommit)).toEqual({
      outcome: isCommit ? 'committed' : 'aborted',
      error: 'NONE',
    });
    await producer.next();
  }
  await expect
    .poll(() => stated(topic))
    .toEqual([
      ['c1 committed', 'a1 aborted', 'c2 committed'],
      ['c1 committed', 'c1b committed', 'a1 aborted', 'a1b aborted', 'c2 committed', 'c2b committed'],
      ['c1b committed', 'a1b aborted', 'c2b committed'],
    ]);
});

test('a second producer of a transactional id aborts what the first left open, and fences it', async () => {
  const topic = 'transactions-fenced';
  await createTopic({ bootstrapServers, client: {}, timeoutMs }, topic, 1);
  const first = await open(topic);
  expect((await first.send(to(0)('left open')))[0]).toMatchObject({ outcome: 'acked' });
  const second = await open(topic);
  await second.send(to(0)('second'));
  expect(await second.end(true)).toMatchObject({ outcome: 'committed' });
  const end = await first.end(true);
  expect(end).toMatchObject({ outcome: 'aborted', error: expect.stringMatching(/FENCED|EPOCH/) });
  await expect(first.next()).rejects.toThrow(/fenced/);
  await expect.poll(() => stated(topic)).toEqual([['left open aborted', 'second committed']]);
});

test('after a batch that the broker refused, the transaction is aborted, and the next one can be committed', async () => {
  const topic = 'transactions-refused';
  await createTopic({ bootstrapServers, client: {}, timeoutMs }, topic, 1);
  const producer = await open(topic);
  const large = { partition: 0, bytes: batchOf(['x'.repeat(2_000_000)]) };
  const outcomes = await producer.send([...to(0)('good'), large, ...to(0)('behind')]);
  expect(outcomes).toMatchObject([{ outcome: 'acked' }, { outcome: 'rejected' }, { outcome: 'rejected' }]);
  expect(producer.isEachAcked).toBe(false);
  expect(await producer.end(false)).toMatchObject({ outcome: 'aborted', error: 'NONE' });
  await producer.next();
  await producer.send(to(0)('next'));
  expect(await producer.end(true)).toMatchObject({ outcome: 'committed' });
  await expect.poll(() => stated(topic)).toEqual([['good aborted', 'next committed']]);
});

test('a run with transactions passes: the store has what was committed, and its history says the same', async () => {
  const [dir, id] = [newDir(), `t${randomUUID().slice(0, 8)}`];
  const place = [`--dir=${dir}`, `--run=${id}`, `--bootstrap-server=${bootstrapServers}`];
  const load = ['--messages=600', '--batch-size=20', '--seed=7'];
  const transactions = ['--transactional', '--transaction-size=60', '--abort-rate=0.3'];
  const { code, stdout, stderr } = await nodrop([
    'run',
    '--json',
    '--quiet',
    ...place,
    ...load,
    ...transactions,
  ]);
  expect(code, stderr + stdout).toBe(0);
  const result = JSON.parse(stdout) as Result;
  const plan = new TransactionPlan(7, { size: 60, abortRate: 0.3 });
  const aborted = Array.from({ length: 10 }, (_, number) => number).filter((one) => plan.isAborted(0, one));
  expect(aborted.length).toBeGreaterThan(0);
  const acked = 600 - 60 * aborted.length;
  expect(result.ledger).toMatchObject({ sent: 600, acked, unknown: 0, aborted: 60 * aborted.length });
  expect(result.store.rows).toBe(acked);
  const history = join(dir, 'exported.jsonl');
  const exported = await nodropInProcess(['export', id, `--dir=${dir}`]);
  writeFileSync(history, exported.stdout);
  const again = await nodropInProcess(['verify', '--history', history, '--json']);
  const { verdict, ledger, findings } = JSON.parse(again.stdout) as Result;
  expect({ verdict, ledger, findings }).toEqual({ verdict: 'pass', ledger: result.ledger, findings: [] });
});

test.each([
  [['--abort-rate=0.1'], '--abort-rate needs --transactional.'],
  [['--transaction-size=10'], '--transaction-size needs --transactional.'],
  [['--transactional', '-X', 'acks=1'], '--transactional needs acks=all, not acks=1.'],
  [['--transactional', '-X', 'enable.idempotence=false'], '--transactional needs enable.idempotence=true.'],
  [
    ['--transactional', '--rate=10', '--transaction-size=1000'],
    'a transaction of 1000 messages takes 100000 ms',
  ],
  [
    ['--rate=10', '--duration=10s', '--fault=fence-producer@1s'],
    'the producers write no transactions: add --transactional',
  ],
])('%j is wrong usage', async (options, message) => {
  const { code, stderr } = await nodropInProcess(['run', `--dir=${newDir()}`, ...options]);
  expect([code, stderr]).toEqual([64, expect.stringContaining(message)]);
});
