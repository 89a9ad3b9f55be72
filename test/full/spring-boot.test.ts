/** A Spring Boot service under check: HTTP in, PostgreSQL out, dead letters, and each of its planted bugs. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { Client } from 'pg';
import { checked, found, idsOf, readmeCheck } from '../fixtures/applications/checked.ts';
import { builtExample } from '../fixtures/applications/java-example.ts';
import { createOrdersTopic } from '../fixtures/applications/orders.ts';
import { partitions, writeOrders } from '../fixtures/applications/shop-orders.ts';
import { startSpringService, type SpringService } from '../fixtures/applications/spring-service.ts';
import { deleteTopics, endsOf, hasCommittedAll } from '../fixtures/applications/whole-topic.ts';
import type { Result } from '../../src/result/result.ts';

const bootstrapServers = inject('bootstrapServers');
const { location, password } = inject('postgres');
const { hostname: host, port, username: user } = new URL(location);
const server = { host, port: Number(port), user, password };
const databaseName = `spring_${randomUUID().slice(0, 8)}`;

/** An identity that repeats in more than one of a hundred messages is refused. */
const count = 300;
const statuses = ['open', 'paid', 'cancelled'];

let admin: Client;
let database: Client;
/** The topic and the group. */
let name: string;

beforeAll(async () => {
  await builtExample('spring-boot', 'package');
  admin = new Client({ ...server, database: 'postgres' });
  await admin.connect();
  await admin.query(`create database ${databaseName}`);
  database = new Client({ ...server, database: databaseName });
  await database.connect();
});

afterAll(async () => {
  await database.end();
  await admin.query(`drop database ${databaseName} with (force)`);
  await admin.end();
});

beforeEach(async () => {
  name = `orders-${randomUUID().slice(0, 8)}`;
  await createOrdersTopic(bootstrapServers, name, partitions);
  await createOrdersTopic(bootstrapServers, `${name}.DLT`, 1);
});

afterEach(async () => {
  await deleteTopics(bootstrapServers, [name, `${name}.DLT`]);
  await database.query('drop table if exists orders');
});

interface Order {
  id: string;
  customer: string;
  status: string;
  amountCents: number;
}

const orders = (total = count): Order[] =>
  Array.from({ length: total }, (_, index) => ({
    id: `o-${index}`,
    customer: `c-${index % 20}`,
    status: statuses[index % statuses.length]!,
    amountCents: 1_000 + index,
  }));

/** Those orders, two of which have a status that the service does not know. */
const poisoned = ['o-101', 'o-202'];
const withPoison = (): Order[] =>
  orders().map((order) => (poisoned.includes(order.id) ? { ...order, status: 'poison' } : order));

/** Writes the orders to the topic without the service, so that its listener reads them in large batches. */
const write = (all: readonly Order[]): Promise<void> =>
  writeOrders(
    bootstrapServers,
    name,
    all.map((order) => ({ key: order.customer, value: JSON.stringify(order), headers: {} })),
  );

const start = (bug = 'none'): Promise<SpringService> =>
  startSpringService({
    bootstrapServers,
    topic: name,
    group: name,
    database: { ...server, database: databaseName },
    env: { PLANTED_BUG: bug },
  });

const isDone = (): Promise<boolean> => hasCommittedAll(bootstrapServers, name, name);

/** Lets the service consume all that the topic holds. */
async function consumed(bug?: string): Promise<void> {
  const { application } = await start(bug);
  await using _ = application;
  await application.until('it has consumed all orders', isDone);
  await application.stop();
}

/** The check of the example's README. */
function check(): Promise<Result> {
  const args = readmeCheck('spring-boot', {
    'localhost:9092': bootstrapServers,
    'postgres://shop@localhost:5432/shop': `postgres://${user}@${host}:${port}/${databaseName}`,
    'orders-service': name,
    orders: name,
  });
  args[args.indexOf('--table') + 1] = 'orders';
  return checked([...args, '--settle=100ms'], { PGPASSWORD: password });
}

const idsInTable = async (): Promise<string[]> =>
  (await database.query<{ id: string }>('select id from orders')).rows.map(({ id }) => id);

const recordsOf = async (topic: string): Promise<number[]> => [
  ...(await endsOf(bootstrapServers, topic)).values(),
];

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

test('orders that are posted have a row each, and one with an unknown status is a dead letter', async () => {
  const { application, post } = await start();
  await using _ = application;
  const ofOne = (order: object): string => JSON.stringify({ ...orders()[0], ...order, customer: 'c-1' });
  for (const order of orders()) expect(await post(ofOne(order))).toBe(202);
  expect(await post(ofOne({ id: 'o-poison', status: 'poison' }))).toBe(202);
  expect(await post(ofOne({ id: 'o-half', amountCents: 1.5 }))).toBe(400);
  expect(await post('no order')).toBe(400);
  // The orders of a customer are in one partition.
  expect((await recordsOf(name)).filter((records) => records > 0)).toEqual([count + 1]);
  await application.until('it has consumed all orders', isDone);
  await application.stop();
  const result = await check();
  // They are allowed by name.
  expect(found(result)).toEqual([{ kind: 'wrongly-dead-lettered', blame: 'consumer', count: 1 }]);
  expect(idsOf(result, 'wrongly-dead-lettered')).toEqual(['o-poison']);
  expect(result.verdict).toBe('pass');
  expect(result.store.rows).toBe(count);
});

test('a service that is killed in the middle of its work and started again passes', async () => {
  await write(withPoison());
  const { application } = await start();
  await using _ = application;
  await application.until('it has written some', async () => (await idsInTable()).length > 50);
  await application.kill();
  await consumed();
  const result = await check();
  expect(result.verdict).toBe('pass');
  expect(result.store.rows).toBe(count - poisoned.length);
});

test('orders that were answered for before Kafka had them are lost when the service is killed', async () => {
  const { application, post } = await start('answer-before-ack');
  await using _ = application;
  for (const order of orders(20)) expect(await post(JSON.stringify(order))).toBe(202);
  await application.kill();
  expect(sum(await recordsOf(name))).toBeLessThan(20);
});

test('the orders of a customer are in several partitions if their key is their id', async () => {
  const { application, post } = await start('wrong-partition-key');
  await using _ = application;
  for (const order of orders(40)) await post(JSON.stringify({ ...order, customer: 'c-1' }));
  expect((await recordsOf(name)).filter((records) => records > 0)).toHaveLength(partitions);
});

test('orders that were committed before they were written are lost when the service is killed', async () => {
  await write(orders());
  const { application } = await start('ack-before-write');
  await using _ = application;
  await application.until('it has committed all orders', isDone);
  await application.kill();
  const stored = new Set(await idsInTable());
  await consumed();
  const lost = count - stored.size;
  expect(lost).toBeGreaterThan(0);
  expect(found(await check())).toEqual([{ kind: 'lost', blame: 'consumer', count: lost }]);
});

test.each(['swallow', 'commit-on-error'])(
  'orders that fail are lost without dead letters: %s',
  async (bug) => {
    await write(withPoison());
    await consumed(bug);
    const result = await check();
    expect(found(result)).toEqual([{ kind: 'lost', blame: 'consumer', count: poisoned.length }]);
    expect(new Set(idsOf(result, 'lost'))).toEqual(new Set(poisoned));
  },
);

test('a dead letter without a commit is written again at the next start', async () => {
  await write([{ ...orders(1)[0]!, status: 'poison' }]);
  for (const written of [1, 2]) {
    const { application } = await start('dead-letter-without-commit');
    await using _ = application;
    await expect.poll(async () => sum(await recordsOf(`${name}.DLT`))).toBe(written);
    await application.stop();
  }
});

test('the rest of a batch after an order that fails is lost', async () => {
  await write(withPoison());
  await consumed('half-batch');
  const stored = new Set(await idsInTable());
  const lost = count - stored.size;
  expect(lost).toBeGreaterThan(poisoned.length);
  expect(found(await check())).toEqual([{ kind: 'lost', blame: 'consumer', count: lost }]);
});

test('orders that a retry inserts again are duplicated', async () => {
  await write(orders());
  await consumed('retry-without-idempotence');
  const result = await check();
  expect(found(result)).toEqual([{ kind: 'duplicated', blame: 'consumer', count: 3 }]);
  expect(new Set(idsOf(result, 'duplicated'))).toEqual(new Set(['o-0', 'o-100', 'o-200']));
});

test('all orders of a customer but one are lost if an upsert takes the customer for the key', async () => {
  await write(orders());
  await consumed('wrong-key-upsert');
  const result = await check();
  expect(found(result)).toEqual([{ kind: 'lost', blame: 'consumer', count: count - 20 }]);
});

test('cancelled orders that a filter for carts drops are lost', async () => {
  await write(orders());
  await consumed('filter');
  const result = await check();
  expect(found(result)).toEqual([{ kind: 'lost', blame: 'consumer', count: count / 3 }]);
});
