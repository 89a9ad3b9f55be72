/** A topic of one cluster, checked against its copy in another. */
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { startKafka } from '../../src/kafka/broker/start-kafka.ts';
import type { Result } from '../../src/result/result.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { ordersFrom, writeOrders } from '../fixtures/order-rows.ts';

const bootstrapServers = inject('bootstrapServers');

test('a copy in another cluster is read there, and lacks what was not copied', async () => {
  await using other = await startKafka({ dir: newDir() });
  const topic = `orders-${randomUUID()}`;
  const orders = ordersFrom(0, 30);
  await writeOrders(bootstrapServers, topic, orders);
  await writeOrders(
    other.bootstrapServers,
    topic,
    orders.filter(({ id }) => id !== 'order-7'),
  );
  const { code, stdout } = await nodropInProcess([
    'check',
    `--bootstrap-server=${bootstrapServers}`,
    `--topic=${topic}`,
    '--id=header:event-id',
    `--sink=topic:${topic}`,
    `--sink-bootstrap-server=${other.bootstrapServers}`,
    '--sink-id=header:event-id',
    '--settle=100ms',
    `--dir=${newDir()}`,
    '--json',
  ]);
  const { findings, acknowledged } = JSON.parse(stdout) as Result;
  expect(findings).toMatchObject([
    { kind: 'lost', blame: 'consumer', count: 1, examples: [{ id: 'order-7' }] },
  ]);
  expect(acknowledged.right).toBe(29);
  expect(code).toBe(1);
});

test('another address of the same cluster is no other cluster', async () => {
  const topic = `orders-${randomUUID()}`;
  await writeOrders(bootstrapServers, topic, ordersFrom(0, 3));
  const { code, stderr } = await nodropInProcess([
    'check',
    `--bootstrap-server=${bootstrapServers}`,
    `--topic=${topic}`,
    '--id=header:event-id',
    `--sink=topic:${topic}`,
    `--sink-bootstrap-server=${bootstrapServers.replace('127.0.0.1', 'localhost')}`,
    '--sink-id=header:event-id',
    `--dir=${newDir()}`,
  ]);
  expect(code).toBe(64);
  expect(stderr).toContain('this is the topic that is checked');
});
