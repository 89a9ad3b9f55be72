// Writes the events of the topic `orders` to SQLite: all of them, and the newest one of each order.
import { DatabaseSync } from 'node:sqlite';
import { Kafka } from 'kafkajs';
import { isPlanted, killIfAsked, releaseOnSignal, tellPoint } from './planted-bug.js';

const {
  KAFKA_BOOTSTRAP_SERVERS = 'localhost:9092',
  TOPIC = 'orders',
  GROUP = 'orders-to-sqlite',
  DATABASE = 'orders.sqlite',
} = process.env;

const database = new DatabaseSync(DATABASE, { timeout: 5_000 });
database.exec(`
  pragma journal_mode = wal;
  create table if not exists orders (event_id text, order_id text, status text, amount_cents integer);
  create table if not exists current_orders (
    order_id text primary key, event_id text, status text, amount_cents integer, version integer
  );
`);
if (!isPlanted('write-twice')) database.exec('create unique index if not exists event on orders (event_id)');
const insert = database.prepare('insert or ignore into orders values (?, ?, ?, ?)');
const upsert = database.prepare(`
  insert into current_orders values (?, ?, ?, ?, ?) on conflict (order_id) do update set
    event_id = excluded.event_id, status = excluded.status,
    amount_cents = excluded.amount_cents, version = excluded.version
  where excluded.version > version
`);
const remove = database.prepare('delete from current_orders where order_id = ?');

function store({ key, headers, value }) {
  const eventId = headers['event-id'].toString();
  const orderId = key.toString();
  killIfAsked(eventId);
  if (isPlanted('skip', eventId)) return;
  // A record without a value, a tombstone, ends an order.
  const order = value === null ? { status: 'ended', amountCents: 0 } : JSON.parse(value.toString());
  if (isPlanted('change-value', eventId)) order.amountCents += 1;
  if (isPlanted('change-status', eventId)) order.status = 'unknown';
  const write = () => insert.run(eventId, orderId, order.status, order.amountCents);
  if (isPlanted('write-late', eventId)) releaseOnSignal(write);
  else write();
  if (isPlanted('write-twice', eventId)) write();
  if (isPlanted('keep-older', eventId)) return;
  if (value === null) remove.run(orderId);
  else upsert.run(orderId, eventId, order.status, order.amountCents, order.version);
}

const kafka = new Kafka({ clientId: GROUP, brokers: KAFKA_BOOTSTRAP_SERVERS.split(',') });
const consumer = kafka.consumer({ groupId: GROUP, sessionTimeout: 6_000, maxWaitTimeInMs: 250 });
await consumer.connect();
await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachBatch: async ({ batch, ...run }) => {
    const next = (BigInt(batch.lastOffset()) + 1n).toString();
    const commit = () =>
      consumer.commitOffsets([{ topic: batch.topic, partition: batch.partition, offset: next }]);
    if (isPlanted('commit-early')) {
      await commit();
      await tellPoint('after-commit');
    }
    for (const message of batch.messages) {
      store(message);
      await run.heartbeat();
    }
    if (!isPlanted('commit-early')) await commit();
  },
});

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop());

async function stop() {
  await consumer.disconnect();
  database.close();
}
