/** `nodrop check` on topics and tables that nodrop did not make. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { ordersFrom, writeOrders } from '../fixtures/order-rows.ts';
import { connectPostgres } from '../fixtures/postgres.ts';

const bootstrapServers = inject('bootstrapServers');
const postgres = inject('postgres');
const name = `orders-${randomBytes(6).toString('hex')}`;
const schema = name.replace('-', '_');
const location = `${postgres.location}?schema=${schema}`;
const dir = newDir();
const orders = ordersFrom(0, 60);
let client: Client;

beforeAll(async () => {
  await writeOrders(bootstrapServers, name, orders);
  client = await connectPostgres(postgres);
  await client.query(
    `CREATE SCHEMA ${schema}; SET search_path TO ${schema};
    CREATE TABLE orders (event_id text, status char(8), amount bigint, "partition" integer, "offset" bigint)`,
  );
  for (const [offset, { id, status, amountCents }] of orders.entries()) {
    const row = [id, status.toUpperCase(), amountCents, 0, offset];
    await client.query('INSERT INTO orders VALUES ($1, $2, $3, $4, $5)', row);
  }
});
afterAll(async () => {
  await client.query(`DROP SCHEMA ${schema} CASCADE`);
  await client.end();
});

const ids = ['--topic', name, '--id', 'header:event-id', '--sink-id', 'column:event_id', '--table', 'orders'];
const categories = ['--category', 'json:status', '--sink-category', 'column:status'];
const names = ['--category-map', 'open=OPEN,paid=PAID,failed=FAILED'];
const all = [...ids, ...categories, ...names, '--compare', 'json:amountCents=column:amount'];

async function check(...args: string[]): Promise<{ code: number | null; stderr: string; result: Result }> {
  const common = [
    '--bootstrap-server',
    bootstrapServers,
    '--sink',
    location,
    '--dir',
    dir,
    '--settle',
    '100ms',
  ];
  const ended = await nodropInProcess(['check', ...common, '--json', ...args], {
    PGPASSWORD: postgres.password,
  });
  const result = ended.stdout === '' ? undefined : (JSON.parse(ended.stdout) as Result);
  return { code: ended.code, stderr: ended.stderr, result: result! };
}

describe('checking a table', () => {
  test('a table that has all records passes, and the result names root and provenance', async () => {
    const { code, result } = await check(...all, '--run', 'whole');
    expect(result.findings).toEqual([]);
    expect(code).toBe(0);
    expect(result).toMatchObject({
      root: 'log',
      provenance: { log: 'read', store: 'read' },
      acknowledged: { right: 60 },
      check: { isWholeLife: true, looks: 1 },
    });
    expect(JSON.stringify(result)).not.toContain(postgres.password);
    expect(existsSync(join(dir, 'runs', 'whole', 'check.json.sha256'))).toBe(true);
  });

  test('positions identify rows without any id', async () => {
    const positions = ['--id', 'position', '--sink-id', 'columns:partition,offset'];
    const query = 'select * from orders -- all of them';
    const { code, result } = await check('--topic', name, ...positions, '--query', query);
    expect(result.acknowledged.right).toBe(60);
    expect(code).toBe(0);
  });

  test('each row that is missing, doubled, different or from nowhere is found, and blamed on the consumer', async () => {
    const changes = [
      "DELETE FROM orders WHERE event_id = 'order-17'",
      "INSERT INTO orders SELECT * FROM orders WHERE event_id = 'order-18'",
      "UPDATE orders SET status = 'OTHER' WHERE event_id = 'order-19'",
      "UPDATE orders SET amount = amount + 1 WHERE event_id = 'order-20'",
      "INSERT INTO orders VALUES ('order-x', 'OPEN', 1, 0, 999)",
    ];
    await client.query(['CREATE TABLE kept AS SELECT * FROM orders', ...changes].join(';'));
    const { code, result } = await check(...all);
    await client.query('DROP TABLE orders; ALTER TABLE kept RENAME TO orders');
    const found = result.findings.toSorted((a, b) => a.kind.localeCompare(b.kind));
    expect(found.map(({ kind, blame, count, examples }) => [kind, blame, count, ...examples])).toMatchObject([
      ['corrupted', 'consumer', 1, { id: 'order-20', partition: 0, offset: 20 }],
      ['duplicated', 'consumer', 1, { id: 'order-18', partition: 0, offset: 18 }],
      ['lost', 'consumer', 1, { id: 'order-17', partition: 0, offset: 17 }],
      ['misclassified', 'consumer', 1, { id: 'order-19', partition: 0, offset: 19 }],
      ['phantom', 'consumer', 1, { id: 'order-x' }],
    ]);
    expect(result).toMatchObject({ acknowledged: { right: 56 }, check: { looks: 2 } });
    expect(code).toBe(1);
  });

  test('places at which no record or no row has an id are refused before anything is judged', async () => {
    const missing = await check(...all, '--id', 'header:eventid');
    expect(missing.code).toBe(64);
    expect(missing.stderr).toContain('No record of the topic has an id at header:eventid.');
    const sink = ['--sink-id', 'column:event_id', '--query', 'select null::text as event_id from orders'];
    const empty = await check('--topic', name, '--id', 'header:event-id', ...sink);
    expect(empty.code).toBe(64);
    expect(empty.stderr).toMatch(/None of the rows in .* has an id at column:event_id\./);
  });

  test('while the group has committed nothing, what is missing may still come', async () => {
    const without = [
      '--sink-id',
      'column:event_id',
      '--query',
      "select * from orders where event_id <> 'order-17'",
    ];
    const begun = ['--topic', name, '--id', 'header:event-id', ...without];
    const { code, result } = await check(...begun, '--group', `${name}-late`, '--timeout', '1s');
    expect(result.findings).toEqual([]);
    expect(result).toMatchObject({ verdict: 'inconclusive', acknowledged: { right: 59, unjudged: 1 } });
    expect(code).toBe(2);
  });
});
