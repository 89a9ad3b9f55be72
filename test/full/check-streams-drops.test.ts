/** A Kafka Streams application that drops orders, undeclared and declared. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { checked, found, idsOf, readmeCheck } from '../fixtures/applications/checked.ts';
import { builtExample } from '../fixtures/applications/java-example.ts';
import { createOrdersTopic, orders, recordOf, writeOrders } from '../fixtures/applications/shop-orders.ts';
import { startStreams } from '../fixtures/applications/streams-application.ts';
import { deleteTopics, hasCommittedAll } from '../fixtures/applications/whole-topic.ts';

const bootstrapServers = inject('bootstrapServers');
const id = randomUUID().slice(0, 8);
const [topic, enriched, applicationId] = [`orders-${id}`, `enriched-${id}`, `enricher-${id}`];

// The first build on a machine gets jars of some 90 MB.
beforeAll(async () => void (await builtExample('kafka-streams', 'package')));

afterAll(() => deleteTopics(bootstrapServers, [topic, enriched]));

test('orders that a Kafka Streams application drops in silence are lost, unless the drop was declared', async () => {
  await createOrdersTopic(bootstrapServers, enriched);
  await writeOrders(bootstrapServers, topic, orders(40).map(recordOf));
  const settings = { bootstrapServers, applicationId, topic, enriched };
  await using application = await startStreams({ ...settings, env: { ORDERS_BUG: 'drops-cancelled' } });
  await application.until('it has read all orders', () =>
    hasCommittedAll(bootstrapServers, applicationId, topic),
  );
  const own = {
    'localhost:9092': bootstrapServers,
    'orders.enriched': enriched,
    'orders-enricher': applicationId,
    orders: topic,
  };
  const args = [...readmeCheck('kafka-streams', own), '--settle=200ms'];
  const lost = await checked(args);
  expect(found(lost)).toEqual([{ kind: 'lost', blame: 'consumer', count: 10 }]);
  expect(idsOf(lost, 'lost').slice(0, 3)).toEqual(['o-6', 'o-18', 'o-30']);
  const declared = await checked([
    ...args,
    '--drop-when=json:status=cancelled',
    '--drop-because=nobody delivers them',
  ]);
  expect(declared.findings).toEqual([]);
  expect(declared.verdict).toBe('pass');
  expect(declared.counts.dropped).toBe(10);
  expect(declared.store.rows).toBe(30);
});
