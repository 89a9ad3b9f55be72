/** A Python consumer on confluent-kafka under check, into a file of JSON lines, with a topic of dead letters. */
import { beforeAll, describe, expect, test } from 'vitest';
import { killedCode } from '../fixtures/applications/application.ts';
import { findingsOf, OrdersUnderCheck, plantedAt } from '../fixtures/applications/orders-under-check.ts';
import { laterEvent } from '../fixtures/applications/orders.ts';
import { plantedBugs } from '../fixtures/applications/planted-bugs.ts';
import {
  pythonConsumer,
  pythonInterpreter,
  pythonMissing,
} from '../fixtures/applications/python-consumer.ts';

const create = (partitions?: number): Promise<OrdersUnderCheck> =>
  OrdersUnderCheck.create(pythonConsumer, undefined, partitions);

describe.skipIf(pythonMissing !== undefined)(`a Python consumer ${pythonMissing ?? ''}`, () => {
  beforeAll(async () => void (await pythonInterpreter()));

  test('a healthy consumer passes', async () => {
    const orders = await create();
    await orders.consume();
    const check = await orders.check();
    expect(findingsOf(check)).toEqual([]);
    expect(check).toMatchObject({ code: 0, result: { verdict: 'pass', acknowledged: { right: 300 } } });
  });

  test('its lines can be checked by their places too', async () => {
    const orders = await create();
    await orders.consume({ PLANTED_BUG: 'skip' });
    const check = await orders.check({ id: 'position', 'sink-id': 'columns:partition,offset' });
    expect(check.result.findings).toMatchObject([{ kind: 'lost', blame: 'consumer', count: 2 }]);
    expect(check.code).toBe(1);
  });

  test.each([...plantedBugs, { bug: 'dead-letter', kind: 'wrongly-dead-lettered' }])(
    '$bug is found as $kind, by the consumer, with the ids',
    async ({ bug, kind }) => {
      const orders = await create();
      await orders.consume({ PLANTED_BUG: bug });
      const check = await orders.check();
      expect(findingsOf(check)).toEqual([`${kind} consumer 2: ${plantedAt.join(' ')}`]);
      expect(check).toMatchObject({ code: 1, result: { verdict: 'fail', acknowledged: { right: 298 } } });
    },
  );

  test('events that were committed before the consumer was killed are lost', async () => {
    const orders = await create(1);
    await using application = await orders.start({ PLANTED_BUG: 'commit-early', KILLED_AT: 'e-151' });
    expect(await application.exited).toBe(killedCode);
    await orders.write([laterEvent]);
    await orders.consume();
    const missing = orders.missingIds();
    expect(missing).toContain('e-151');
    expect(missing).not.toContain(laterEvent.id);
    const check = await orders.check();
    expect(check.result.findings).toMatchObject([{ kind: 'lost', blame: 'consumer', count: missing.length }]);
    expect(missing).toEqual(expect.arrayContaining(check.result.findings[0]!.examples.map(({ id }) => id)));
    expect(check.code).toBe(1);
  });

  test('lines that a killed consumer writes again are duplicated; under at-least-once they are repeated', async () => {
    const orders = await create(1);
    await using application = await orders.start({ KILLED_AT: 'e-2' });
    expect(await application.exited).toBe(killedCode);
    await orders.consume();
    const once = await orders.check();
    expect(findingsOf(once)).toEqual(['duplicated consumer 2: e-0 e-1']);
    const repeated = await orders.check({ expect: 'at-least-once' });
    expect(repeated).toMatchObject({
      code: 0,
      result: { verdict: 'pass', findings: [], counts: { repeated: 2 } },
    });
  });

  test('a check passes while the shop goes on and the file grows', async () => {
    const orders = await create();
    await using running = new AsyncDisposableStack();
    running.use(await orders.start());
    running.use(orders.goOn());
    await expect.poll(() => orders.events.length).toBeGreaterThan(400);
    const check = await orders.check({ settle: '1s' });
    expect(findingsOf(check)).toEqual([]);
    expect(check.code).toBe(0);
    expect(orders.events.length).toBeGreaterThan(check.result.ledger.sent);
  });

  test('a line that comes after --settle is lost, until a later check finds it', async () => {
    const orders = await create();
    await using application = await orders.start({ PLANTED_BUG: 'write-late', PLANTED_AT: 'e-151' });
    await orders.consumedAll(application);
    const early = await orders.check();
    expect(findingsOf(early)).toEqual(['lost consumer 1: e-151']);
    application.release();
    await expect.poll(() => orders.missingIds()).toEqual([]);
    const later = await orders.check();
    expect(findingsOf(later)).toEqual([]);
    expect(later.code).toBe(0);
    await application.stop();
  });
});
