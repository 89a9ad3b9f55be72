/** A consumer on kafkajs under check, into SQLite: healthy, with planted bugs, and on bad days. */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { killedCode } from '../fixtures/applications/application.ts';
import { kafkajsConsumer } from '../fixtures/applications/kafkajs-consumer.ts';
import {
  checked,
  findingsOf,
  OrdersUnderCheck,
  plantedAt,
} from '../fixtures/applications/orders-under-check.ts';
import { laterEvent, orderEvents } from '../fixtures/applications/orders.ts';
import { plantedBugs } from '../fixtures/applications/planted-bugs.ts';
import { newDir, start, until } from '../fixtures/nodrop.ts';

const create = (events?: OrdersUnderCheck['events'], partitions?: number): Promise<OrdersUnderCheck> =>
  OrdersUnderCheck.create(kafkajsConsumer, events, partitions);
/** The options of a check of the newest event of each order. */
const latest = {
  id: 'key',
  table: 'current_orders',
  'sink-id': 'column:order_id',
  expect: 'latest',
  version: 'json:version=column:version',
};

test('a healthy consumer passes', async () => {
  const orders = await create();
  await orders.consume();
  const check = await orders.check();
  expect(findingsOf(check)).toEqual([]);
  expect(check).toMatchObject({ code: 0, result: { verdict: 'pass', acknowledged: { right: 300 } } });
});

test.each(plantedBugs)('$bug is found as $kind, by the consumer, with the ids', async ({ bug, kind }) => {
  const orders = await create();
  await orders.consume({ PLANTED_BUG: bug });
  const check = await orders.check();
  expect(findingsOf(check)).toEqual([`${kind} consumer 2: ${plantedAt.join(' ')}`]);
  expect(check).toMatchObject({ code: 1, result: { verdict: 'fail', acknowledged: { right: 298 } } });
});

test('events that were committed before the consumer was killed are lost, and a restart does not bring them back', async () => {
  const orders = await create(undefined, 1);
  await using application = await orders.start({ PLANTED_BUG: 'commit-early', KILLED_AT: 'e-151' });
  expect(await application.exited).toBe(killedCode);
  await orders.write([laterEvent]);
  await orders.consume();
  const missing = orders.missingIds();
  expect(missing).toContain('e-151');
  expect(missing).not.toContain(laterEvent.id);
  const check = await orders.check();
  const [finding] = check.result.findings;
  expect(finding).toMatchObject({ kind: 'lost', blame: 'consumer', count: missing.length });
  expect(missing).toEqual(expect.arrayContaining(finding!.examples.map(({ id }) => id)));
  expect(check.result.findings).toHaveLength(1);
  expect(check.code).toBe(1);
});

test('a consumer that was killed before its commit passes after a restart: its index refuses what comes twice', async () => {
  const orders = await create(undefined, 1);
  await using application = await orders.start({ KILLED_AT: 'e-151' });
  expect(await application.exited).toBe(killedCode);
  expect(orders.idsInSink()).toContain('e-150');
  await orders.consume();
  const check = await orders.check();
  expect(findingsOf(check)).toEqual([]);
  expect(check.code).toBe(0);
});

test('without that index, what comes twice is duplicated; under at-least-once it is counted as repeated', async () => {
  const orders = await create(undefined, 1);
  const bug = { PLANTED_BUG: 'write-twice', PLANTED_AT: '' };
  await using application = await orders.start({ ...bug, KILLED_AT: 'e-2' });
  expect(await application.exited).toBe(killedCode);
  await orders.consume(bug);
  const once = await orders.check();
  expect(findingsOf(once)).toEqual(['duplicated consumer 2: e-0 e-1']);
  expect(once.code).toBe(1);
  const repeated = await orders.check({ expect: 'at-least-once' });
  expect(repeated).toMatchObject({
    code: 0,
    result: { verdict: 'pass', findings: [], counts: { repeated: 2 } },
  });
});

describe.each([
  { committed: 'nothing', before: [] },
  { committed: 'a part of the topic', before: orderEvents(90) },
])('a consumer that has committed $committed and was killed', ({ before }) => {
  test('is behind: the check is inconclusive, and names nothing as lost', async () => {
    const orders = await create(before, 1);
    if (before.length > 0) await orders.consume();
    await orders.write(orderEvents(300 - before.length, before.length));
    await using application = await orders.start({ KILLED_AT: 'e-151' });
    expect(await application.exited).toBe(killedCode);
    const check = await orders.check({ timeout: '2s' });
    expect(findingsOf(check)).toEqual([]);
    expect(check).toMatchObject({ code: 2, result: { verdict: 'inconclusive' } });
  });
});

test('a row that comes within --settle is not lost', async () => {
  const orders = await create();
  await using application = await orders.start({ PLANTED_BUG: 'write-late', PLANTED_AT: 'e-151' });
  await orders.consumedAll(application);
  expect(orders.missingIds()).toEqual(['e-151']);
  const dir = newDir();
  const { ended } = start(orders.checkArguments({ settle: '3s', dir }));
  const files = (): string[] =>
    readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((path) => basename(path));
  await until('the first look has found a row missing', () => files().includes('findings.jsonl'));
  application.release();
  const check = checked(await ended);
  expect(findingsOf(check)).toEqual([]);
  expect(check.code).toBe(0);
  await application.stop();
});

test('a row that comes after --settle is lost, until a later check finds it', async () => {
  const orders = await create();
  await using application = await orders.start({ PLANTED_BUG: 'write-late', PLANTED_AT: 'e-151' });
  await orders.consumedAll(application);
  const early = await orders.check();
  expect(findingsOf(early)).toEqual(['lost consumer 1: e-151']);
  expect(early.code).toBe(1);
  application.release();
  await expect.poll(() => orders.missingIds()).toEqual([]);
  const later = await orders.check();
  expect(findingsOf(later)).toEqual([]);
  expect(later.code).toBe(0);
  await application.stop();
});

test('the newest event of each order is in its table: earlier ones are superseded', async () => {
  const orders = await create();
  await orders.consume();
  const check = await orders.check(latest);
  expect(findingsOf(check)).toEqual([]);
  expect(check).toMatchObject({ code: 0, result: { verdict: 'pass', counts: { superseded: 200 } } });
});

test('an older event that the table keeps is stale', async () => {
  const orders = await create();
  // The last events of two orders.
  await orders.consume({ PLANTED_BUG: 'keep-older', PLANTED_AT: 'e-152,e-212' });
  const check = await orders.check(latest);
  expect(findingsOf(check)).toEqual(['stale consumer 2: o-50 o-70']);
  expect(check.code).toBe(1);
});

test('a row that a tombstone should have removed is stale', async () => {
  const events = (await create()).events;
  const ends = ['o-7', 'o-8'].map((orderId) => ({ id: `end-${orderId}`, orderId, value: null }));
  const healthy = await create([...events, ...ends]);
  await healthy.consume();
  const passed = await healthy.check(latest);
  expect(findingsOf(passed)).toEqual([]);
  expect(passed.code).toBe(0);
  const orders = await create([...events, ...ends]);
  await orders.consume({ PLANTED_BUG: 'keep-older', PLANTED_AT: 'end-o-7' });
  const check = await orders.check(latest);
  expect(findingsOf(check)).toEqual(['stale consumer 1: o-7']);
  expect(check.code).toBe(1);
});

describe.each([
  { bug: '', findings: [], code: 0 },
  { bug: 'skip', findings: [`lost consumer 2: ${plantedAt.join(' ')}`], code: 1 },
])('while the shop goes on (planted: "$bug")', ({ bug, findings, code }) => {
  test('a check judges what the topic held when it began', async () => {
    const orders = await create();
    await using running = new AsyncDisposableStack();
    running.use(await orders.start({ PLANTED_BUG: bug }));
    running.use(orders.goOn());
    await expect.poll(() => orders.events.length).toBeGreaterThan(400);
    const check = await orders.check({ settle: '1s' });
    expect(findingsOf(check)).toEqual(findings);
    expect(check.code).toBe(code);
    expect(orders.events.length).toBeGreaterThan(check.result.ledger.sent);
  });
});
