/** A Kafka Connect worker with a JDBC sink under check: a table that was changed, and records that Connect skipped. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { Client } from 'pg';
import { checked, found, placesOf, readmeCheck } from '../fixtures/applications/checked.ts';
import { startConnectWorker, type ConnectWorker } from '../fixtures/applications/connect-worker.ts';
import {
  orders,
  placeOf,
  writeOrders,
  type Order,
  type OrderRecord,
} from '../fixtures/applications/shop-orders.ts';
import { deleteTopics, hasCommittedAll } from '../fixtures/applications/whole-topic.ts';
import { deleteRecordsBelow } from '../../src/kafka/client/topics.ts';
import type { Result } from '../../src/result/result.ts';

const bootstrapServers = inject('bootstrapServers');
const { location, password } = inject('postgres');
/** An identity that repeats in more than one of a hundred messages is refused. */
const count = 300;
const databaseName = `connect_${randomUUID().slice(0, 8)}`;

const { hostname: host, port, username: user } = new URL(location);
const server = { host, port: Number(port), user, password };

let worker: ConnectWorker;
let database: Client;
/** The topic, its connector and its table have one name. */
let name: string;

beforeAll(async () => {
  await atServer(`CREATE DATABASE ${databaseName}`);
  worker = await startConnectWorker(bootstrapServers, { ...server, database: databaseName });
  database = new Client({ ...server, database: databaseName });
  await database.connect();
});

afterAll(async () => {
  await worker.application.stop();
  await database.end();
  await atServer(`DROP DATABASE ${databaseName} WITH (FORCE)`);
});

beforeEach(() => {
  name = `orders_${randomUUID().slice(0, 8)}`;
});

afterEach(async () => {
  await worker.removeSink(name);
  await deleteTopics(bootstrapServers, [name, deadLetters()]);
});

const deadLetters = (): string => `${name}.dead-letters`;

async function atServer(sql: string): Promise<void> {
  const client = new Client({ ...server, database: 'postgres' });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

const schema = {
  type: 'struct',
  optional: false,
  fields: [
    { field: 'id', type: 'string', optional: false },
    { field: 'status', type: 'string', optional: false },
    { field: 'amountCents', type: 'int64', optional: false },
  ],
};

/** An order as the worker's JsonConverter reads it. */
const recordOf = (order: Order): OrderRecord => ({
  key: order.id,
  value: JSON.stringify({ schema, payload: order }),
  headers: {},
});

const records = (): OrderRecord[] => orders(count).map(recordOf);

const startSink = (settings: Readonly<Record<string, string>> = {}): Promise<void> =>
  worker.startSink(name, {
    topics: name,
    'collection.name.format': name,
    'errors.deadletterqueue.topic.name': deadLetters(),
    ...settings,
  });

const isDone = (): Promise<boolean> => hasCommittedAll(bootstrapServers, `connect-${name}`, name);

const untilDone = (): Promise<void> => worker.application.until('the sink has read all', isDone);

/** Lets a sink with the example's settings and these put the records into its table. */
async function sunk(
  all: readonly OrderRecord[],
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeOrders(bootstrapServers, name, all);
  await startSink(settings);
  await untilDone();
}

/** The database, as nodrop is told of it. */
const sink = (): string => `postgres://${user}@${host}:${port}/${databaseName}`;

/** The check of the example's README. */
const check = (...args: string[]): Promise<Result> => {
  const own = {
    'localhost:9092': bootstrapServers,
    'postgres://shop@localhost:5432/shop': sink(),
    'connect-orders-sink': `connect-${name}`,
    orders: name,
  };
  return checked([...readmeCheck('connect-worker', own), '--settle=1s', ...args], { PGPASSWORD: password });
};

/** The check of positions alone, which takes nothing from anybody. */
const checkPositions = (...args: string[]): Promise<Result> =>
  checked(
    [
      `--bootstrap-server=${bootstrapServers}`,
      `--topic=${name}`,
      '--id=position',
      `--sink=${sink()}`,
      `--query=select * from ${name}`,
      '--sink-id=columns:__connect_partition,__connect_offset',
      '--settle=1s',
      ...args,
    ],
    { PGPASSWORD: password },
  );

/** A condition for the row of this record. */
const rowOf = (index: number): string => {
  const { partition, offset } = placeOf(index);
  return `__connect_partition = ${partition} and __connect_offset = ${offset}`;
};

const keyless = (): Promise<unknown> => database.query(`alter table ${name} drop constraint ${name}_pkey`);

test('a sink that writes each record once passes, with a look into the rows and without', async () => {
  await sunk(records());
  for (const result of [await check(), await checkPositions()]) {
    expect(result.findings).toEqual([]);
    expect(result.verdict).toBe('pass');
    expect(result.store.rows).toBe(count);
  }
});

test('rows that were deleted are lost', async () => {
  await sunk(records());
  await database.query(`delete from ${name} where ${rowOf(5)} or ${rowOf(100)}`);
  const result = await check();
  expect(found(result)).toEqual([{ kind: 'lost', blame: 'consumer', count: 2 }]);
  expect(placesOf(result, 'lost')).toEqual([placeOf(100), placeOf(5)]);
});

test('a row that was doubled is duplicated', async () => {
  await sunk(records());
  await keyless();
  await database.query(`insert into ${name} select * from ${name} where ${rowOf(7)}`);
  const result = await check();
  expect(found(result)).toEqual([{ kind: 'duplicated', blame: 'consumer', count: 1 }]);
  expect(placesOf(result, 'duplicated')).toEqual([placeOf(7)]);
});

test('a changed status is misclassified, and a changed amount is corrupted', async () => {
  await sunk(records());
  await database.query(`update ${name} set status = 'paid' where ${rowOf(0)}`);
  await database.query(`update ${name} set amountcents = amountcents + 1 where ${rowOf(1)}`);
  const result = await check();
  expect(found(result)).toEqual([
    { kind: 'corrupted', blame: 'consumer', count: 1 },
    { kind: 'misclassified', blame: 'consumer', count: 1 },
  ]);
  expect(placesOf(result, 'misclassified')).toEqual([placeOf(0)]);
  expect(placesOf(result, 'corrupted')).toEqual([placeOf(1)]);
});

test('a row at a place that the topic does not have is a phantom', async () => {
  await sunk(records());
  await database.query(
    `insert into ${name} select __connect_topic, __connect_partition, 5000, id, status, amountcents
     from ${name} where ${rowOf(0)}`,
  );
  const result = await check();
  expect(found(result)).toEqual([{ kind: 'phantom', blame: 'consumer', count: 1 }]);
});

test('records that a sink skips since its offsets were moved are lost', async () => {
  await sunk(records().slice(0, 240));
  await worker.stopSink(name);
  await writeOrders(bootstrapServers, name, records().slice(240), 240);
  // The partitions had 80 records each, and have 20 more: the sink skips the first two of these in partition 1.
  await worker.moveSink(name, name, new Map([[1, 82]]));
  await worker.resumeSink(name);
  await untilDone();
  const result = await check();
  expect(found(result)).toEqual([{ kind: 'lost', blame: 'consumer', count: 2 }]);
  expect(placesOf(result, 'lost')).toEqual([
    { partition: 1, offset: 80 },
    { partition: 1, offset: 81 },
  ]);
});

test('two topics in one table are told apart by the column of the topic', async () => {
  const other = `${name}_other`;
  await writeOrders(bootstrapServers, other, records());
  await sunk(records(), { topics: `${name},${other}` });
  await worker.application.until('the sink has read the other topic', () =>
    hasCommittedAll(bootstrapServers, `connect-${name}`, other),
  );
  const checkBoth = (): Promise<Result> =>
    checked(
      [
        `--bootstrap-server=${bootstrapServers}`,
        `--topic=${name}`,
        `--topic=${other}`,
        '--id=position',
        `--sink=${sink()}`,
        `--table=${name}`,
        '--sink-id=columns:__connect_topic,__connect_partition,__connect_offset',
        '--settle=1s',
      ],
      { PGPASSWORD: password },
    );
  expect((await checkBoth()).verdict).toBe('pass');
  await database.query(`delete from ${name} where __connect_topic = '${other}' and ${rowOf(9)}`);
  const result = await checkBoth();
  expect(found(result)).toEqual([{ kind: 'lost', blame: 'consumer', count: 1 }]);
  expect(result.findings[0]!.examples).toMatchObject([{ topic: other, ...placeOf(9) }]);
  await deleteTopics(bootstrapServers, [other]);
});

test('a sink whose offsets were moved back writes rows again in place, and passes', async () => {
  await sunk(records());
  await worker.stopSink(name);
  await worker.moveSink(name, name, new Map([[0, 0]]));
  await worker.resumeSink(name);
  await untilDone();
  const result = await check();
  expect(result.findings).toEqual([]);
  expect(result.verdict).toBe('pass');
});

test('records that a filter swallows are lost', async () => {
  const all = records();
  for (const index of [12, 13]) all[index] = { ...all[index]!, headers: { internal: '1' } };
  await sunk(all, {
    transforms: 'drop',
    'transforms.drop.type': 'org.apache.kafka.connect.transforms.Filter',
    'transforms.drop.predicate': 'internal',
    predicates: 'internal',
    'predicates.internal.type': 'org.apache.kafka.connect.transforms.predicates.HasHeaderKey',
    'predicates.internal.name': 'internal',
  });
  const result = await check();
  expect(found(result)).toEqual([{ kind: 'lost', blame: 'consumer', count: 2 }]);
  expect(placesOf(result, 'lost')).toEqual([placeOf(12), placeOf(13)]);
});

/** The records, of which the worker can read the one at this index only up to its missing amount. */
const withoutAmount = (index: number): OrderRecord[] =>
  records().map((record, i) => {
    const { id, status } = orders(count)[i]!;
    return i === index ? { ...record, value: JSON.stringify({ schema, payload: { id, status } }) } : record;
  });

test('a record of a known status is wrongly among the dead letters', async () => {
  await sunk(withoutAmount(20));
  const result = await check(`--dead-letters=topic:${deadLetters()}`);
  expect(found(result)).toEqual([{ kind: 'wrongly-dead-lettered', blame: 'consumer', count: 1 }]);
  expect(placesOf(result, 'wrongly-dead-lettered')).toEqual([placeOf(20)]);
});

test('a record that is no JSON is right among the dead letters; by its position, it takes an allowance', async () => {
  const all = records();
  all[20] = { ...all[20]!, value: '{"id": "o-' };
  await sunk(all);
  const result = await check(`--dead-letters=topic:${deadLetters()}`);
  expect(result.findings).toEqual([]);
  expect(result.verdict).toBe('pass');
  expect(result.store.deadLetters).toBe(1);
  expect(found(await checkPositions(`--dead-letters=topic:${deadLetters()}`))).toEqual([
    { kind: 'wrongly-dead-lettered', blame: 'consumer', count: 1 },
  ]);
  const allowed = await checkPositions(`--dead-letters=topic:${deadLetters()}`, '--allow=dead-lettered');
  expect(allowed.verdict).toBe('pass');
  expect(found(await checkPositions())).toEqual([{ kind: 'lost', blame: 'consumer', count: 1 }]);
});

test('a record that a sink without dead letters tolerates is lost', async () => {
  await sunk(withoutAmount(20), { 'errors.deadletterqueue.topic.name': '' });
  const result = await check();
  expect(found(result)).toEqual([{ kind: 'lost', blame: 'consumer', count: 1 }]);
  expect(placesOf(result, 'lost')).toEqual([placeOf(20)]);
});

test('records that a stopped sink has yet to read are not judged if its group is named, and are lost otherwise', async () => {
  await sunk(records().slice(0, 240));
  await worker.stopSink(name);
  await writeOrders(bootstrapServers, name, records().slice(240), 240);
  const result = await check('--timeout=4s');
  expect(result.findings).toEqual([]);
  expect(result.verdict).toBe('inconclusive');
  // Without the group, nothing tells that the sink still has them to read.
  expect(found(await checkPositions())).toEqual([{ kind: 'lost', blame: 'consumer', count: 60 }]);
});

test('a check waits for a sink that is late', async () => {
  await sunk(records().slice(0, 240));
  await worker.stopSink(name);
  await writeOrders(bootstrapServers, name, records().slice(240), 240);
  const checking = check();
  await worker.resumeSink(name);
  const result = await checking;
  expect(result.findings).toEqual([]);
  expect(result.verdict).toBe('pass');
});

test('rows of records that retention has removed are counted, and not judged', async () => {
  await sunk(records());
  await deleteRecordsBelow({ bootstrapServers, client: {}, timeoutMs: 20_000 }, name, new Map([[0, 40]]));
  const result = await check();
  expect(result.findings).toEqual([]);
  expect(result.verdict).toBe('pass');
  expect(result.counts.unrooted).toBe(40);
});
