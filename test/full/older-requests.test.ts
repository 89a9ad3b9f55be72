/**
 * Brokers that know only older versions of requests, as other systems with Kafka's protocol do: real brokers, whose
 * answers to ApiVersions a proxy narrows.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { defaultVersion } from '../../src/kafka/broker/versions.ts';
import { startKafka, type RunningKafka } from '../../src/kafka/broker/start-kafka.ts';
import { openCluster } from '../../src/kafka/client/cluster.ts';
import { listOffsets } from '../../src/kafka/client/list-offsets.ts';
import { noTopicId } from '../../src/kafka/client/topic-id.ts';
import { createTopic, withAdmin } from '../../src/kafka/client/topics.ts';
import { fetchRecords } from '../../src/kafka/fetch/fetch.ts';
import { openProducer } from '../../src/kafka/produce/produce.ts';
import type { Result } from '../../src/result/result.ts';
import { startNarrowingProxy, type NarrowingProxy } from '../fixtures/narrowing-proxy.ts';
import { newDir, nodrop, type Ended } from '../fixtures/nodrop.ts';
import { batchOf } from '../fixtures/wire-rig.ts';

const timeoutMs = 20_000;
const [produce, fetch, offsets, metadata, producerId] = [0, 1, 2, 3, 22];

/** The newest versions of Kafka 2.3, by API key. */
const kafka23 = {
  [produce]: 7,
  [fetch]: 11,
  [offsets]: 5,
  [metadata]: 8,
  8: 7, // OffsetCommit
  9: 5, // OffsetFetch
  10: 2, // FindCoordinator
  11: 5, // JoinGroup
  12: 3, // Heartbeat
  13: 2, // LeaveGroup
  14: 3, // SyncGroup
  15: 3, // DescribeGroups
  19: 3, // CreateTopics
  20: 3, // DeleteTopics
  21: 1, // DeleteRecords
  [producerId]: 1,
  32: 2, // DescribeConfigs
  42: 1, // DeleteGroups
};

/** A note in the result. */
const noIds: unknown = expect.stringMatching(
  /^Whether topic nodrop-\S+ was recreated is not known: the cluster gives topics no ids\.$/,
);

describe.each([defaultVersion, '3.9.2'])('Kafka %s', (kafkaVersion) => {
  let kafka: RunningKafka;
  let proxy: NarrowingProxy;
  let bootstrapServers: string;

  beforeAll(async () => {
    kafka = await startKafka({
      kafkaVersion,
      listeners: [
        {
          name: 'NARROW',
          isInterBroker: false,
          async proxy(_, port) {
            proxy = await startNarrowingProxy(port);
            bootstrapServers = `127.0.0.1:${proxy.port}`;
            return proxy.port;
          },
        },
      ],
    });
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await kafka.stop();
  });
  beforeEach(() => {
    proxy.used.clear();
    proxy.refused.length = 0;
  });

  const run = (...args: string[]): Promise<Ended> =>
    nodrop(['run', `--dir=${newDir()}`, `--bootstrap-server=${bootstrapServers}`, '--json', ...args]);
  const usedOf = (key: number): number[] => [...(proxy.used.get(key) ?? [])];

  test.each([
    ['Kafka 2.3, which gives topics no ids', kafka23, [[7], [11], [8]], [noIds]],
    [
      'Metadata 12, Produce 8 and Fetch 12, which has names only',
      { [produce]: 8, [fetch]: 12 },
      [[8], [12], [12]],
      [],
    ],
    ['the newest', {}, [[9], [13], [12]], []],
  ])('a run passes with the requests of %s', async (_, newest, [produced, fetched, asked], notes) => {
    proxy.newest = newest;
    const { code, stdout, stderr } = await run('--messages=2000', '-X', 'compression.type=zstd');
    expect(code, stderr).toBe(0);
    expect(stderr).not.toMatch(/^Group .* was left/m);
    const { notChecked, log } = JSON.parse(stdout) as Result;
    expect(log).toMatchObject({ records: 2000 });
    expect(notChecked).toEqual(notes);
    expect(usedOf(produce)).toEqual(produced);
    expect(usedOf(fetch)).toEqual(fetched);
    // The client library asks in its own way, too.
    expect(usedOf(metadata)).toEqual(expect.arrayContaining(asked!));
    expect(proxy.refused).toEqual([]);
  });

  test('without ids, nodrop leaves the topic of a run that passed, and says why', async () => {
    proxy.newest = kafka23;
    const { stderr } = await run('--messages=10', '--run=left');
    expect(stderr).toMatch(/nodrop-left.*the cluster gives topics no ids/s);
  });

  test.each(['-X acks=1', '-X enable.idempotence=false'])('a run with %s passes, too', async (args) => {
    proxy.newest = kafka23;
    const { code, stderr } = await run('--messages=300', ...args.split(' '));
    expect(code, stderr).toBe(0);
  });

  test('if a topic was recreated, a broker that reads it by its name does not show the new records', async () => {
    proxy.newest = { [fetch]: 12 };
    const access = { bootstrapServers, client: {}, timeoutMs };
    await using cluster = await openCluster({ ...access, clientId: 'test' });
    const made = async (): Promise<string> => {
      await createTopic(access, 'again', 1);
      await expect.poll(async () => [...(await listOffsets(cluster, 'again', 'latest')).keys()]).toEqual([0]);
      const topic = (await cluster.metadata('again'))!;
      const producer = await openProducer(cluster, topic, {
        acks: -1,
        idempotent: true,
        requestTimeoutMs: timeoutMs,
        deliveryTimeoutMs: timeoutMs,
      });
      const outcome = await producer.sendOne({ partition: 0, bytes: batchOf(['x']) });
      expect(outcome).toMatchObject({ outcome: 'acked' });
      return topic.topicId;
    };
    const read = async (topicId: string): Promise<[error: string | undefined, bytes: number | undefined]> => {
      const [fetched] = await fetchRecords(await cluster.connection(1), {
        topic: 'again',
        topicId,
        positions: [{ partition: 0, offset: 0 }],
      });
      return [fetched?.error, fetched?.records.length];
    };
    const first = await made();
    expect(await read(first)).toEqual(['NONE', expect.any(Number)]);
    await withAdmin(access, (admin) => admin.deleteTopics({ topics: ['again'] }));
    await expect.poll(() => cluster.metadata('again')).toBeUndefined();
    const second = await made();
    expect(first).not.toBe(second);
    expect(second).not.toBe(noTopicId);
    expect(await read(first)).toEqual(['UNKNOWN_TOPIC_ID', 0]);
    expect(await read(second)).toEqual(['NONE', expect.any(Number)]);
  });

  test('a request for which there is no common version is named, with both ranges', async () => {
    proxy.newest = { [fetch]: 10, [produce]: 6 };
    const { code, stderr } = await run('--messages=10', '--timeout=9s');
    expect(stderr).toMatch(
      /cannot be used: it speaks versions \d to 6 of Produce \(API 0\), and nodrop speaks 7 to 9; it speaks versions \d to 10 of Fetch \(API 1\), and nodrop speaks 11 to 13\..*Kafka 2\.3/s,
    );
    expect(code).toBe(69);
  });
});
