/** Topics as sinks of a check, from which Kafka itself may have removed records. */
import { randomUUID } from 'node:crypto';
import { expect, inject, onTestFinished, test } from 'vitest';
import { found } from '../fixtures/applications/checked.ts';
import { orders, recordOf, writeOrders } from '../fixtures/applications/shop-orders.ts';
import { deleteTopics } from '../fixtures/applications/whole-topic.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { deleteRecordsBelow, withAdmin } from '../../src/kafka/client/topics.ts';
import type { Result } from '../../src/result/result.ts';

const bootstrapServers = inject('bootstrapServers');
const access = { bootstrapServers, client: {}, timeoutMs: 20_000 };

interface Topics {
  topic: string;
  sink: string;
}

/** Twelve records in a topic, and all but the first in the topic that is its sink. */
async function copied(sinkSettings: Readonly<Record<string, string>> = {}): Promise<Topics> {
  const topic = `orders-${randomUUID().slice(0, 8)}`;
  const sink = `${topic}.copy`;
  const configs = Object.entries(sinkSettings).map(([name, value]) => ({ name, value }));
  await withAdmin(access, (admin) =>
    admin.createTopics({ topics: [sink], partitions: 3, replicas: 1, configs }),
  );
  onTestFinished(() => deleteTopics(bootstrapServers, [topic, sink]));
  const records = orders(12).map(recordOf);
  await writeOrders(bootstrapServers, topic, records);
  await writeOrders(bootstrapServers, sink, records.slice(1), 1);
  return { topic, sink };
}

async function check({ topic, sink }: Topics, ...args: string[]): Promise<Result> {
  const { stdout, stderr } = await nodropInProcess([
    'check',
    `--bootstrap-server=${bootstrapServers}`,
    `--topic=${topic}`,
    `--sink=topic:${sink}`,
    '--settle=1ms',
    '--json',
    `--dir=${newDir()}`,
    ...(args.length > 0 ? args : ['--id=header:event-id', '--sink-id=header:event-id']),
  ]);
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout) as Result;
}

test('a record is lost if a sink that removes nothing lacks it', async () => {
  const result = await check(await copied());
  expect(found(result)).toEqual([{ kind: 'lost', blame: 'consumer', count: 1 }]);
});

test('a record that retention may have removed from the sink is not judged', async () => {
  const topics = await copied();
  await deleteRecordsBelow(access, topics.sink, new Map([[1, 1]]));
  const result = await check(topics);
  expect(result.findings).toEqual([]);
  expect(result.verdict).toBe('inconclusive');
  expect(result.notChecked.join(' ')).toMatch(/2 records not seen.*partition 1 begins at offset 1/s);
});

test('a record that compaction may have removed from the sink is not judged, unless the newest of its key is asked for', async () => {
  const topics = await copied({ 'cleanup.policy': 'compact' });
  const result = await check(topics);
  expect(result.findings).toEqual([]);
  expect(result.verdict).toBe('inconclusive');
  expect(result.notChecked.join(' ')).toMatch(/1 record not seen.*have a later one of their key/s);
  const latest = await check(topics, '--id=key', '--sink-id=key', '--expect=latest');
  expect(found(latest)).toEqual([{ kind: 'lost', blame: 'consumer', count: 1 }]);
});
