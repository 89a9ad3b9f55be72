/** A config that `nodrop init` writes for an application that runs already is run as it is. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { kafkajsConsumer } from '../fixtures/applications/kafkajs-consumer.ts';
import { writeForeignTopic } from '../fixtures/foreign-topic.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';

test('the config that init writes for a topic and a table passes', async () => {
  const bootstrapServers = inject('bootstrapServers');
  const topic = `init-${randomUUID().slice(0, 8)}`;
  const dir = newDir();
  const database = join(dir, 'orders.sqlite');
  const records = Array.from({ length: 60 }, (_, index) => ({
    key: `o-${index % 7}`,
    headers: [['event-id', `e-${index}`]] as const,
    payload: JSON.stringify({
      status: index % 3 === 0 ? 'paid' : 'open',
      amountCents: 1_000 + index,
      version: index,
    }),
  }));
  await writeForeignTopic(bootstrapServers, topic, records);
  const application = { KAFKA_BOOTSTRAP_SERVERS: bootstrapServers, TOPIC: topic, GROUP: topic };
  await using _ = await kafkajsConsumer.start(database, application);
  await expect.poll(() => kafkajsConsumer.idsIn(database), { timeout: 30_000 }).toHaveLength(60);
  const file = join(dir, 'nodrop.config.ts');
  const wanted = [
    '--bootstrap-server',
    bootstrapServers,
    '--topic',
    topic,
    '--sink',
    `sqlite:${database}`,
    '--table',
    'orders',
  ];
  const written = await nodrop(['init', ...wanted, '--config', file]);
  expect(written.stderr).toBe('');
  const run = await nodrop([
    'run',
    topic,
    '--config',
    file,
    '--dir',
    join(dir, '.nodrop'),
    '--json',
    '--quiet',
  ]);
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toMatchObject({ verdict: 'pass', ledger: { acked: 1000 } });
});
