/** `nodrop check` of a topic of which a batch was damaged on the broker's disk. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { layout } from '../../src/kafka/record-batch/record-batch-layout.ts';
import { splitBatches } from '../../src/kafka/record-batch/record-batch.ts';
import type { CheckRow } from '../fixtures/check-sinks.ts';
import { batchOf } from '../fixtures/foreign-topic.ts';
import { ordersFrom } from '../fixtures/order-rows.ts';
import { recordOf } from '../fixtures/order-topic.ts';
import { runCheck, summaryOf } from '../fixtures/run-check.ts';
import { toldLooks } from '../fixtures/told-looks.ts';
import { startWireRig, type WireRig } from '../fixtures/wire-rig.ts';

const orders = ordersFrom(0, 20);
const rows = orders.map(({ id, status, amountCents }, offset): CheckRow => {
  return { event_id: id, status, amount: amountCents, partition: 0, offset };
});

let rig: WireRig;
beforeAll(async () => {
  rig = await startWireRig();
});
afterAll(() => rig.stop());

/** Writes a batch for each order, and changes one byte of that of an order on the disk. */
async function damagedTopic(name: string, damaged: number, at: number): Promise<void> {
  const topic = await rig.makeTopic(name);
  const producer = await rig.openProducer(topic);
  await producer.send(orders.map((order) => ({ partition: 0, bytes: batchOf(recordOf(order)) })));
  const path = join(rig.kafka.dir, 'data', `${name}-0`, '00000000000000000000.log');
  const bytes = readFileSync(path);
  const batch = [...splitBatches(bytes)][damaged]!;
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.of(0xff), 0, 1, batch.byteOffset - bytes.byteOffset + at);
  closeSync(file);
}

const check = async (topic: string, stored: readonly CheckRow[], ...args: string[]) =>
  summaryOf(
    await runCheck(
      '--bootstrap-server',
      rig.kafka.bootstrapServers,
      `--topic=${topic}`,
      '--id=header:event-id',
      '--sink-id=column:event_id',
      ...toldLooks(stored).args,
      ...args,
    ),
  );

test('rows that an unreadable batch may explain are not judged, and a loss beside it is found', async () => {
  await damagedTopic('unreadable', 7, layout.records);
  const stranger = { ...rows[0]!, event_id: 'order-x' };
  const notChecked = expect.arrayContaining([
    expect.stringMatching(/has 1 batches that cannot be read/),
    expect.stringMatching(/^2 rows not judged: no record that was read explains them/),
  ]);
  expect(await check('unreadable', [...rows, stranger])).toEqual({
    code: 2,
    right: 19,
    found: [],
    notChecked,
  });
  // The second row may be that of a copy in the batch.
  expect(await check('unreadable', [...rows, rows[3]!])).toMatchObject({
    code: 1,
    found: [{ kind: 'duplicated', blame: 'unknown', ids: ['order-3 at 0:3'] }],
  });
  expect(await check('unreadable', rows.toSpliced(12, 1))).toMatchObject({
    code: 1,
    found: [{ kind: 'lost', blame: 'consumer', ids: ['order-12 at 0:12'] }],
  });
});

test('a record whose batch fails its checksum is corrupted by the broker, and its row is not blamed', async () => {
  const value = JSON.stringify(orders[7]!.amountCents);
  const record = batchOf(recordOf(orders[7]!));
  await damagedTopic('damaged', 7, record.lastIndexOf(value));
  const values = ['--compare', 'json:amountCents=column:amount'];
  const { code, found } = await check('damaged', rows, ...values);
  expect({ code, found }).toEqual({
    code: 1,
    found: [{ kind: 'corrupted', blame: 'broker', count: 1, ids: ['order-7 at 0:7'] }],
  });
});
