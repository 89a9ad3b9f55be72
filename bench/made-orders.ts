/** Makes orders as an application might: JSON records of 200 bytes in a topic, and a row of each in a table. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { openCluster } from '../src/kafka/client/cluster.ts';
import { listOffsets } from '../src/kafka/client/list-offsets.ts';
import { openProducer } from '../src/kafka/produce/produce.ts';
import { RecordBatchEncoder } from '../src/kafka/record-batch/record-batch-encoder.ts';

export const recordBytes = 200;
const recordsOfBatch = 1_000;
const batchesAtOnce = 16;
const rowsOfChunk = 1_000;
const timeoutMs = 60_000;
const states = ['open', 'paid', 'failed'];

interface Order {
  id: string;
  status: string;
  amountCents: number;
}

/** The order with this number: ids are UUIDs in no order. */
function orderOf(number: number): Order {
  const hex = createHash('md5').update(String(number)).digest('hex');
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return { id, status: states[number % states.length]!, amountCents: (number * 7919) % 1_000_003 };
}

function recordOf(number: number): Buffer {
  const { id, status, amountCents } = orderOf(number);
  const order = { order: { id, customer: `customer-${number % 9973}` }, status, amountCents, note: '' };
  const length = JSON.stringify(order).length;
  return Buffer.from(JSON.stringify({ ...order, note: 'n'.repeat(recordBytes - length) }));
}

/** Fills the partitions of an empty topic evenly. */
export async function fillTopic(bootstrapServers: string, name: string, orders: number): Promise<void> {
  await using cluster = await openCluster({ bootstrapServers, clientId: 'bench', timeoutMs });
  const partitions = (await listOffsets(cluster, name, 'latest')).size;
  const producer = await openProducer(cluster, (await cluster.metadata(name))!, {
    acks: -1,
    idempotent: true,
    requestTimeoutMs: timeoutMs,
    deliveryTimeoutMs: timeoutMs,
  });
  const encoders = Array.from({ length: batchesAtOnce }, () => new RecordBatchEncoder());
  let number = 0;
  while (number < orders) {
    const batches = [];
    for (const [index, encoder] of encoders.entries()) {
      const end = Math.min(orders, number + recordsOfBatch);
      if (number === end) break;
      for (; number < end; number++) encoder.append(Date.now(), null, recordOf(number));
      batches.push({ partition: index % partitions, bytes: encoder.finish() });
    }
    const outcomes = await producer.send(batches);
    if (outcomes.some(({ outcome }) => outcome !== 'acked')) throw new Error(`not all orders are in ${name}`);
  }
}

/** Makes the table `orders` in a schema that does not exist yet: `…?schema=NAME`. */
export async function fillTable(location: string, orders: number): Promise<void> {
  const client = new Client({ connectionString: location });
  await client.connect();
  const schema = new URL(location).searchParams.get('schema')!;
  await client.query(`CREATE SCHEMA ${schema}; SET search_path TO ${schema};
    CREATE TABLE orders (event_id uuid, status text, amount bigint)`);
  await pipeline(Readable.from(rowsOf(orders)), client.query(copyFrom('COPY orders FROM STDIN')));
  await client.end();
}

function* rowsOf(orders: number): Generator<Buffer> {
  for (let first = 0; first < orders; first += rowsOfChunk) {
    let text = '';
    for (let number = first; number < Math.min(first + rowsOfChunk, orders); number++) {
      const { id, status, amountCents } = orderOf(number);
      text += `${id}\t${status}\t${amountCents}\n`;
    }
    yield Buffer.from(text);
  }
}
