/** A cluster that other programs use too: nodrop keeps topics and groups that they use. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { joinGroup } from '../../src/kafka/client/consumer-group.ts';
import { removeGroup, removeTopic } from '../../src/kafka/client/remove-topic.ts';
import { createTopic } from '../../src/kafka/client/topics.ts';
import { openCluster } from '../../src/kafka/client/cluster.ts';
import { newDir, nodrop, start, until } from '../fixtures/nodrop.ts';
import { leftTopic, OtherProgram } from '../fixtures/other-program.ts';

const bootstrapServers = inject('bootstrapServers');
const at = `--bootstrap-server=${bootstrapServers}`;
const timeoutMs = 15_000;
const access = { bootstrapServers, client: {}, timeoutMs };

let other: OtherProgram;
beforeAll(() => {
  other = new OtherProgram();
});
afterAll(() => other.close());

const newName = (): string => `shared-${randomUUID().slice(0, 8)}`;

test('a passed run keeps the topic that it created if the user chose its name', async () => {
  const topic = newName();
  const { code, stderr } = await nodrop([
    'run',
    `--dir=${newDir()}`,
    `--topic=${topic}`,
    '--messages=50',
    at,
  ]);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(leftTopic(topic, 'it has a name of yours, by which others may find it'));
  expect(stderr).not.toContain('Group');
  expect(await other.isThere(topic)).toBe(true);
});

test('removeTopic keeps a topic with records that came after the audit, and a recreated topic', async () => {
  const topic = newName();
  await createTopic(access, topic, 1);
  await other.write(topic);
  await using cluster = await openCluster({ ...access, clientId: 'test' });
  const { topicId } = (await cluster.metadata(topic))!;
  const own = { topic, topicId, ends: new Map([[0, 0]]) };
  expect(await removeTopic(access, own)).toBe('it holds 1 record that came after the audit');
  const recreated = { topic, topicId: randomUUID(), ends: new Map([[0, 1]]) };
  expect(await removeTopic(access, recreated)).toBe('another program has recreated it since');
  expect(await other.isThere(topic)).toBe(true);
  expect(await removeTopic(access, { ...own, ends: new Map([[0, 1]]) })).toBeUndefined();
  await until('the topic is gone', async () => !(await other.isThere(topic)));
  expect(await removeTopic(access, own)).toBeUndefined();
});

test('removeGroup keeps a group with members or with offsets of another topic', async () => {
  const [topic, another] = [newName(), newName()];
  const group = newName();
  expect(await removeGroup(access, { group, topic })).toBeUndefined();
  for (const name of [topic, another]) await createTopic(access, name, 1);
  const joined = await joinGroup({
    bootstrapServers,
    client: {},
    settings: {},
    group,
    topic,
    timeoutMs,
    signal: new AbortController().signal,
  });
  expect(await removeGroup(access, { group, topic })).toBe('it has 1 member');
  await joined.leave();
  await other.admin.alterConsumerGroupOffsets({
    groupId: group,
    topics: [{ name: another, partitionOffsets: [{ partition: 0, offset: 0n }] }],
  });
  expect(await removeGroup(access, { group, topic })).toBe(`it has committed offsets of topic ${another}`);
  expect(await removeGroup(access, { group, topic: another })).toBeUndefined();
});

test('a producer whose topic was deleted ends soon after its timeout', async () => {
  const run = newName();
  const args = ['produce', '--messages=20000', '--batch-size=10', '--timeout=3s', `--run=${run}`];
  const { ended } = start([...args, `--dir=${newDir()}`, '--rate=200', at]);
  await until('the topic is there', () => other.isThere(`nodrop-${run}`));
  await other.admin.deleteTopics({ topics: [`nodrop-${run}`] });
  const goneAtMs = performance.now();
  const { code, stderr } = await ended;
  expect(code).toBe(69);
  expect(stderr).toContain('acknowledges nothing any more');
  expect(performance.now() - goneAtMs).toBeLessThan(20_000);
});
