import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCluster } from '../../src/kafka/client/cluster.ts';
import { codecs } from '../../src/kafka/client/client-settings.ts';
import { fetchRecords } from '../../src/kafka/fetch/fetch.ts';
import { decodeRecordBatches } from '../../src/kafka/record-batch/record-batch.ts';
import { batchOf, numbered, startWireRig, timeoutMs, valuesOf, type WireRig } from '../fixtures/wire-rig.ts';

let rig: WireRig;
beforeAll(async () => {
  rig = await startWireRig();
});
afterAll(() => rig.stop());

describe('cluster', () => {
  test('a missing topic has no metadata, and the request does not create it', async () => {
    expect(await rig.cluster.metadata('nowhere')).toBeUndefined();
    expect(await rig.cluster.metadata('nowhere')).toBeUndefined();
  });

  test('the metadata of a topic contains its id and the leader of each partition', async () => {
    const topic = await rig.makeTopic('partitions', 3);
    expect(topic.topicId).toMatch(/^[0-9a-f-]{36}$/);
    expect(topic.partitions.map(({ leader }) => leader)).toEqual([1, 1, 1]);
  });

  test('if no broker listens at an address, the error after the timeout names it', async () => {
    const startedAt = performance.now();
    const opening = openCluster({ bootstrapServers: '127.0.0.1:1', clientId: 'wire', timeoutMs: 300 });
    await expect(opening).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/127\.0\.0\.1:1 did not answer within 300 ms: connect ECONNREFUSED/),
    });
    expect(performance.now() - startedAt).toBeGreaterThan(290);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  test('a server that accepts connections but never answers is given up at the timeout', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const opening = openCluster({ bootstrapServers: `127.0.0.1:${port}`, clientId: 'wire', timeoutMs: 300 });
    await expect(opening).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no answer'),
    });
    silent.close();
  });

  test('an invalid address is wrong usage', async () => {
    const opening = openCluster({ bootstrapServers: 'host:port', clientId: 'wire', timeoutMs });
    await expect(opening).rejects.toMatchObject({ code: 'usage' });
  });

  test('an abort signal ends the wait for a broker', async () => {
    const signal = AbortSignal.timeout(100);
    const opening = openCluster({ bootstrapServers: '127.0.0.1:1', clientId: 'wire', timeoutMs, signal });
    await expect(opening).rejects.toMatchObject({ code: 'interrupted' });
  });
});

describe('producer', () => {
  test.each(codecs)('records that were sent with codec %s are fetched unchanged', async (codec) => {
    const topic = await rig.makeTopic(`codec-${codec}`);
    const producer = await rig.openProducer(topic);
    const values = numbered(500);
    expect(await producer.send([{ partition: 0, bytes: batchOf(values, codec) }])).toEqual([
      { outcome: 'acked', baseOffset: 0 },
    ]);
    const connection = await rig.cluster.connection(1);
    const [fetched] = await fetchRecords(connection, {
      topic: topic.topic,
      topicId: topic.topicId,
      positions: [{ partition: 0, offset: 0 }],
    });
    expect(fetched).toMatchObject({ error: 'NONE', highWatermark: 500 });
    const [batch] = decodeRecordBatches(fetched!.records);
    expect(batch).toMatchObject({ codec, crcOk: true, count: 500, baseSequence: 0 });
    expect(Array.from({ length: 500 }, (_, i) => String(batch!.value(i)))).toEqual(values);
    expect(String(batch!.key(7))).toBe('k-v7');
  });

  test('many sends at once keep their order in each partition', async () => {
    const topic = await rig.makeTopic('order', 3);
    const producer = await rig.openProducer(topic);
    const sends = Array.from({ length: 60 }, (_, i) =>
      producer.send([{ partition: i % 3, bytes: batchOf([`${i}`, `${i}b`]) }]),
    );
    const outcomes = (await Promise.all(sends)).flat();
    expect(outcomes).toEqual(sends.map((_, i) => ({ outcome: 'acked', baseOffset: Math.floor(i / 3) * 2 })));
    const { seen } = await rig.scan('order');
    for (const partition of [0, 1, 2]) {
      const values = valuesOf(seen.filter((record) => record.partition === partition));
      const expected = Array.from({ length: 20 }, (_, i) => i * 3 + partition).flatMap((i) => [
        `${i}`,
        `${i}b`,
      ]);
      expect(values).toEqual(expected);
    }
  });

  test('idempotent: after lost answers no record is in the log twice', async () => {
    const topic = await rig.makeTopic('lost-answers');
    const producer = await rig.openProducer(topic);
    for (let i = 0; i < 5; i++) {
      rig.proxy.losses = i % 3;
      const [outcome] = await producer.send([{ partition: 0, bytes: batchOf([`m${i}`]) }]);
      expect(outcome).toEqual({ outcome: 'acked', baseOffset: i });
    }
    const { seen } = await rig.scan('lost-answers');
    expect(valuesOf(seen)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
  });

  test.each([8_000, 150])(
    'idempotent: with random lost answers and a delivery timeout of %i ms, acked records are in the log once',
    async (deliveryTimeoutMs) => {
      const name = `random-losses-${deliveryTimeoutMs}`;
      const producer = await rig.openProducer(await rig.makeTopic(name, 3), { deliveryTimeoutMs });
      const trouble = setInterval(() => (rig.proxy.losses = Math.floor(Math.random() * 3)), 40);
      const batches = Array.from({ length: 240 }, (_, i) => ({
        partition: i % 3,
        values: [`${i}`, `${i}b`],
      }));
      const outcomes = await Promise.all(
        batches.map(async ({ partition, values }, i) => {
          await sleep(Math.floor(i / 12) * 25);
          return await producer.sendOne({ partition, bytes: batchOf(values) });
        }),
      );
      clearInterval(trouble);
      rig.proxy.losses = 0;
      const { seen } = await rig.scan(name);
      expect(new Set(valuesOf(seen)).size).toBe(seen.length);
      const places = new Map(seen.map(({ value, partition, offset }) => [value, { partition, offset }]));
      for (const [i, outcome] of outcomes.entries()) {
        const { partition, values } = batches[i]!;
        const found = values.map((value) => places.get(value));
        // A batch is rejected if its time ran out while the broker refused it, since one before it was missing.
        const absent = outcome.outcome === 'rejected' ? values.map(() => undefined) : found;
        const wanted =
          outcome.outcome === 'acked'
            ? values.map((_, j) => ({ partition, offset: outcome.baseOffset + j }))
            : absent;
        expect(found).toEqual(wanted);
      }
    },
  );

  test('idempotent: after an unknown outcome, only records that are in the log are acked', async () => {
    const topic = await rig.makeTopic('unknown-outcome');
    const producer = await rig.openProducer(topic, { deliveryTimeoutMs: 300 });
    rig.proxy.losses = 1_000;
    const [lost] = await producer.send([{ partition: 0, bytes: batchOf(['a0', 'a1']) }]);
    rig.proxy.losses = 0;
    expect(lost).toMatchObject({ outcome: 'unknown' });
    // As many records as before: under the old sequence the broker would ack them as a retry.
    const [next] = await producer.send([{ partition: 0, bytes: batchOf(['b0', 'b1']) }]);
    expect(next).toEqual({ outcome: 'acked', baseOffset: 2 });
    expect(valuesOf((await rig.scan('unknown-outcome')).seen)).toEqual(['a0', 'a1', 'b0', 'b1']);
  });

  test('not idempotent: after a lost answer the outcome is unknown, and the batch is not sent again', async () => {
    const topic = await rig.makeTopic('not-idempotent');
    const producer = await rig.openProducer(topic, { acks: 1, idempotent: false });
    rig.proxy.losses = 1;
    const [lost] = await producer.send([{ partition: 0, bytes: batchOf(['a']) }]);
    expect(lost).toEqual({ outcome: 'unknown', error: 'NETWORK_EXCEPTION' });
    const [next] = await producer.send([{ partition: 0, bytes: batchOf(['b']) }]);
    expect(next).toEqual({ outcome: 'acked', baseOffset: 1 });
  });

  test('acks=0: every outcome is unknown', async () => {
    const topic = await rig.makeTopic('no-acks');
    const producer = await rig.openProducer(topic, { acks: 0, idempotent: false });
    const [outcome] = await producer.send([{ partition: 0, bytes: batchOf(['a']) }]);
    expect(outcome).toMatchObject({ outcome: 'unknown' });
    await expect.poll(async () => valuesOf((await rig.scan('no-acks')).seen)).toEqual(['a']);
  });

  test('a batch that is too large is rejected, and the later ones are acked', async () => {
    const topic = await rig.makeTopic('too-large');
    const producer = await rig.openProducer(topic);
    const batches = [['a'], ['x'.repeat(2_000_000)], ['b'], ['c']].map((values) => batchOf(values));
    const outcomes = await producer.send(batches.map((bytes) => ({ partition: 0, bytes })));
    expect(outcomes).toEqual([
      { outcome: 'acked', baseOffset: 0 },
      { outcome: 'rejected', error: 'MESSAGE_TOO_LARGE' },
      { outcome: 'acked', baseOffset: 1 },
      { outcome: 'acked', baseOffset: 2 },
    ]);
    expect(valuesOf((await rig.scan('too-large')).seen)).toEqual(['a', 'b', 'c']);
  });

  test('a send to a missing topic is rejected at the delivery timeout', async () => {
    const topic = await rig.makeTopic('present');
    // The timeout falls into the longest pause between attempts: an attempt in flight would leave a doubt.
    const producer = await rig.openProducer({ ...topic, topic: 'absent' }, { deliveryTimeoutMs: 1_200 });
    const outcomes = await producer.send([{ partition: 0, bytes: batchOf(['a']) }]);
    expect(outcomes).toEqual([{ outcome: 'rejected', error: 'UNKNOWN_TOPIC_OR_PARTITION' }]);
  });

  test('an abort makes the outcome of a batch in flight unknown', async () => {
    const topic = await rig.makeTopic('abort');
    const stop = new AbortController();
    const producer = await rig.openProducer(topic, { signal: stop.signal });
    rig.proxy.losses = 1_000;
    const sending = producer.send([{ partition: 0, bytes: batchOf(['a']) }]);
    setTimeout(() => stop.abort(), 200);
    expect(await sending).toMatchObject([{ outcome: 'unknown' }]);
    rig.proxy.losses = 0;
  });
});
