/** `nodrop check` on tables of MariaDB and SQLite. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, expect, inject, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { connectMariadb, hasMariadb, startMariadb } from '../fixtures/mariadb.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { ordersFrom, writeOrders } from '../fixtures/order-rows.ts';

const bootstrapServers = inject('bootstrapServers');
const topic = `orders-${randomBytes(6).toString('hex')}`;
const dir = newDir();
const orders = ordersFrom(0, 30);
/** Order 7 is lost, and order 9 has another amount. */
const rows = orders
  .filter((_, offset) => offset !== 7)
  .map(({ id, status, amountCents }) => [id, status, id === 'order-9' ? amountCents + 1 : amountCents]);
const table = 'CREATE TABLE orders (event_id varchar(40), status char(8), amount bigint)';

beforeAll(() => writeOrders(bootstrapServers, topic, orders));

async function findingsIn(location: string, environment: Record<string, string> = {}): Promise<unknown> {
  const places = ['--id', 'header:event-id', '--sink-id', 'column:event_id', '--table', 'orders'];
  const more = [
    '--category',
    'json:status',
    '--sink-category',
    'column:status',
    '--compare',
    'json:amountCents=column:amount',
  ];
  const common = [
    '--bootstrap-server',
    bootstrapServers,
    '--topic',
    topic,
    '--dir',
    dir,
    '--settle',
    '100ms',
    '--json',
  ];
  const args = ['check', '--sink', location, ...common, ...places, ...more];
  const { stdout, stderr } = await nodropInProcess(args, environment);
  expect(stdout, stderr).not.toBe('');
  const { findings } = JSON.parse(stdout) as Result;
  return findings.map(({ kind, count, examples }) => [kind, count, examples[0]!.id]);
}

/** What `init` proposes: amounts agree for all rows but one. */
async function proposedFor(location: string, environment: Record<string, string> = {}): Promise<unknown> {
  const args = [
    'init',
    '--bootstrap-server',
    bootstrapServers,
    '--topic',
    topic,
    '--sink',
    location,
    '--json',
  ];
  const { stdout, stderr } = await nodropInProcess(args, environment);
  expect(stdout, stderr).not.toBe('');
  const { candidates, command, notes } = JSON.parse(stdout) as {
    candidates: { id: string; sinkId: string; matched: number }[];
    command: string;
    notes: string[];
  };
  const { id, sinkId, matched } = candidates[0]!;
  return { id, sinkId, matched, hasTable: command.includes(' --table orders '), notes };
}

const proposed = {
  id: 'header:event-id',
  sinkId: 'column:event_id',
  matched: 29,
  hasTable: true,
  notes: ['json:amountCents and column:amount agree for 28 of 29 matched ids: not proposed.'],
};

const expected = [
  ['lost', 1, 'order-7'],
  ['corrupted', 1, 'order-9'],
];

test('a lost row and a changed one are found in SQLite, and init proposes how to check it', async () => {
  const path = join(dir, 'orders.db');
  const database = new DatabaseSync(path);
  database.exec(table);
  const insert = database.prepare('INSERT INTO orders VALUES (?, ?, ?)');
  for (const row of rows) insert.run(...row);
  database.close();
  expect(await findingsIn(`sqlite:${path}`)).toEqual(expected);
  expect(await proposedFor(`sqlite:${path}`)).toEqual(proposed);
});

test.skipIf(!hasMariadb)(
  'a lost row and a changed one are found in MariaDB, and init proposes how to check it',
  async () => {
    const server = await startMariadb();
    const client = await connectMariadb(server);
    await client.query(table);
    await client.query('INSERT INTO orders VALUES ?', [rows]);
    await client.end();
    const environment = { MYSQL_PWD: server.password };
    expect(await findingsIn(server.location, environment)).toEqual(expected);
    expect(await proposedFor(server.location, environment)).toEqual(proposed);
    await server.remove();
  },
);
