/** A broker that is killed while batches are in flight to it, and restarted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startKafka } from '../../src/kafka/broker/start-kafka.ts';
import { openCluster } from '../../src/kafka/client/cluster.ts';
import { WireRig, batchOf, numbered, startWireRig, timeoutMs, valuesOf } from '../fixtures/wire-rig.ts';

let rig: WireRig;
beforeAll(async () => {
  rig = await startWireRig();
});
afterAll(() => rig.stop());

test('when a killed broker comes back, no acked record is lost and none is in the log twice', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'nodrop-in-flight-'));
  const killed = await startKafka({ dir });
  const { bootstrapServers } = killed;
  const port = Number(bootstrapServers.split(':')[1]);
  const cluster = await openCluster({ bootstrapServers, clientId: 'in-flight', timeoutMs });
  const own = new WireRig(rig.proxy, killed, cluster);
  const producer = await own.openProducer(await own.makeTopic('killed', 2), { deliveryTimeoutMs: 60_000 });
  const values = Array.from({ length: 400 }, (_, i) => numbered(20, `${i}-`));
  let acked = 0;
  const sending = Promise.all(
    values.map(async (batch, i) => {
      const outcome = await producer.sendOne({ partition: i % 2, bytes: batchOf(batch) });
      if (outcome.outcome === 'acked') acked++;
      return outcome;
    }),
  );
  await expect.poll(() => acked, { interval: 1 }).toBeGreaterThan(10);
  process.kill(killed.pid, 'SIGKILL');
  await killed.exited;
  expect(acked).toBeLessThan(values.length);
  const kafka = await startKafka({ dir, port });
  try {
    const outcomes = await sending;
    expect(outcomes.filter(({ outcome }) => outcome !== 'acked')).toEqual([]);
    const { seen } = await own.scan('killed');
    expect(seen).toHaveLength(values.flat().length);
    const places = new Map(seen.map(({ value, partition, offset }) => [value, { partition, offset }]));
    for (const [i, outcome] of outcomes.entries()) {
      const baseOffset = outcome.outcome === 'acked' ? outcome.baseOffset : -1;
      for (const [j, value] of values[i]!.entries())
        expect(places.get(value)).toEqual({ partition: i % 2, offset: baseOffset + j });
    }
    for (const partition of [0, 1]) {
      const inOrder = values.filter((_, i) => i % 2 === partition).flat();
      expect(valuesOf(seen.filter((record) => record.partition === partition))).toEqual(inOrder);
    }
  } finally {
    await cluster.close();
    await kafka.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});
