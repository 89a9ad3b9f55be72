import { Admin, Producer as LibraryProducer } from '@platformatic/kafka';
import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Deadline } from '../../src/system/deadline.ts';
import { readLog } from '../../src/kafka/fetch/log-read.ts';
import { RecordBatchEncoder } from '../../src/kafka/record-batch/record-batch-encoder.ts';
import { until } from '../fixtures/nodrop.ts';
import { batchOf, numbered, startWireRig, timeoutMs, valuesOf, type WireRig } from '../fixtures/wire-rig.ts';

let rig: WireRig;
beforeAll(async () => {
  rig = await startWireRig();
});
afterAll(() => rig.stop());

test('the scan of an empty topic ends at once with no records', async () => {
  const topic = await rig.makeTopic('empty', 2);
  const { log, seen } = await rig.scan('empty');
  expect(seen).toEqual([]);
  expect(log).toMatchObject({ topicId: topic.topicId, partitions: [{ end: 0 }, { end: 0, reached: 0 }] });
});

test('a scan of a missing topic is wrong usage', async () => {
  await expect(rig.scan('nowhere')).rejects.toMatchObject({ code: 'usage' });
});

test('a scan over many fetches returns each record once, in order', async () => {
  const topic = await rig.makeTopic('large', 3);
  const producer = await rig.openProducer(topic);
  const batches = Array.from({ length: 120 }, (_, i) => {
    const encoder = new RecordBatchEncoder();
    for (let j = 0; j < 100; j++)
      encoder.append(i, null, Buffer.alloc(5_000, i), [['n', Buffer.from(`${i}`)]]);
    return { partition: i % 3, bytes: encoder.finish() };
  });
  const outcomes = await producer.send(batches);
  expect(outcomes.every(({ outcome }) => outcome === 'acked')).toBe(true);
  const offsets = new Map<number, number[]>();
  const { log } = await rig.scan('large', {
    onBatch({ partition, batch, from, to }) {
      const known = offsets.get(partition) ?? [];
      for (let i = from; i < to; i++) known.push(batch.offset[i]!);
      offsets.set(partition, known);
    },
  });
  expect(log.partitions.map(({ reached }) => reached)).toEqual([4_000, 4_000, 4_000]);
  for (const known of offsets.values()) expect(known).toEqual(Array.from({ length: 4_000 }, (_, i) => i));
});

test('a scan begins at the given offset, even within a batch', async () => {
  const topic = await rig.makeTopic('middle');
  const producer = await rig.openProducer(topic);
  await producer.send(
    [numbered(10), numbered(3, 'w')].map((values) => ({ partition: 0, bytes: batchOf(values) })),
  );
  const { seen } = await rig.scan('middle', { from: new Map([[0, 8]]) });
  expect(valuesOf(seen)).toEqual(['v8', 'v9', 'w0', 'w1', 'w2']);
});

test('a scan counts a batch that was damaged on disk, and returns the other batches', async () => {
  const topic = await rig.makeTopic('damaged');
  const producer = await rig.openProducer(topic);
  await producer.send(['a', 'b', 'c'].map((name) => ({ partition: 0, bytes: batchOf(numbered(5, name)) })));
  const segment = await openFile(join(rig.kafka.dir, 'data', 'damaged-0', '00000000000000000000.log'), 'r+');
  const written = await segment.readFile();
  await segment.write('X', written.indexOf('b3', written.indexOf('k-b3') + 4));
  await segment.close();
  const { log, seen } = await rig.scan('damaged');
  expect(log.partitions[0]).toMatchObject({ crcBadBatches: 1, undecodableBatches: 0, reached: 15 });
  expect(valuesOf(seen)).toEqual([...numbered(5, 'a'), 'b0', 'b1', 'b2', 'X3', 'b4', ...numbered(5, 'c')]);
});

test('a scan from an offset whose records were deleted begins at the first remaining record', async () => {
  const topic = await rig.makeTopic('removed');
  const producer = await rig.openProducer(topic);
  await producer.send(['a', 'b'].map((name) => ({ partition: 0, bytes: batchOf(numbered(5, name)) })));
  const admin = new Admin({ clientId: 'x', bootstrapBrokers: [rig.kafka.bootstrapServers] });
  await admin.deleteRecords({ topics: [{ name: 'removed', partitions: [{ partition: 0, offset: 5n }] }] });
  await admin.close();
  const { log, seen } = await rig.scan('removed', { from: new Map([[0, 2]]) });
  expect(log.partitions[0]).toMatchObject({ start: 5, startAfter: 5, end: 10, reached: 10 });
  expect(valuesOf(seen)).toEqual(numbered(5, 'b'));
  const offsets: number[] = [];
  const ranges = [{ partition: 0, start: 2, end: 10 }];
  const reached = await readLog(rig.cluster, topic, ranges, new Deadline(timeoutMs), (_, batch) => {
    offsets.push(...batch.offset);
  });
  expect(offsets).toEqual([5, 6, 7, 8, 9]);
  expect(reached).toEqual(new Map([[0, 10]]));
});

test('a scan does not wait for an end that lies past the log', async () => {
  const topic = await rig.makeTopic('cut-short');
  const ranges = [{ partition: 0, start: 3, end: 10 }];
  const reached = await readLog(rig.cluster, topic, ranges, new Deadline(timeoutMs), () => undefined);
  expect(reached).toEqual(new Map([[0, 3]]));
});

test('a scan that receives no records fails at its deadline, and names partition and offset', async () => {
  const topic = await rig.makeTopic('stalled');
  const reading = readLog(
    rig.cluster,
    topic,
    [{ partition: 0, start: 0, end: 1 }],
    new Deadline(300),
    () => undefined,
  );
  await expect(reading).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('partition 0, offset 0'),
  });
});

test('a scan tells committed, aborted and open transactions apart by their markers', async () => {
  await rig.makeTopic('transactions', 2);
  const plain = await rig.openProducer((await rig.cluster.metadata('transactions'))!);
  await plain.send([{ partition: 0, bytes: batchOf(['before']) }]);
  const bootstrapBrokers = [rig.kafka.bootstrapServers];
  const library = new LibraryProducer({
    clientId: 'x',
    bootstrapBrokers,
    idempotent: true,
    transactionalId: 'x',
    // This is also the time limit of the transaction: the broker aborts one that lasts longer.
    timeout: 60_000,
  });
  const write = async (names: string[], end: 'commit' | 'abort'): Promise<void> => {
    const transaction = await library.beginTransaction();
    for (const name of names) {
      const messages = [0, 1].map((partition) => ({
        topic: 'transactions',
        partition,
        value: Buffer.from(name),
      }));
      await transaction.send({ messages });
    }
    await transaction[end]();
  };
  await write(['c1', 'c2'], 'commit');
  await write(['a1', 'a2'], 'abort');
  await write(['a3'], 'abort');
  await plain.send([{ partition: 0, bytes: batchOf(['between']) }]);
  await write(['c3'], 'commit');
  const open1 = await library.beginTransaction();
  await open1.send({ messages: [{ topic: 'transactions', partition: 0, value: Buffer.from('o1') }] });
  const { log, seen } = await rig.scan('transactions');
  const stated = (partition: number): string[] =>
    seen.filter((record) => record.partition === partition).map(({ value, state }) => `${value} ${state}`);
  const resolved = ['c1 committed', 'c2 committed', 'a1 aborted', 'a2 aborted', 'a3 aborted'];
  expect(stated(0)).toEqual([
    'before committed',
    ...resolved,
    'between committed',
    'c3 committed',
    'o1 open',
  ]);
  expect(stated(1)).toEqual([...resolved, 'c3 committed']);
  expect(log.partitions[0]!.abortedRanges).toHaveLength(2);
  expect(log.partitions[0]!.openTransactions).toHaveLength(1);
  expect(log.partitions[0]!.lastStableOffset).toBe(log.partitions[0]!.openTransactions[0]!.first);
  expect(log.partitions[1]).toMatchObject({
    openTransactions: [],
    crcBadBatches: 0,
    undecodableBatches: 0,
  });
  expect(log.partitions[1]!.lastStableOffset).toBe(log.partitions[1]!.end);
  await open1.abort();
  await library.close();
  // The broker answers an abort before it has written the marker.
  let after = await rig.scan('transactions');
  await until('the marker is in the log', async () => {
    after = await rig.scan('transactions');
    return after.seen.every(({ state }) => state !== 'open');
  });
  expect(after.log.partitions[0]!.abortedRanges).toHaveLength(3);
});
