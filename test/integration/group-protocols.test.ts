/** Groups of both protocols as they change: new partitions, static members, a name of the user's. */
import { randomUUID } from 'node:crypto';
import { expect, inject, onTestFinished, test } from 'vitest';
import { openCluster } from '../../src/kafka/client/cluster.ts';
import type { ClientSettings } from '../../src/kafka/client/client-settings.ts';
import { joinGroup, type ConsumerGroup } from '../../src/kafka/client/consumer-group.ts';
import { whyGroupIsIdle } from '../../src/kafka/client/group-ownership.ts';
import { groupOffsets } from '../../src/kafka/client/groups.ts';
import { createTopic, withAdmin } from '../../src/kafka/client/topics.ts';
import { publishRecords } from '../../src/kafka/produce/foreign-records.ts';
import type { Result } from '../../src/result/result.ts';
import { readScanSummary } from '../../src/run-folder/log-scan-file.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { openSnapshot } from '../../src/stores/engines.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop, start } from '../fixtures/nodrop.ts';

const bootstrapServers = inject('bootstrapServers');
const at = `--bootstrap-server=${bootstrapServers}`;
const access = { bootstrapServers, client: {}, timeoutMs: 20_000 };
const newName = (): string => `g${randomUUID().slice(0, 8)}`;

const assignor = 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor';
const soon: ClientSettings = { 'session.timeout.ms': '2000', 'heartbeat.interval.ms': '200' };
const protocols: [string, ClientSettings][] = [
  ['classic protocol', soon],
  ['classic protocol with cooperative assignment', { ...soon, 'partition.assignment.strategy': assignor }],
  ['consumer protocol', { 'group.protocol': 'consumer' }],
];
const asOptions = (settings: ClientSettings): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['-X', `${name}=${value}`]);

interface Joined {
  group: ConsumerGroup;
  /** Its partitions, once it has told the group that it writes to no others. */
  settled: () => number[];
}

async function join(
  topic: string,
  settings: ClientSettings,
  { instanceId, timeoutMs = 10_000 }: { instanceId?: string; timeoutMs?: number } = {},
): Promise<Joined> {
  const { signal } = new AbortController();
  const group = await joinGroup({
    bootstrapServers,
    client: {},
    settings,
    group: topic,
    topic,
    instanceId,
    timeoutMs,
    signal,
  });
  onTestFinished(() => group.leave());
  const settled = (): number[] => {
    const assignment = group.assignment();
    group.settled(assignment);
    return [...assignment.partitions];
  };
  return { group, settled };
}

async function newTopic(partitions: number): Promise<string> {
  const topic = newName();
  await createTopic(access, topic, partitions);
  return topic;
}

test.each(protocols)(
  'with the %s, a group is at work once its members own all partitions, and no longer when they have left',
  async (_, settings) => {
    const topic = await newTopic(3);
    await using cluster = await openCluster({ ...access, clientId: 'test' });
    const why = (): Promise<string | undefined> => whyGroupIsIdle(access, cluster, topic);
    expect(await why()).toBe('has no members');
    const { group, settled } = await join(topic, settings);
    await expect.poll(() => settled().length).toBe(3);
    await expect.poll(why).toBeUndefined();
    await group.leave();
    await expect.poll(why).toBe('has no members');
  },
);

test.each(protocols)(
  'with the %s, members share the partitions, and one that leaves hands its own on',
  async (_, settings) => {
    const topic = await newTopic(4);
    const first = await join(topic, settings);
    // The coordinator may learn of a new topic later than the broker that made it.
    await expect.poll(() => first.settled()).toEqual([0, 1, 2, 3]);
    const second = await join(topic, settings);
    await expect.poll(() => [first.settled().length, second.settled().length]).toEqual([2, 2]);
    expect(new Set([...first.settled(), ...second.settled()])).toEqual(new Set([0, 1, 2, 3]));
    await second.group.commit([{ partition: second.settled()[0]!, offset: 7 }]);
    expect([...(await groupOffsets(access, topic, topic)).values()]).toEqual([7]);
    await second.group.leave();
    await expect.poll(() => first.settled()).toHaveLength(4);
  },
);

/** Cooperative assignment differs in nothing here. */
const bothProtocols = protocols.filter(([name]) => name.endsWith('protocol'));

test.each(bothProtocols)(
  'with the %s, a consumer stores the records of partitions that were added',
  async (_, settings) => {
    const [dir, run, topic] = [newDir(), newName(), await newTopic(1)];
    const options = [`--run=${run}`, `--topic=${topic}`, `--dir=${dir}`, at, '-X', 'metadata.max.age.ms=300'];
    const { child, ended } = start(['consume', ...asOptions(settings), ...options]);
    const store = new RunFolder(dir, run).store;
    const rows = async (): Promise<number> => {
      const snapshot = await openSnapshot(store);
      try {
        let count = 0;
        for await (const some of snapshot.deadLetters()) count += some.length;
        return count;
      } finally {
        await snapshot.close();
      }
    };
    await using cluster = await openCluster({ bootstrapServers, clientId: 'test', timeoutMs: 10_000 });
    await publishRecords(cluster, topic, [Buffer.from('a')], 10_000);
    await expect.poll(() => rows().catch(() => 0)).toBe(1);
    await withAdmin(access, (admin) => admin.createPartitions({ topics: [{ name: topic, count: 3 }] }));
    await expect.poll(async () => (await cluster.metadata(topic))!.partitions.length).toBe(3);
    await publishRecords(
      cluster,
      topic,
      ['b', 'c', 'd'].map((text) => Buffer.from(text)),
      10_000,
    );
    await expect.poll(rows).toBe(4);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
  },
);

test('a static member of a classic group that comes back gets its partitions, and expels its former self', async () => {
  const topic = await newTopic(2);
  const former = await join(topic, soon, { instanceId: 'a' });
  const { epoch } = former.group.assignment();
  const present = await join(topic, soon, { instanceId: 'a' });
  expect(present.group.assignment()).toMatchObject({ partitions: [0, 1], epoch });
  await expect
    .poll(() => {
      try {
        return former.group.assignment();
      } catch (error) {
        return String(error);
      }
    })
    .toContain(`Another consumer has joined group ${topic} as a, so this one ends.`);
  expect(present.group.assignment().partitions).toEqual([0, 1]);
});

test('with the consumer protocol, a second static member of one id is refused while the first is there', async () => {
  const topic = await newTopic(1);
  const settings: ClientSettings = { 'group.protocol': 'consumer' };
  await join(topic, settings, { instanceId: 'a' });
  await expect(join(topic, settings, { instanceId: 'a', timeoutMs: 500 })).rejects.toMatchObject({
    code: 'unavailable',
    hint: expect.stringContaining('Another consumer is in the group as a.'),
  });
});

test('consume joins the group that the producer was told, and verify reads its commits', async () => {
  const [dir, run, group] = [newDir(), newName(), `team a: ${newName()}`];
  const options = [`--run=${run}`, `--dir=${dir}`, at];
  const folder = new RunFolder(dir, run);
  const produced = await nodropInProcess(['produce', '--messages=100', ...options, `--group=${group}`]);
  expect(produced.code, produced.stderr).toBe(0);
  expect(produced.stdout).toContain(` --group '${group}' `);
  expect(await nodrop(['consume', '--until-drained', ...options])).toMatchObject({ code: 0 });
  expect([folder.readManifest()!.group, folder.groupInUse()]).toEqual([group, group]);
  const { stdout } = await nodropInProcess(['verify', run, '--json', `--dir=${dir}`]);
  expect(JSON.parse(stdout) as Result).toMatchObject({ verdict: 'pass' });
  const { commits } = await readScanSummary(folder.logSummary);
  expect(Object.values(commits!).reduce((sum, offset) => sum + offset, 0)).toBe(100);
});
