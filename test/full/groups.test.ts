/** Groups and topics on clusters of their own: a partition without a leader, partitions added in a run, Kafka's tools. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { findRuntime } from '../../src/kafka/broker/runtime.ts';
import { startKafka } from '../../src/kafka/broker/start-kafka.ts';
import { openCluster } from '../../src/kafka/client/cluster.ts';
import { findCoordinator } from '../../src/kafka/client/group-coordinator.ts';
import { groupMembers, groupOffsets } from '../../src/kafka/client/groups.ts';
import { createTopic, deleteRecordsBelow, withAdmin } from '../../src/kafka/client/topics.ts';
import type { Result } from '../../src/result/result.ts';
import { newDir, nodrop, start, startUpTo, until } from '../fixtures/nodrop.ts';

const shared = inject('bootstrapServers');
const newName = (): string => `g${randomUUID().slice(0, 8)}`;

test('while a broker is gone, a consumer stores the partitions of the others, and ends with the name of the rest', async () => {
  const properties = { 'default.replication.factor': '1', 'min.insync.replicas': '1' };
  await using kafka = await startKafka({ brokers: 3, properties });
  const { bootstrapServers } = kafka;
  const [dir, run] = [newDir(), newName()];
  const options = [`--run=${run}`, `--dir=${dir}`, `--bootstrap-server=${bootstrapServers}`];
  const produced = await nodrop(['produce', '--messages=3000', '--partitions=6', ...options]);
  expect(produced.code, produced.stderr).toBe(0);
  await using cluster = await openCluster({ bootstrapServers, clientId: 'test', timeoutMs: 20_000 });
  // Otherwise it would be looked for while a broker is missing, and __consumer_offsets takes all three.
  const coordinator = async (): Promise<string> =>
    (await findCoordinator(cluster, 'any', `nodrop-${run}`)).error;
  await until('a group has a coordinator', async () => (await coordinator()) === 'NONE');
  const leaders = async (): Promise<number[]> =>
    (await cluster.metadata(`nodrop-${run}`))!.partitions.map(({ leader }) => leader);
  const before = await leaders();
  const victim = kafka.brokers[2]!;
  await victim.kill();
  await until('its partitions have no leader', async () => (await leaders()).includes(-1));
  const consume = ['consume', '--until-drained', ...options];
  const held = await nodrop([...consume, '--timeout=12s', '--json']);
  expect(held.code).toBe(69);
  expect(held.stderr).toMatch(/cannot be read at 0: LEADER_NOT_AVAILABLE. The consumer goes on/);
  const without = before.flatMap((leader, partition) => (leader === victim.nodeId ? partition : []));
  for (const partition of without)
    expect(held.stderr).toMatch(new RegExp(`the end of partition ${partition} is not known`));
  expect(await victim.start()).toBe('started');
  const again = await nodrop([...consume, '--json']);
  expect(again.code, again.stderr).toBe(0);
  // The consumer before had stored all partitions that had a leader.
  const { stored } = JSON.parse(again.stdout) as { stored: number };
  expect(stored).toBeLessThan(3000);
  const { stdout } = await nodrop(['verify', run, '--json', `--dir=${dir}`]);
  expect(JSON.parse(stdout) as Result).toMatchObject({ verdict: 'pass', store: { rows: 3000 } });
});

test('a producer that comes back after partitions were added keeps each key on its partition', async () => {
  const [dir, run] = [newDir(), newName()];
  const topic = `nodrop-${run}`;
  const options = [`--run=${run}`, `--dir=${dir}`, `--bootstrap-server=${shared}`];
  const load = ['--messages=4000', '--rate=1000', '--partitions=2'];
  const killed = start(['produce', ...load, ...options]);
  await using cluster = await openCluster({ bootstrapServers: shared, clientId: 'test', timeoutMs: 20_000 });
  await until('it has begun', async () => (await cluster.metadata(topic)) !== undefined);
  const access = { bootstrapServers: shared, client: {}, timeoutMs: 20_000 };
  await until('there are more partitions', async () => {
    await withAdmin(access, (admin) => admin.createPartitions({ topics: [{ name: topic, count: 5 }] })).catch(
      () => undefined,
    );
    return (await cluster.metadata(topic))!.partitions.length === 5;
  });
  killed.child.kill('SIGKILL');
  await killed.ended;
  const produced = await nodrop(['produce', ...load, ...options]);
  expect(produced.code, produced.stderr).toBe(0);
  const consumed = await nodrop(['consume', '--until-drained', ...options]);
  expect(consumed.code, consumed.stderr).toBe(0);
  const { stdout } = await nodrop(['verify', run, '--json', `--dir=${dir}`]);
  const result = JSON.parse(stdout) as Result;
  expect(result.findings).toEqual([]);
  // The sends that were under way when the producer was killed are unknown, but all else is stored.
  expect(result.store.rows).toBeGreaterThanOrEqual(result.ledger.acked);
});

test("Kafka's own tool lists the group of the consumer protocol, with all partitions assigned", async () => {
  const topic = newName();
  const access = { bootstrapServers: shared, client: {}, timeoutMs: 20_000 };
  await createTopic(access, topic, 3);
  const options = [`--run=${newName()}`, `--dir=${newDir()}`, `--topic=${topic}`, `--group=${topic}`];
  const consume = ['consume', '-X', 'group.protocol=consumer', `--bootstrap-server=${shared}`, ...options];
  const { child, ended } = start([...consume, '--consumers=2', '-X', 'group.instance.id=desk']);
  const { java, env } = await findRuntime({});
  const described = async (...args: string[]): Promise<string> => {
    const tool = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
    const all = [tool, '--bootstrap-server', shared, '--describe', '--group', topic, ...args];
    return (await promisify(execFile)(java.path, all, { env: { ...process.env, ...env } })).stdout;
  };
  await until('both are there', async () =>
    /desk-1[^]*desk-2|desk-2[^]*desk-1/.test(await described('--members', '--verbose')),
  );
  expect(await described('--state')).toMatch(/uniform\s+Stable\s+.*2/);
  expect(await groupMembers(access, topic, topic)).toBe(2);
  child.kill('SIGTERM');
  expect((await ended).code).toBe(143);
  await until('both have left', async () => /Empty\s+.*0/.test(await described('--state').catch(String)));
});

test('a consumer with --skip-removed stores what is left, and the audit finds the rest expired', async () => {
  const [dir, run] = [newDir(), newName()];
  const options = [`--run=${run}`, `--dir=${dir}`, `--bootstrap-server=${shared}`];
  const produced = await nodrop(['produce', '--messages=1000', '--partitions=2', ...options]);
  expect(produced.code, produced.stderr).toBe(0);
  const access = { bootstrapServers: shared, client: {}, timeoutMs: 20_000 };
  await deleteRecordsBelow(access, `nodrop-${run}`, new Map([[0, 300]]));
  const consume = ['consume', '--until-drained', ...options];
  expect((await nodrop(consume)).code).toBe(69);
  const skipped = await nodrop([...consume, '--skip-removed']);
  expect(skipped.code, skipped.stderr).toBe(0);
  expect(skipped.stderr).toContain(
    `Partition 0 of nodrop-${run} has lost the offsets 0 to 299: they are skipped.`,
  );
  const { stdout } = await nodrop(['verify', run, '--json', `--dir=${dir}`]);
  const expired = { kind: 'expired', blame: 'broker', cause: 'retention', count: 300 };
  expect(JSON.parse(stdout) as Result).toMatchObject({ findings: [expired], store: { rows: 700 } });
  const allowed = await nodrop(['verify', run, '--allow=retention', `--dir=${dir}`]);
  expect(allowed.code, allowed.stdout).toBe(0);
});

test('a run leaves a group that the user named, and prints the command that deletes it', async () => {
  const [run, group] = [newName(), `team a: ${newName()}`];
  const options = [`--run=${run}`, `--dir=${newDir()}`, `--bootstrap-server=${shared}`, `--group=${group}`];
  const { code, stderr } = await nodrop(['run', '--messages=500', '--keep-topic', '--json', ...options]);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(`--delete --group '${group}'`);
  const access = { bootstrapServers: shared, client: {}, timeoutMs: 20_000 };
  const topic = `nodrop-${run}`;
  const committed = [...(await groupOffsets(access, group, topic)).values()];
  expect(committed.reduce((sum, offset) => sum + offset, 0)).toBe(500);
  expect((await groupOffsets(access, topic, topic)).size).toBe(0);
});

test('after a pass, the group of the consumer protocol is gone', async () => {
  const [dir, run] = [newDir(), newName()];
  const options = [`--run=${run}`, `--dir=${dir}`, `--bootstrap-server=${shared}`];
  const ran = await nodrop(['run', '--messages=300', '-X', 'group.protocol=consumer', ...options]);
  expect(ran.code, ran.stderr).toBe(0);
  expect(ran.stderr).not.toContain('--delete');
  const access = { bootstrapServers: shared, client: {}, timeoutMs: 20_000 };
  const groups = await withAdmin(access, (admin) => admin.listGroups());
  expect([...groups.keys()]).not.toContain(`nodrop-${run}`);
});

test('a broker without the consumer protocol is refused with the setting that it takes', async () => {
  await using kafka = await startKafka({ kafkaVersion: '3.9.2' });
  const { bootstrapServers } = kafka;
  const [dir, run] = [newDir(), newName()];
  const options = [`--run=${run}`, `--dir=${dir}`, `--bootstrap-server=${bootstrapServers}`];
  await nodrop(['produce', '--messages=10', ...options]);
  const consumed = await nodrop(['consume', '--until-drained', '-X', 'group.protocol=consumer', ...options]);
  expect(consumed.code).toBe(69);
  expect(consumed.stderr).toContain('does not speak group.protocol=consumer');
  expect(consumed.stderr).toContain('group.protocol=classic');
});

test.each([
  ['classic', ['-X', 'session.timeout.ms=3000']],
  ['consumer', ['-X', 'group.protocol=consumer']],
])(
  'with the %s protocol, a static member that was suspended past its session loses and doubles nothing',
  async (_, settings) => {
    const [dir, run] = [newDir(), newName()];
    const options = [`--run=${run}`, `--dir=${dir}`, `--bootstrap-server=${shared}`];
    const produced = await nodrop(['produce', '--messages=2000', '--partitions=2', ...options]);
    expect(produced.code, produced.stderr).toBe(0);
    const small = ['-X', 'max.partition.fetch.bytes=30000', '-X', 'group.instance.id=desk'];
    const consume = ['consume', '--until-drained', ...small, ...settings, ...options];
    const former = startUpTo('after-fetch', 2, consume);
    await former.reached;
    former.child.kill('SIGSTOP');
    const present = await nodrop(consume);
    expect(present.code, present.stderr).toBe(0);
    former.child.kill('SIGCONT');
    former.goOn();
    // It finds all stored, or that another one has its id.
    expect([0, 69]).toContain((await former.ended).code);
    const { stdout } = await nodrop(['verify', run, '--json', `--dir=${dir}`]);
    expect(JSON.parse(stdout) as Result).toMatchObject({ verdict: 'pass', store: { rows: 2000 } });
  },
);
