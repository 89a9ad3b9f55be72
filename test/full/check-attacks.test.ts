/** `nodrop check` of pipelines that try to deceive it: on a real broker, with real tables, topics and programs. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, inject, test } from 'vitest';
import { withAdmin, type AdminAccess } from '../../src/kafka/client/topics.ts';
import { openPostgres, type CheckRow } from '../fixtures/check-sinks.ts';
import type { ForeignRecord } from '../fixtures/foreign-topic.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { ordersFrom, type Order } from '../fixtures/order-rows.ts';
import { OrderTopic, recordOf } from '../fixtures/order-topic.ts';
import { runCheck, summaryOf } from '../fixtures/run-check.ts';
import { toldLooks } from '../fixtures/told-looks.ts';

const access: AdminAccess = { bootstrapServers: inject('bootstrapServers'), client: {}, timeoutMs: 20_000 };
const orders = ordersFrom(0, 60);
const rowOf = ({ id, status, amountCents }: Order): CheckRow => ({
  event_id: id,
  status,
  amount: amountCents,
  partition: 0,
  offset: 0,
});
const rowsOf = (all: readonly Order[]): CheckRow[] => all.map(rowOf);
const rows = rowsOf(orders);
const but = (all: readonly CheckRow[], ...ids: string[]): CheckRow[] =>
  all.filter(({ event_id }) => !ids.includes(event_id!));

const ids = ['--id', 'header:event-id', '--sink-id', 'column:event_id'];
const values = ['--compare', 'json:amountCents=column:amount'];
const categories = ['--category', 'json:status', '--sink-category', 'column:status'];
const all = [...ids, ...values, ...categories];
const order = (id: string, amountCents = 1, status = 'open'): Order => ({ id, status, amountCents });

async function topicOf(first: readonly Order[] = orders, partitions = 1): Promise<OrderTopic> {
  const topic = await OrderTopic.create(partitions);
  await topic.addOrders(first);
  return topic;
}

const passed = (right: number) => ({ code: 0, right, found: [] });
const found = (kind: string, blame: string, ...named: unknown[]) => ({
  code: 1,
  found: [{ kind, blame, count: named.length, ids: named }],
});
const open = (sentence: RegExp) => ({
  code: 2,
  found: [],
  notChecked: expect.arrayContaining([expect.stringMatching(sentence)]),
});

async function check(topic: OrderTopic, looks: { args: readonly string[] }, ...args: string[]) {
  return summaryOf(await runCheck('--topic', topic.name, ...looks.args, ...args));
}

describe('records beyond the range', () => {
  const newer = [order('order-3', 1), order('order-4', 1)];

  test('under latest, a row of a newer record, or none since a tombstone, is right', async () => {
    await using topic = await topicOf();
    await topic.addOrders(newer);
    await topic.append([{ key: 'order-5', payload: null, headers: [['event-id', 'order-5']] }]);
    const latest = [...but(rows, 'order-3', 'order-4', 'order-5'), ...rowsOf(newer)];
    const args = ['--to', '0:60', '--expect', 'latest', ...all];
    expect(await check(topic, toldLooks(latest), ...args)).toMatchObject(passed(60));
    expect(await check(topic, toldLooks(but(latest, 'order-7')), ...args)).toMatchObject(
      found('lost', 'consumer', 'order-7 at 0:7'),
    );
  });

  test('a row of a copy that the producer sent beyond the end is not the consumer’s', async () => {
    await using topic = await topicOf();
    await topic.addOrders([orders[3]!]);
    const looks = toldLooks([...rows, rows[3]!]);
    expect(await check(topic, looks, '--to', '0:60', ...all)).toMatchObject(passed(60));
    const twice = toldLooks([...rows, rows[3]!, rows[4]!]);
    expect(await check(topic, twice, '--to', '0:60', ...all)).toMatchObject(
      found('duplicated', 'consumer', 'order-4 at 0:4'),
    );
  });

  test('a row of a copy before the begin may be the producer’s', async () => {
    await using topic = await topicOf();
    await topic.addOrders([orders[3]!]);
    const looks = toldLooks([...rows, rows[3]!]);
    expect(await check(topic, looks, '--from', '0:10', ...all)).toMatchObject(
      found('duplicated', 'unknown', 'order-3 at 0:60'),
    );
  });

  test('an open transaction beyond the end is not waited for', async () => {
    await using topic = await topicOf();
    const producer = await topic.begin([order('order-3', 9)]);
    const looks = toldLooks(rows);
    expect(await check(topic, looks, '--to', '0:60', ...all)).toMatchObject(passed(60));
    await producer.end(false);
  });
});

describe('ids', () => {
  test('ids that differ in case, in blanks or in their normal form are different ids', async () => {
    const odd = [
      'a',
      'A',
      'a ',
      'é',
      'e\u0301',
      'ﬁ',
      'fi',
      '１',
      '1',
      '01',
      '1.0',
      'ß',
      'SS',
      '日本',
      '\u{1f600}',
    ];
    const odds = odd.map((id, index) => order(id, index));
    await using topic = await topicOf([...orders, ...odds]);
    const right = [...rows, ...rowsOf(odds)];
    expect(await check(topic, toldLooks(right), ...all)).toMatchObject(passed(75));
    for (const lost of ['A', 'e\u0301', '01', 'a ']) {
      const { found: told } = await check(topic, toldLooks(but(right, lost)), ...all);
      expect(told).toMatchObject([
        { kind: 'lost', blame: 'consumer', count: 1, ids: [`${lost} at 0:${60 + odd.indexOf(lost)}`] },
      ]);
    }
  });

  test('a table and columns with Unicode names and quotes are read, and so are numbers as texts', async () => {
    await using topic = await topicOf();
    const big = Array.from({ length: 20 }, (_, index) => `${9_007_199_254_740_990n + BigInt(index)}`);
    await topic.append(
      big.map((id): ForeignRecord => ({
        payload: `{"id":${id},"n":"00${id}","t":1.50}`,
        headers: [['event-id', id]],
      })),
    );
    const client = await openPostgres();
    const table = `Aufträge "${randomBytes(4).toString('hex')}"`;
    const quoted = `"${table.replaceAll('"', '""')}"`;
    await client.query(`CREATE TABLE ${quoted} ("Nümmer ""x""" bigint, "Preis €" numeric, n text)`);
    for (const id of big) await client.query(`INSERT INTO ${quoted} VALUES ($1, 1.5, $2)`, [id, `00${id}`]);
    const args = [
      `--sink=${inject('postgres').location}`,
      `--table=${table}`,
      '--from=0:60',
      '--id=json:id',
      '--sink-id=column:Nümmer "x"',
      '--compare=json:n=column:n',
      '--compare=json:t=column:Preis €',
    ];
    try {
      expect(summaryOf(await runCheck('--topic', topic.name, ...args))).toMatchObject(passed(20));
      await client.query(`UPDATE ${quoted} SET "Nümmer ""x""" = 5 WHERE "Nümmer ""x""" = 9007199254740993`);
      await client.query(`UPDATE ${quoted} SET n = $1 WHERE n = $2`, [big[5], `00${big[5]}`]);
      const { code, found: told } = summaryOf(await runCheck('--topic', topic.name, ...args));
      expect(code).toBe(1);
      expect(told!.map(({ kind, ids: named }) => [kind, ...named])).toEqual([
        ['lost', '9007199254740993 at 0:63'],
        ['corrupted', `${big[5]} at 0:65`],
      ]);
    } finally {
      await client.query(`DROP TABLE ${quoted}`);
      await client.end();
    }
  });

  test('rows and records without an id are counted, and hide no loss', async () => {
    await using topic = await topicOf();
    await topic.append([{ payload: JSON.stringify(order('x')) }]);
    const path = join(newDir(), 'rows.db');
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE rows (event_id text, status text, amount integer)');
    const insert = database.prepare('INSERT INTO rows VALUES (?, ?, ?)');
    for (const { event_id, status, amount } of rows) insert.run(event_id, status, amount);
    const args = ['--sink', `sqlite:${path}`, '--table', 'rows'];
    expect(await check(topic, { args }, ...all)).toMatchObject(open(/1 record has no id at header/));
    insert.run(null, 'open', 1);
    insert.run('', 'open', 1);
    expect(await check(topic, { args }, ...all)).toMatchObject(open(/2 of the rows have no id at column/));
    database.exec("DELETE FROM rows WHERE event_id = 'order-9'");
    const { code, found: told } = await check(topic, { args }, ...all);
    database.close();
    expect({ code, told }).toMatchObject({ code: 1, told: [{ kind: 'lost', ids: ['order-9 at 0:9'] }] });
  });

  test('a copy in another partition is the producer’s, a row in surplus the consumer’s', async () => {
    await using topic = await OrderTopic.create(2);
    await topic.addOrders(orders, 0);
    await topic.addOrders([orders[3]!], 1);
    for (const more of [[], [rows[3]!]]) {
      expect(await check(topic, toldLooks([...rows, ...more]), ...all)).toMatchObject(
        found('duplicated', 'producer', 'order-3 at 0:3'),
      );
    }
    const { found: told } = await check(topic, toldLooks([...rows, rows[3]!, rows[3]!]), ...all);
    expect(told!.map(({ kind, blame }) => `${kind} ${blame}`)).toEqual([
      'duplicated producer',
      'duplicated consumer',
    ]);
  });
});

describe('several topics with the same ids', () => {
  test('under latest without versions, it is not known which is the newest: nothing is lost', async () => {
    await using one = await topicOf();
    await using two = await topicOf([order('order-3', 5)]);
    const args = ['--topic', two.name, '--expect', 'latest', ...all];
    for (const row of [rows[3]!, rowOf(order('order-3', 5))]) {
      const looks = toldLooks([...but(rows, 'order-3'), row]);
      expect(await check(one, looks, ...args)).toMatchObject(open(/not known which one is the newest/));
    }
  });

  test('positions are kept apart by the topic', async () => {
    await using one = await topicOf();
    await using two = await topicOf();
    const folder = newDir();
    const database = new DatabaseSync(join(folder, 'rows.db'));
    database.exec('CREATE TABLE rows (t text, p integer, o integer)');
    const insert = database.prepare('INSERT INTO rows VALUES (?, 0, ?)');
    for (const { name } of [one, two]) for (let offset = 0; offset < 60; offset++) insert.run(name, offset);
    const args = ['--topic', two.name, '--sink', `sqlite:${join(folder, 'rows.db')}`, '--table', 'rows'];
    const places = ['--id', 'position', '--sink-id', 'columns:t,p,o'];
    expect(await check(one, { args }, ...places)).toMatchObject(passed(120));
    database.exec(`DELETE FROM rows WHERE t = '${two.name}' AND o = 7`);
    insert.run(one.name, 7);
    const { found: told } = await check(one, { args }, ...places);
    database.close();
    expect(told!.map(({ kind, blame }) => `${kind} ${blame}`)).toEqual([
      'lost consumer',
      'duplicated consumer',
    ]);
  });
});

describe('drops', () => {
  test('drafts and heartbeats that are dropped may have the ids of others', async () => {
    const drafts = orders.slice(0, 30).map(({ id }) => order(id, 0, 'draft'));
    const beats = Array.from({ length: 200 }, () => order('heartbeat', 0, 'draft'));
    await using topic = await topicOf([...drafts, ...beats, ...orders]);
    const args = ['--drop-when', 'json:status=draft', ...all];
    expect(await check(topic, toldLooks(rows), ...args)).toMatchObject({ code: 0, found: [] });
    expect(await check(topic, toldLooks(but(rows, 'order-3')), ...args)).toMatchObject(
      found('lost', 'consumer', 'order-3 at 0:233'),
    );
  });

  test('tombstones without an id are dropped if that is declared, and not judged if it is not', async () => {
    await using topic = await topicOf();
    await topic.append([{ key: 'order-3', payload: null }]);
    const byJson = ['--id', 'json:id', '--sink-id', 'column:event_id', ...values];
    expect(await check(topic, toldLooks(rows), ...byJson)).toMatchObject(
      open(/1 record has no id at json:id/),
    );
    expect(await check(topic, toldLooks(rows), '--drop-when', 'tombstone', ...byJson)).toMatchObject(
      passed(60),
    );
    const byKey = ['--drop-when', 'tombstone', '--id', 'key', '--sink-id', 'column:event_id', ...values];
    expect(await check(topic, toldLooks(rows), ...byKey)).toMatchObject(passed(60));
    expect(await check(topic, toldLooks(but(rows, 'order-3')), ...byKey)).toMatchObject(
      found('lost', 'consumer', 'order-3 at 0:3'),
    );
  });
});

describe('transactions', () => {
  test('an id that was aborted and sent again is due as it was committed', async () => {
    await using topic = await topicOf();
    await topic.transact([order('x', 1), order('y', 1)], 'abort');
    await topic.transact([order('x', 2), order('y', 2)], 'commit');
    const right = [...rows, rowOf(order('x', 2)), rowOf(order('y', 2))];
    expect(await check(topic, toldLooks(right), ...all)).toMatchObject(passed(62));
    expect(await check(topic, toldLooks(but(right, 'x')), ...all)).toMatchObject(
      found('lost', 'consumer', 'x at 0:63'),
    );
    const uncommitted = [...but(right, 'x'), rowOf(order('x', 1))];
    expect(await check(topic, toldLooks(uncommitted), ...all)).toMatchObject(
      found('corrupted', 'consumer', 'x at 0:63'),
    );
  });
});

describe('groups', () => {
  const commit = (group: string, topic: string, offset: number): Promise<unknown> =>
    withAdmin(access, (admin) =>
      admin.alterConsumerGroupOffsets({
        groupId: group,
        topics: [{ name: topic, partitionOffsets: [{ partition: 0, offset: BigInt(offset) }] }],
      }),
    );

  test('a commit beyond the range, and rows beyond the commit, are right', async () => {
    await using topic = await topicOf();
    const group = `group-${randomBytes(6).toString('hex')}`;
    await commit(group, topic.name, 50);
    const args = ['--group', group, '--timeout', '2s', ...all];
    expect(await check(topic, toldLooks(rows), '--to', '0:30', ...args)).toMatchObject(passed(30));
    // The application writes first and commits later.
    expect(await check(topic, toldLooks(rows), ...args)).toMatchObject(passed(60));
    expect(await check(topic, toldLooks(but(rows, 'order-9', 'order-55')), ...args)).toMatchObject(
      found('lost', 'consumer', 'order-9 at 0:9'),
    );
  });
});

describe('dead letters', () => {
  const letterOf = (topic: string, offset: number): ForeignRecord => ({
    payload: 'broken',
    headers: [
      ['__connect.errors.topic', topic],
      ['__connect.errors.partition', '0'],
      ['__connect.errors.offset', String(offset)],
    ],
  });

  test('under latest, a dead letter of a replaced record is no finding, and one of the newest is', async () => {
    await using topic = await topicOf([...orders, order('order-3', 5)]);
    await using letters = await OrderTopic.create();
    await letters.append([letterOf(topic.name, 3)]);
    const right = [...but(rows, 'order-3'), rowOf(order('order-3', 5))];
    const args = ['--expect', 'latest', '--dead-letters', `topic:${letters.name}`, ...all];
    expect(await check(topic, toldLooks(right), ...args)).toMatchObject({ code: 0, found: [] });
    await letters.append([letterOf(topic.name, 60)]);
    expect(await check(topic, toldLooks(rows), ...args)).toMatchObject(
      found('wrongly-dead-lettered', 'consumer', 'order-3 at 0:60'),
    );
  });
});

describe('two looks', () => {
  test('rows that are wrong by turns are not settled: each was right in one of the looks', async () => {
    await using topic = await topicOf();
    const wrong = (id: string): CheckRow[] =>
      rows.map((row) => (row.event_id === id ? { ...row, amount: -1 } : row));
    // An application that writes a row first and its amount later.
    const looks = toldLooks(wrong('order-3'), wrong('order-4'), wrong('order-5'), rows);
    expect(await check(topic, looks, ...all)).toMatchObject(passed(60));
    expect(looks.count()).toBe(4);
  });
});

describe('a sink that never comes to rest', () => {
  test('rows that are wrong for a moment, one after the other, are not judged', async () => {
    await using topic = await topicOf();
    const looks = toldLooks(
      ...Array.from({ length: 60 }, (_, index) =>
        rows.map((row, at) => (at === index % 7 ? { ...row, amount: -1 } : row)),
      ),
    );
    expect(await check(topic, looks, '--timeout', '1500ms', ...all)).toMatchObject(
      open(/was still changing/),
    );
  });

  test('a row that is wrong in each look is found all the same', async () => {
    await using topic = await topicOf();
    const looks = toldLooks(
      ...Array.from({ length: 60 }, (_, index) =>
        rows.map((row, at) => (at === index % 7 || at === 20 ? { ...row, amount: -1 } : row)),
      ),
    );
    expect(await check(topic, looks, '--timeout', '1500ms', ...all)).toMatchObject(
      found('corrupted', 'consumer', 'order-20 at 0:20'),
    );
  });

  test('a table that grows while it is read is right', async () => {
    await using topic = await topicOf();
    const client = await openPostgres();
    const table = `orders_${randomBytes(4).toString('hex')}`;
    await client.query(
      `CREATE TABLE ${table} AS SELECT 'order-' || n AS event_id FROM generate_series(0, 59) AS n`,
    );
    const state = { isOver: false };
    const writing = (async () => {
      for (let next = 60; !state.isOver; next++) {
        await topic.addOrders(ordersFrom(next, 1));
        await client.query(`INSERT INTO ${table} VALUES ($1)`, [`order-${next}`]);
      }
    })();
    try {
      const args = ['--sink', inject('postgres').location, '--table', table];
      for (let round = 0; round < 3; round++)
        expect(await check(topic, { args }, ...ids)).toMatchObject({ code: 0, found: [] });
    } finally {
      state.isOver = true;
      await writing;
      await client.query(`DROP TABLE ${table}`);
      await client.end();
    }
  });
});

describe('JSON', () => {
  test('escapes, repeated names, a mark at the begin and odd numbers are read as JSON parsers read them', async () => {
    await using topic = await OrderTopic.create();
    const payloads = [
      '{"id":"ord\\u0065r-1","amountCents":1e2,"status":"a"}',
      '{"id":"first","id":"order-2","amountCents":-0,"status":"b"}',
      ' {\n"id" : "order-3" , "amountCents" : 1.50, "status":"\\ud83d\\ude00"}\n',
      '{"nested":{"id":"x"},"id":"order-4","amountCents":12345678901234567890,"status":"a\\u0000b"}',
      '{"id":"order-5","amountCents":null}',
    ];
    await topic.append(payloads.map((payload) => ({ payload })));
    const stored: [string, string | null, string | null][] = [
      ['order-1', '100', 'a'],
      ['order-2', '0', 'b'],
      ['order-3', '1.5', '\u{1f600}'],
      ['order-4', '12345678901234567890', 'a\u0000b'],
      ['order-5', null, null],
    ];
    const path = join(newDir(), 'rows.db');
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE rows (id text, amount numeric, n text, status text)');
    const insert = database.prepare('INSERT INTO rows VALUES (?, ?, ?, ?)');
    for (const [id, amount, status] of stored) insert.run(id, null, amount, status);
    database.close();
    const args = ['--sink', `sqlite:${path}`, '--table', 'rows', '--id', 'json:id', '--sink-id', 'column:id'];
    const compared = ['--compare', 'json:amountCents=column:n', '--compare', 'json:status=column:status'];
    expect(await check(topic, { args }, ...compared)).toMatchObject(passed(5));
  });
});

describe('topics as sinks', () => {
  test('of a topic with each version, the last one of a key counts', async () => {
    await using topic = await topicOf([...orders, order('order-3', 5)]);
    await using copy = await topicOf([...orders, order('order-3', 5)]);
    const args = ['--id', 'header:event-id', '--sink-id', 'header:event-id', '--compare', 'digest=digest'];
    const sink = { args: ['--sink', `topic:${copy.name}`] };
    expect(await check(topic, sink, '--expect', 'latest', ...args)).toMatchObject({ code: 0, found: [] });
    await copy.addOrders([orders[3]!]);
    expect(await check(topic, sink, '--expect', 'latest', ...args)).toMatchObject(
      found('stale', 'consumer', 'order-3 at 0:60'),
    );
    await topic.append([{ key: 'order-3', payload: null, headers: [['event-id', 'order-3']] }]);
    await copy.append([{ key: 'order-3', payload: null, headers: [['event-id', 'order-3']] }]);
    expect(await check(topic, sink, '--expect', 'latest', ...args)).toMatchObject({ code: 0, found: [] });
  });

  test('the same record in another partition of the copy is right, a repeated one is doubled', async () => {
    await using topic = await topicOf();
    await using copy = await OrderTopic.create(2);
    await copy.addOrders(orders.slice(0, 30), 0);
    await copy.addOrders(orders.slice(30), 1);
    const args = ['--sink', `topic:${copy.name}`, '--id', 'header:event-id', '--sink-id', 'header:event-id'];
    expect(await check(topic, { args }, '--compare', 'digest=digest')).toMatchObject(passed(60));
    await copy.append([recordOf(orders[3]!)], 1);
    expect(await check(topic, { args }, '--compare', 'digest=digest')).toMatchObject(
      found('duplicated', 'consumer', 'order-3 at 0:3'),
    );
  });
});
