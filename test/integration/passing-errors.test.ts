/** Errors of a partition, a topic or a group that pass by themselves: the work goes on. Others end it with their names. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { openCluster, type Cluster } from '../../src/kafka/client/cluster.ts';
import { joinGroup, type ConsumerGroup } from '../../src/kafka/client/consumer-group.ts';
import { listOffsets, offsetsAtHand } from '../../src/kafka/client/list-offsets.ts';
import { createTopic, deleteRecordsBelow, withAdmin } from '../../src/kafka/client/topics.ts';
import { scanLog } from '../../src/kafka/fetch/log-scan.ts';
import { TopicView } from '../../src/kafka/fetch/topic-view.ts';
import { decodeRecordBatches } from '../../src/kafka/record-batch/record-batch.ts';
import { publishRecords } from '../../src/kafka/produce/foreign-records.ts';
import { Fetcher } from '../../src/pipeline/consumer/fetcher.ts';
import { startAnsweringProxy, type AnsweringProxy, type Api } from '../fixtures/answering-proxy.ts';

const direct = inject('bootstrapServers');
const access = { bootstrapServers: direct, client: {}, timeoutMs: 20_000 };
const { signal } = new AbortController();
const patient = { maxAgeMs: 60_000, onNewPartitions: () => undefined };

let proxy: AnsweringProxy;
let cluster: Cluster;
let topic: string;
beforeEach(async () => {
  proxy = await startAnsweringProxy(direct);
  const { bootstrapServers } = proxy;
  cluster = await openCluster({ bootstrapServers, clientId: 'test', timeoutMs: 10_000 });
  topic = `e${randomUUID().slice(0, 8)}`;
});
afterEach(async () => {
  await cluster.close();
  await proxy[Symbol.asyncDispose]();
});

/** A topic with as many records as texts, spread over its partitions. */
async function makeTopic(partitions: number, texts: readonly string[]): Promise<void> {
  await createTopic(access, topic, partitions);
  await listOffsets(cluster, topic, 'latest');
  await publishRecords(
    cluster,
    topic,
    texts.map((text) => Buffer.from(text)),
    10_000,
  );
}

/** A fetcher of all partitions, and the records that it has found so far. */
async function fetching(
  timeoutMs: number,
): Promise<{ turn: () => Promise<void>; found: Map<number, number> }> {
  const found = new Map<number, number>();
  const config = { settings: {}, untilDrained: true, skipRemoved: false, timeoutMs };
  const known = (await cluster.metadata(topic))!;
  const fetcher = new Fetcher(config, { cluster, topic: known }, () => undefined);
  const claims = new Map(known.partitions.map((_, partition) => [partition, { next: 0 }]));
  const turn = async (): Promise<void> => {
    for (const { partition, records } of await fetcher.fetch(claims, signal)) {
      for (const batch of decodeRecordBatches(records)) {
        found.set(partition, (found.get(partition) ?? 0) + batch.count);
        claims.set(partition, { next: batch.baseOffset + batch.lastOffsetDelta + 1 });
      }
    }
  };
  return { turn, found };
}

const passing = [
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INCONSISTENT_TOPIC_ID',
  'UNKNOWN_TOPIC_ID',
  'UNKNOWN_SERVER_ERROR',
  'KAFKA_STORAGE_ERROR',
  'OFFSET_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
];

test.each(passing)('a consumer goes on after a fetch was answered with %s', async (error) => {
  await makeTopic(1, ['a', 'b', 'c']);
  proxy.spoil('fetch', error, 2);
  const { turn, found } = await fetching(10_000);
  while ((found.get(0) ?? 0) < 3) await turn();
  expect(found.get(0)).toBe(3);
  expect(proxy.spoiled).toBe(2);
});

test('a consumer goes on if the broker denies an offset once that it has', async () => {
  await makeTopic(1, ['a', 'b', 'c']);
  proxy.spoil('fetch', 'OFFSET_OUT_OF_RANGE', 1);
  const { turn, found } = await fetching(10_000);
  while ((found.get(0) ?? 0) < 3) await turn();
  expect(proxy.spoiled).toBe(1);
});

test('a consumer that may skip what retention removed gets the first offset that is left', async () => {
  await makeTopic(1, ['a', 'b', 'c']);
  await deleteRecordsBelow(access, topic, new Map([[0, 2]]));
  const config = { settings: {}, untilDrained: true, timeoutMs: 10_000 };
  const parts = { cluster, topic: (await cluster.metadata(topic))! };
  const fetcherOf = (skipRemoved: boolean): Fetcher =>
    new Fetcher({ ...config, skipRemoved }, parts, () => undefined);
  const claims = new Map([[0, { next: 1 }]]);
  const refused = fetcherOf(false).fetch(claims, signal);
  await expect(refused).rejects.toThrow(`Partition 0 of ${topic} has no offset 1: it begins at 2.`);
  expect(await fetcherOf(true).fetch(claims, signal)).toMatchObject([
    { partition: 0, error: 'NONE', skipTo: 2, records: { length: 0 } },
  ]);
});

test('if an error does not pass within the timeout, a consumer ends with its name', async () => {
  await makeTopic(1, ['a']);
  proxy.spoil('fetch', 'UNKNOWN_SERVER_ERROR', Infinity);
  const { turn } = await fetching(400);
  const untilEnd = async (): Promise<never> => {
    for (;;) await turn();
  };
  await expect(untilEnd()).rejects.toMatchObject({
    code: 'unavailable',
    message: `Partition 0 of ${topic} cannot be read at 0: UNKNOWN_SERVER_ERROR for 400 ms.`,
  });
});

test.each<[Api, string]>([
  ['metadata', 'UNKNOWN_SERVER_ERROR'],
  ['metadata', 'LEADER_NOT_AVAILABLE'],
  ['listOffsets', 'UNKNOWN_TOPIC_OR_PARTITION'],
  ['listOffsets', 'OFFSET_NOT_AVAILABLE'],
  ['listOffsets', 'UNKNOWN_SERVER_ERROR'],
  ['fetch', 'INCONSISTENT_TOPIC_ID'],
  ['fetch', 'KAFKA_STORAGE_ERROR'],
])('a log scan goes on after a %s request was answered with %s', async (api, error) => {
  await makeTopic(1, ['a', 'b']);
  proxy.spoil(api, error, 2);
  let records = 0;
  await scanLog(cluster, topic, { timeoutMs: 10_000, onBatch: ({ batch }) => void (records += batch.count) });
  expect(records).toBe(2);
  expect(proxy.spoiled).toBe(2);
});

test.each<[Api, string]>([
  ['metadata', 'UNKNOWN_SERVER_ERROR'],
  ['joinGroup', 'UNKNOWN_SERVER_ERROR'],
  ['joinGroup', 'COORDINATOR_NOT_AVAILABLE'],
  ['syncGroup', 'UNKNOWN_SERVER_ERROR'],
])('a consumer joins its group after a %s request was answered with %s', async (api, error) => {
  await makeTopic(2, []);
  proxy.spoil(api, error, 1);
  const { bootstrapServers } = proxy;
  const options = {
    bootstrapServers,
    client: {},
    settings: {},
    group: topic,
    topic,
    timeoutMs: 10_000,
    signal,
  };
  let group: ConsumerGroup | undefined;
  try {
    group = await joinGroup(options);
    expect(group.assignment().partitions).toEqual([0, 1]);
    expect(proxy.spoiled).toBe(1);
  } finally {
    await group?.leave();
  }
});

test('a partition without a leader holds up no other, and is named', async () => {
  await makeTopic(3, ['a', 'b', 'c', 'd', 'e', 'f']);
  proxy.leaderless.add(1);
  const { turn, found } = await fetching(10_000);
  const said = vi.spyOn(process.stderr, 'write');
  while (!(found.has(0) && found.has(2))) await turn();
  await expect
    .poll(async () => (await turn(), said.mock.calls.join('')))
    .toContain(
      `nodrop: Partition 1 of ${topic} cannot be read at 0: LEADER_NOT_AVAILABLE. The consumer goes on with the other partitions.`,
    );
  const { offsets, missing } = await offsetsAtHand(cluster, topic, 'latest');
  expect([...offsets.keys()]).toEqual([0, 2]);
  expect([...missing]).toEqual([[1, 'LEADER_NOT_AVAILABLE']]);
  await expect(scanLog(cluster, topic, { timeoutMs: 1_500, onBatch: () => undefined })).rejects.toThrow(
    new RegExp(`was not ready within 1500 ms: partition 1 of ${topic}: LEADER_NOT_AVAILABLE`),
  );
  proxy.leaderless.clear();
  while (!found.has(1)) await turn();
  expect(said.mock.calls.join('')).toContain(`Partition 1 of ${topic} can be read again.`);
  said.mockRestore();
});

test('a topic that a broker does not know for a moment is still the same', async () => {
  await makeTopic(1, []);
  const known = (await cluster.metadata(topic))!;
  const view = new TopicView(cluster, known, { ...patient, timeoutMs: 10_000 });
  proxy.spoil('metadata', 'UNKNOWN_TOPIC_OR_PARTITION', 2);
  view.refresh();
  await expect.poll(() => [view.topic.topicId, proxy.spoiled]).toEqual([known.topicId, 2]);
});

test('a topic that no broker knows any more is refused after the timeout', async () => {
  await makeTopic(1, []);
  const view = new TopicView(cluster, (await cluster.metadata(topic))!, { ...patient, timeoutMs: 300 });
  proxy.spoil('metadata', 'UNKNOWN_TOPIC_OR_PARTITION', Infinity);
  view.refresh();
  const refused = (): unknown => {
    try {
      return view.topic;
    } catch (error) {
      return error;
    }
  };
  await expect.poll(refused).toMatchObject({
    code: 'unavailable',
    message: `Topic ${topic} was deleted or recreated while it was consumed: UNKNOWN_TOPIC_OR_PARTITION.`,
  });
});

test('a consumer of a recreated topic ends, also if it was fetching', async () => {
  await makeTopic(1, ['a']);
  const { turn, found } = await fetching(10_000);
  while (!found.has(0)) await turn();
  await withAdmin(access, (admin) => admin.deleteTopics({ topics: [topic] }));
  await expect.poll(() => createTopic(access, topic, 1).catch(() => false)).toBe(true);
  const untilEnd = async (): Promise<never> => {
    for (;;) await turn();
  };
  await expect(untilEnd()).rejects.toThrow(`Topic ${topic} was deleted or recreated while it was consumed`);
});
