/** A topic of a real broker as a source. */
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { createTopic, withAdmin } from '../../../src/kafka/client/topics.ts';
import { headerNames } from '../../../src/workload/record-headers.ts';
import { openTopicSource } from '../../../src/sources/topic/topic-source.ts';
import type { TopicSource } from '../../../src/config/config.ts';
import type { Handover, OutgoingMessage } from '../../../src/sources/source.ts';
import { outgoing, sourceOptions } from '../../fixtures/outgoing.ts';
import { recordsOf } from '../../fixtures/topic-records.ts';

const bootstrapServers = inject('bootstrapServers');
const newTopic = (): string => `source-${randomUUID()}`;
const access = { bootstrapServers, client: {}, timeoutMs: 20_000 };
const options = sourceOptions({ bootstrapServers, timeoutMs: 20_000 });

/** Creates the topic and sends each list in a call of its own. */
async function send(
  source: TopicSource,
  ...calls: readonly (readonly OutgoingMessage[])[]
): Promise<(readonly Handover[])[]> {
  await createTopic(access, source.topic, source.partitions ?? 1);
  const opened = await openTopicSource(source, options);
  try {
    const outcomes = await Promise.all(calls.map((messages) => opened.send(messages)));
    expect(await opened.end()).toEqual([]);
    return outcomes;
  } finally {
    await opened.close();
  }
}

test('a message becomes a record with its key, its value and its headers alone, where its outcome says', async () => {
  const topic = newTopic();
  const messages = [
    outgoing(0, { sku: 'a' }, { key: 'customer-7', headers: { 'event-id': 'm-0' } }),
    outgoing(1, 'as it is', { key: 'customer-8', headers: { 'event-id': 'm-1', other: 'é' } }),
    outgoing(2, null, { key: 'customer-7', headers: { 'event-id': 'm-2' } }),
    outgoing(3, Buffer.from('bytes'), { headers: { 'event-id': 'm-3' } }),
  ];
  const [outcomes] = await send({ topic, partitions: 4 }, messages);
  const records = await recordsOf(bootstrapServers, topic, [
    'event-id',
    'other',
    ...Object.values(headerNames),
  ]);
  const byId = new Map(records.map((record) => [record.headers['event-id'], record]));
  expect(byId.get('m-0')).toMatchObject({ key: 'customer-7', value: '{"sku":"a"}' });
  expect(byId.get('m-1')).toMatchObject({ value: 'as it is', headers: { 'event-id': 'm-1', other: 'é' } });
  expect(byId.get('m-2')).toMatchObject({ key: 'customer-7', value: null });
  expect(byId.get('m-2')!.headers).toEqual({ 'event-id': 'm-2' });
  expect(byId.get('m-3')).toMatchObject({ key: null, value: 'bytes' });
  for (const [index, outcome] of outcomes!.entries()) {
    const { partition, offset } = byId.get(`m-${index}`)!;
    expect(outcome).toEqual({ outcome: 'acked', partition, offset });
  }
  // As Java's client would choose them: murmur2 of the key, without its sign, modulo 4.
  expect([byId.get('m-0')!.partition, byId.get('m-2')!.partition]).toEqual([3, 3]);
});

test('messages of overlapping calls stay in their order in each partition, and those without a key use all of them', async () => {
  const topic = newTopic();
  const calls = Array.from({ length: 5 }, (_, call) =>
    Array.from({ length: 200 }, (__, index) => {
      const sequence = call * 200 + index;
      return outgoing(sequence, String(sequence), { key: sequence % 2 === 0 ? `k${sequence % 7}` : null });
    }),
  );
  const outcomes = await send({ topic, partitions: 3 }, ...calls);
  expect(outcomes.flat().every(({ outcome }) => outcome === 'acked')).toBe(true);
  const records = await recordsOf(bootstrapServers, topic);
  expect(records).toHaveLength(1000);
  for (const partition of [0, 1, 2]) {
    const values = records
      .filter((record) => record.partition === partition)
      .map(({ value }) => Number(value));
    expect(values.length).toBeGreaterThan(100);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  }
});

test('a message that is too large for the topic is rejected, and small ones beside it are not', async () => {
  const topic = newTopic();
  await withAdmin(access, (admin) =>
    admin.createTopics({
      topics: [topic],
      partitions: 1,
      replicas: -1,
      configs: [{ name: 'max.message.bytes', value: '2000' }],
    }),
  );
  const small = Array.from({ length: 20 }, (_, sequence) => outgoing(sequence, 'x'.repeat(400)));
  const [outcomes] = await send({ topic }, [...small, outgoing(20, 'x'.repeat(3000)), outgoing(21, 'last')]);
  expect(outcomes!.map(({ outcome }) => outcome)).toEqual([...small.map(() => 'acked'), 'rejected', 'acked']);
  expect(outcomes![20]).toMatchObject({ error: 'MESSAGE_TOO_LARGE', errorCode: 10 });
  expect(await recordsOf(bootstrapServers, topic)).toHaveLength(21);
});

test('settings of the source win, and acks=0 acknowledges nothing', async () => {
  const source = { topic: newTopic(), partitions: 1, settings: { acks: '0' } };
  const [outcomes] = await send(source, [outgoing(0, 'x')]);
  expect(outcomes).toMatchObject([{ outcome: 'unknown', error: 'NO_ACKS_ASKED' }]);
  await expect(openTopicSource({ ...source, settings: { ack: '0' } }, options)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining("'ack'") as string,
  });
});

test('a topic that has another number of partitions is wrong usage', async () => {
  const topic = newTopic();
  await createTopic(access, topic, 2);
  await expect(openTopicSource({ topic, partitions: 3 }, options)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('has 2 partitions, and the source names 3') as string,
  });
});
