/** Transactions on bad ways: lost answers, each version of Kafka, and the markers compared with Kafka's own tool. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pinnedVersions } from '../../src/kafka/broker/versions.ts';
import {
  openTransactionalProducer,
  type TransactionalProducer,
} from '../../src/kafka/produce/transactional-producer.ts';
import type { Result } from '../../src/result/result.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';
import { batchOf, startWireRig, timeoutMs, type WireRig } from '../fixtures/wire-rig.ts';

let rig: WireRig;
beforeAll(async () => {
  rig = await startWireRig();
});
afterAll(() => rig.stop());

async function open(topic: string): Promise<TransactionalProducer> {
  return await openTransactionalProducer(rig.cluster, (await rig.cluster.metadata(topic))!, {
    acks: -1,
    idempotent: true,
    requestTimeoutMs: timeoutMs,
    deliveryTimeoutMs: timeoutMs,
    transactionalId: topic,
    transactionTimeoutMs: 60_000,
  });
}

/** How each transaction must look in the log: the states of its records. */
async function statesOf(topic: string): Promise<Map<string, string[]>> {
  const { seen } = await rig.scan(topic);
  const states = new Map<string, string[]>();
  for (const { value, state } of seen) {
    const name = value.split('.')[0]!;
    states.set(name, [...(states.get(name) ?? []), state]);
  }
  return states;
}

test('a commit whose answer is lost tears no later transaction', async () => {
  await rig.makeTopic('lost-answers', 2);
  const producer = await open('lost-answers');
  const ends = new Map<string, string>();
  for (let number = 0; number < 12; number++) {
    const name = `t${number}`;
    // In turn, the answers to the registration, to the records and to the end are lost.
    rig.proxy.spared = number % 4;
    rig.proxy.losses = number % 3;
    const batches = [0, 1].map((partition) => ({ partition, bytes: batchOf([`${name}.${partition}`]) }));
    const outcomes = await producer.send(batches);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['acked', 'acked']);
    const isCommit = number % 5 !== 4;
    const { outcome } = await producer.end(isCommit);
    expect(outcome).toBe(isCommit ? 'committed' : 'aborted');
    ends.set(name, outcome);
    await producer.next();
  }
  rig.proxy.losses = 0;
  const expected = new Map([...ends].map(([name, end]) => [name, [end, end]]));
  await expect.poll(() => statesOf('lost-answers')).toEqual(expected);
});

test('a transaction of which a batch has no outcome is aborted, and the next one begins in a new epoch', async () => {
  await rig.makeTopic('no-outcome');
  const producer = await openTransactionalProducer(rig.cluster, (await rig.cluster.metadata('no-outcome'))!, {
    acks: -1,
    idempotent: true,
    requestTimeoutMs: timeoutMs,
    deliveryTimeoutMs: 1_500,
    transactionalId: 'no-outcome',
    transactionTimeoutMs: 60_000,
  });
  await producer.send([{ partition: 0, bytes: batchOf(['a.0']) }]);
  rig.proxy.losses = 1_000;
  const [sent] = await producer.send([{ partition: 0, bytes: batchOf(['a.1']) }]);
  rig.proxy.losses = 0;
  expect(sent).toMatchObject({ outcome: 'unknown' });
  expect(producer.isEachAcked).toBe(false);
  await producer.end(false);
  await producer.next();
  await producer.send([{ partition: 0, bytes: batchOf(['b.0']) }]);
  expect(await producer.end(true)).toMatchObject({ outcome: 'committed' });
  await expect.poll(async () => (await statesOf('no-outcome')).get('b')).toEqual(['committed']);
  expect(new Set((await statesOf('no-outcome')).get('a'))).toEqual(new Set(['aborted']));
});

test.each(pinnedVersions.map(({ version }) => version))(
  'a run with transactions passes on Kafka %s, and its aborted messages are found if they are stored',
  async (version) => {
    const load = ['--messages=2000', '--seed=7', '--producers=2', '--consumers=2'];
    const transactions = ['--transactional', '--transaction-size=150', '--abort-rate=0.3'];
    const options = ['run', '--json', '--quiet', `--kafka-version=${version}`, ...load, ...transactions];
    const passed = await nodrop([...options, `--dir=${newDir()}`]);
    expect(passed.code, passed.stderr + passed.stdout).toBe(0);
    const { ledger } = JSON.parse(passed.stdout) as Result;
    expect(ledger.aborted).toBeGreaterThan(0);
    const uncommitted = ['-X', 'isolation.level=read_uncommitted'];
    const failed = await nodrop([...options, `--dir=${newDir()}`, ...uncommitted]);
    const { findings } = JSON.parse(failed.stdout) as Result;
    expect(findings).toMatchObject([{ kind: 'aborted-read', blame: 'consumer', count: ledger.aborted }]);
  },
);
