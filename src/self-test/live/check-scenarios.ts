/** The scenarios of checks: a topic and a sink that no part of nodrop has filled, and `nodrop check` of both. */
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Deadline } from '../../system/deadline.ts';
import { removeOwn, type OwnFiles } from '../../system/removal.ts';
import type { Planting, Scenario, Trial } from './live-defect.ts';
import type { LivePipeline } from './live-pipeline.ts';
import { OrderTable, type Orders } from './orders.ts';
import { publishOrders } from './publish-orders.ts';

const ownFiles: OwnFiles = { files: /^orders\.db(-wal|-shm|-journal)?$/ };
const lookMsMax = 30_000;
const pollMs = 20;
/** Enough to write a row between two looks. */
const settle = '--settle=1s';
const settleAtOnce = '--settle=100ms';

/** Against a table. `sound` makes the orders of a pipeline that loses nothing. */
export const checkOfTable = (name: string, sound: () => Orders, ...options: string[]): Scenario => ({
  name: `check of a table ${name}`,
  go: async (pipeline, planting) => {
    const orders = changed(sound(), planting);
    await publish(pipeline, pipeline.topic, orders.records);
    const folder = mkdtempSync(join(tmpdir(), 'nodrop-self-test-'));
    try {
      const table = new OrderTable(join(folder, 'orders.db'), orders);
      const sink = [`--sink=sqlite:${table.path}`, '--table=orders', '--sink-id=column:id'];
      const isLate = orders.late.length > 0;
      const checked = pipeline.check([...sink, isLate ? settle : settleAtOnce, ...options]);
      if (isLate) await addLate(pipeline, table, orders);
      const result = await checked;
      const cameAbout = !isLate || result?.check?.looks === 2;
      return { cameAbout, result, said: pipeline.said };
    } finally {
      removeOwn(folder, ownFiles);
    }
  },
});

/** Against a topic with the same records. */
export const checkOfCopy = (sound: () => Orders, ...options: string[]): Scenario => ({
  name: 'check of a copy',
  go: async (pipeline, planting): Promise<Trial> => {
    const { records } = sound();
    const copies = changed(sound(), planting);
    const copy = `${pipeline.topic}-copy`;
    await Promise.all([publish(pipeline, pipeline.topic, records), publish(pipeline, copy, copies.records)]);
    const result = await pipeline.check([`--sink=topic:${copy}`, '--sink-id=key', settleAtOnce, ...options]);
    return { cameAbout: true, result, said: pipeline.said };
  },
});

function changed(orders: Orders, { orders: change }: Planting): Orders {
  change?.(orders);
  return orders;
}

const publish = ({ access, ground }: LivePipeline, topic: string, records: Orders['records']) =>
  publishOrders(access, topic, records, ground.transactional === true);

/** Adds the late rows once the check has read the table the first time. */
async function addLate({ folder, ground }: LivePipeline, table: OrderTable, { late }: Orders): Promise<void> {
  const hasLooked = (): boolean | undefined => existsSync(folder.file('later-1.facts')) || undefined;
  await new Deadline(lookMsMax, ground.signal).poll(() => Promise.resolve(hasLooked()), pollMs);
  table.add(late);
}
