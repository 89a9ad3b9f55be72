/** A Kafka Streams application under check: with its defects switched on, and killed in mid-transaction. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, expect, inject, test } from 'vitest';
import { checked, found, idsOf, readmeCheck } from '../fixtures/applications/checked.ts';
import type { JavaApplication } from '../fixtures/applications/java-application.ts';
import { builtExample } from '../fixtures/applications/java-example.ts';
import { createOrdersTopic } from '../fixtures/applications/orders.ts';
import {
  partitions,
  orders,
  recordOf,
  writeOrders,
  type Order,
} from '../fixtures/applications/shop-orders.ts';
import { startStreams } from '../fixtures/applications/streams-application.ts';
import { deleteTopics, endsOf, hasCommittedAll } from '../fixtures/applications/whole-topic.ts';
import type { Result } from '../../src/result/result.ts';

const bootstrapServers = inject('bootstrapServers');
/** An identity that repeats in more than one of a hundred messages is refused. */
const count = 300;

let names: { topic: string; enriched: string; applicationId: string };

beforeAll(async () => void (await builtExample('kafka-streams', 'package')));

afterEach(() => deleteTopics(bootstrapServers, [names.topic, names.enriched]));

/** Topics of their own, with these orders in the first. */
async function given(shop: readonly Order[]): Promise<void> {
  const id = randomUUID().slice(0, 8);
  names = { topic: `orders-${id}`, enriched: `enriched-${id}`, applicationId: `enricher-${id}` };
  await createOrdersTopic(bootstrapServers, names.enriched, partitions);
  await writeOrders(bootstrapServers, names.topic, shop.map(recordOf));
}

const start = (env: Readonly<Record<string, string>> = {}): Promise<JavaApplication> =>
  startStreams({ bootstrapServers, ...names, env });

const isDone = (): Promise<boolean> => hasCommittedAll(bootstrapServers, names.applicationId, names.topic);

/** Lets the application read all orders. */
async function enriched(env: Readonly<Record<string, string>> = {}): Promise<void> {
  await using application = await start(env);
  await application.until('it has read all orders', isDone);
  await application.stop();
}

/** The arguments of the check in the example's README. */
const checkArguments = (): string[] =>
  readmeCheck('kafka-streams', {
    'localhost:9092': bootstrapServers,
    'orders.enriched': names.enriched,
    'orders-enricher': names.applicationId,
    orders: names.topic,
  });

const check = (...args: string[]): Promise<Result> => checked([...checkArguments(), '--settle=1s', ...args]);

function checkWithoutGroup(...args: string[]): Promise<Result> {
  const all = checkArguments();
  all.splice(all.indexOf('--group'), 2);
  return checked([...all, ...args]);
}

test('an application that enriches each order once passes', async () => {
  await given(orders(count));
  await enriched();
  const result = await check();
  expect(result.findings).toEqual([]);
  expect(result.verdict).toBe('pass');
  expect(result.store.rows).toBe(count);
});

test('orders that the application drops in silence are lost, unless the drop was declared', async () => {
  await given(orders(count));
  await enriched({ ORDERS_BUG: 'drops-cancelled' });
  const result = await check();
  expect(found(result)).toEqual([{ kind: 'lost', blame: 'consumer', count: count / 4 }]);
  // The first of them in the order of partition and offset.
  expect(idsOf(result, 'lost')).toEqual(
    [6, 18, 30, 42, 54, 66, 78, 90, 102, 114].map((index) => `o-${index}`),
  );
  const declared = await check('--drop-when=json:status=cancelled', '--drop-because=nothing is delivered');
  expect(declared.findings).toEqual([]);
  expect(declared.verdict).toBe('pass');
  expect(declared.counts.dropped).toBe(count / 4);
  expect(declared.store.rows).toBe((count * 3) / 4);
});

test('an amount that a float has rounded is corrupted, and a larger one that a float can hold is not', async () => {
  const shop = orders(count);
  shop[7]!.amountCents = 2 ** 24 + 1;
  shop[8]!.amountCents = 2 ** 24 + 2;
  await given(shop);
  await enriched({ ORDERS_BUG: 'float-amounts' });
  const result = await check();
  expect(found(result)).toEqual([{ kind: 'corrupted', blame: 'consumer', count: 1 }]);
  expect(idsOf(result, 'corrupted')).toEqual(['o-7']);
});

test('orders with the wrong status are misclassified', async () => {
  await given(orders(10));
  await enriched({ ORDERS_BUG: 'refunds-are-paid' });
  const result = await check();
  expect(found(result)).toEqual([{ kind: 'misclassified', blame: 'consumer', count: 2 }]);
  expect(idsOf(result, 'misclassified')).toEqual(['o-3', 'o-7']);
});

test('an id in other letters is another id: its order is lost, and a phantom is there', async () => {
  const shop = orders(count);
  shop[30]!.id = 'O-30';
  await given(shop);
  await enriched({ ORDERS_BUG: 'lower-case-ids' });
  const result = await check();
  expect(found(result)).toEqual([
    { kind: 'lost', blame: 'consumer', count: 1 },
    { kind: 'phantom', blame: 'consumer', count: 1 },
  ]);
  expect(idsOf(result, 'lost')).toEqual(['O-30']);
  expect(idsOf(result, 'phantom')).toEqual(['o-30']);
});

/** Kills the application when it has written copies of the last orders, and has not committed that it has read them. */
async function killedBeforeItsCommit(guarantee: string, last: readonly Order[]): Promise<void> {
  await using application = await start({ PROCESSING_GUARANTEE: guarantee, COMMIT_INTERVAL_MS: '9000' });
  await application.until('it has read all orders', isDone);
  const before = await written();
  await writeOrders(bootstrapServers, names.topic, last.map(recordOf), count);
  await application.until('it writes the last ones', async () => (await written()) >= before + last.length);
  expect(await isDone()).toBe(false);
  await application.kill();
}

async function written(): Promise<number> {
  const ends = await endsOf(bootstrapServers, names.enriched);
  return [...ends.values()].reduce((sum, end) => sum + end, 0);
}

const last = ['z-0', 'z-1'].map((id) => ({ id, status: 'paid', amountCents: 1 }));

test('an application with at-least-once that is killed before its commit writes the last orders twice', async () => {
  await given(orders(count));
  await killedBeforeItsCommit('at_least_once', last);
  await enriched({ PROCESSING_GUARANTEE: 'at_least_once', COMMIT_INTERVAL_MS: '100' });
  const result = await check();
  expect(found(result)).toEqual([{ kind: 'duplicated', blame: 'consumer', count: last.length }]);
  expect(idsOf(result, 'duplicated')).toEqual(['z-0', 'z-1']);
  const tolerant = await check('--expect=at-least-once');
  expect(tolerant.findings).toEqual([]);
  expect(tolerant.verdict).toBe('pass');
});

test('an application with exactly-once that is killed in mid-transaction passes', async () => {
  await given(orders(count));
  await killedBeforeItsCommit('exactly_once_v2', last);
  await enriched();
  // The copies of the transaction that was killed are in the topic, aborted.
  expect(await written()).toBeGreaterThan(count + 2 * last.length);
  const result = await check();
  expect(result.findings).toEqual([]);
  expect(result.verdict).toBe('pass');
  expect(result.store.rows).toBe(count + last.length);
});

test('a check without the group waits for the transaction in which a killed application has written', async () => {
  await given(orders(count));
  await killedBeforeItsCommit('exactly_once_v2', last);
  await expect(checkWithoutGroup('--timeout=1s')).rejects.toThrow(/ended with 69.*open transaction/s);
  const checking = checkWithoutGroup('--settle=5s');
  await enriched();
  const result = await checking;
  expect(result.findings).toEqual([]);
  expect(result.verdict).toBe('pass');
  expect(result.store.rows).toBe(count + last.length);
});
