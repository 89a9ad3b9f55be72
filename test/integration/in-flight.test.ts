/** Several batches of a partition in flight at once, on a real broker, while answers and batches are lost. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Producer } from '../../src/kafka/produce/produce.ts';
import type { SendOutcome } from '../../src/kafka/produce/send-outcome.ts';
import { batchOf, numbered, startWireRig, valuesOf, type WireRig } from '../fixtures/wire-rig.ts';

let rig: WireRig;
beforeAll(async () => {
  rig = await startWireRig();
});
afterAll(() => rig.stop());

const inFlight = 5;

/** Producer epoch, base sequence and record count of each batch in the log. */
async function batchesIn(topic: string): Promise<{ epoch: number; sequence: number; count: number }[]> {
  const batches: { epoch: number; sequence: number; count: number }[] = [];
  await rig.scan(topic, {
    onBatch: ({ batch }) =>
      batches.push({ epoch: batch.producerEpoch, sequence: batch.baseSequence, count: batch.count }),
  });
  return batches;
}

/** Sends a first batch, and then the others. Their answers are held back until five batches are in flight. */
async function sendFive(producer: Producer, batches: readonly string[][]): Promise<SendOutcome[]> {
  const first = await producer.sendOne({ partition: 0, bytes: batchOf(['first']) });
  expect(first).toEqual({ outcome: 'acked', baseOffset: 0 });
  rig.proxy.hold();
  const before = rig.proxy.requests;
  const sending = producer.send(batches.map((values) => ({ partition: 0, bytes: batchOf(values) })));
  await expect.poll(() => rig.proxy.requests - before).toBe(inFlight);
  rig.proxy.release();
  return await sending;
}

describe('with five batches in flight', () => {
  test.each([
    ['the first answer', 0, 1],
    ['the second answer', 1, 1],
    ['the middle answer', 2, 1],
    ['the last answer', 4, 1],
    ['three answers', 0, 3],
    ['an answer and those to two retries', 2, 3],
  ])(
    'after the loss of %s, each batch is in the log once, in order, and acked at its offset',
    async (_, spared, losses) => {
      const name = `five-${spared}-${losses}`;
      const producer = await rig.openProducer(await rig.makeTopic(name));
      const batches = Array.from({ length: 7 }, (_, i) => numbered(1 + (i % 3), `${i}-`));
      Object.assign(rig.proxy, { spared, losses });
      // The answer to the first batch, which is sent alone, comes before these and is spared too.
      rig.proxy.spared += 1;
      const outcomes = await sendFive(producer, batches);
      expect(rig.proxy.losses).toBe(0);
      let offset = 1;
      for (const [i, values] of batches.entries()) {
        expect(outcomes[i]).toEqual({ outcome: 'acked', baseOffset: offset });
        offset += values.length;
      }
      expect(valuesOf((await rig.scan(name)).seen)).toEqual(['first', ...batches.flat()]);
      let sequence = 0;
      for (const batch of await batchesIn(name)) {
        expect(batch).toMatchObject({ epoch: 0, sequence });
        sequence += batch.count;
      }
    },
  );

  test.each([0, 2])(
    'if batch %i is too large, it alone is rejected and the others keep their order',
    async (large) => {
      const name = `large-${large}`;
      const producer = await rig.openProducer(await rig.makeTopic(name));
      const batches = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((value) => [value, value]);
      batches[large] = ['x'.repeat(2_000_000)];
      const outcomes = await sendFive(producer, batches);
      expect(outcomes[large]).toEqual({ outcome: 'rejected', error: 'MESSAGE_TOO_LARGE' });
      const others = batches.toSpliced(large, 1);
      expect(outcomes.toSpliced(large, 1)).toEqual(
        others.map((_, i) => ({ outcome: 'acked', baseOffset: 1 + 2 * i })),
      );
      expect(valuesOf((await rig.scan(name)).seen)).toEqual(['first', ...others.flat()]);
    },
  );

  test('if all answers are lost, unknown batches are in the log in order or not at all, and the next is acked', async () => {
    const topic = await rig.makeTopic('lost-for-good');
    // On a busy machine, too, all five are sent in this time.
    const producer = await rig.openProducer(topic, { deliveryTimeoutMs: 1_500 });
    rig.proxy.spared = 1;
    rig.proxy.losses = 1_000;
    const batches = numbered(7).map((value) => [value]);
    const outcomes = await sendFive(producer, batches);
    expect(outcomes.slice(0, inFlight)).toMatchObject(
      Array.from({ length: inFlight }, () => ({ outcome: 'unknown' })),
    );
    rig.proxy.losses = 0;
    expect(await producer.sendOne({ partition: 0, bytes: batchOf(['after']) })).toMatchObject({
      outcome: 'acked',
    });
    const values = valuesOf((await rig.scan('lost-for-good')).seen);
    expect(values).toEqual(['first', ...batches.flat(), 'after'].filter((value) => values.includes(value)));
    expect(values.slice(0, 6)).toEqual(['first', 'v0', 'v1', 'v2', 'v3', 'v4']);
    expect(values.at(-1)).toBe('after');
  });

  test('with inFlightMax 1, the producer sends one batch at a time', async () => {
    const producer = await rig.openProducer(await rig.makeTopic('one-at-a-time'), { inFlightMax: 1 });
    await producer.sendOne({ partition: 0, bytes: batchOf(['first']) });
    rig.proxy.hold();
    const before = rig.proxy.requests;
    const sending = producer.send(numbered(3).map((value) => ({ partition: 0, bytes: batchOf([value]) })));
    await expect.poll(() => rig.proxy.requests - before).toBe(1);
    // The producer would have sent a second batch before this request.
    await rig.cluster.metadata('one-at-a-time');
    expect(rig.proxy.requests - before).toBe(1);
    rig.proxy.release();
    expect(await sending).toEqual([1, 2, 3].map((baseOffset) => ({ outcome: 'acked', baseOffset })));
  });
});
