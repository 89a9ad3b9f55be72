/** A database that other programs use too: their tables and their sessions stay as they were. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { openSnapshot, openStore } from '../../src/stores/engines.ts';
import { terminateOwners } from '../../src/stores/postgres/connection.ts';
import { dropSchema } from '../../src/stores/postgres/drop-schema.ts';
import { parsePostgresLocation } from '../../src/stores/postgres/location.ts';
import { openSession } from '../../src/stores/postgres/session.ts';
import { batchOf, categories, placesOf, topic, topicId } from '../fixtures/store-batches.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';

const postgres = inject('postgres');
let client: Client;
let schema: string;
let location: string;

beforeEach(async () => {
  vi.stubEnv('PGPASSWORD', postgres.password);
  schema = `t_${randomBytes(8).toString('hex')}`;
  location = `${postgres.location}?schema=${schema}`;
  client = new Client({ connectionString: postgres.location });
  await client.connect();
});
afterEach(async () => {
  await client.end();
  vi.unstubAllEnvs();
});

/** All objects in the schema, each with the transaction that made it. */
async function contents(): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT concat_ws(' ', relname, relkind, pg_class.oid, pg_class.xmin) AS name FROM pg_class
    JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = $1 ORDER BY 1`,
    [schema],
  );
  return rows.map(({ name }) => name);
}

/** Makes a store with one row of the run of `topic`. */
async function fill(): Promise<void> {
  const store = await openStore(location, { categories });
  await store.claim(topic, new Map([[0, 0]]));
  await store.write(topicId, batchOf([0, 0, 0]), [{ partition: 0, from: 0, next: 1, epoch: 1 }]);
  await store.close();
}

test('a store that was copied without its comments has the same categories', async () => {
  const states = ['in-progress', 'In Progress', 'IN_PROGRESS', '200'];
  await (await openStore(location, { categories: states })).close();
  const { rows } = await client.query<{ name: string }>(
    `SELECT objoid::regclass AS name FROM pg_description JOIN pg_class ON pg_class.oid = objoid
    WHERE relnamespace = $1::regnamespace`,
    [schema],
  );
  expect(rows).toHaveLength(2);
  for (const { name } of rows) await client.query(`COMMENT ON TABLE ${name} IS NULL`);
  const snapshot = await openSnapshot(location);
  expect([...snapshot.categories].sort()).toEqual(states.toSorted());
  await snapshot.close();
});

test.each([
  ['CREATE TABLE messages (id int)', 'table messages'],
  [`CREATE VIEW messages AS SELECT 1 AS id`, 'view messages'],
  ['CREATE TABLE users (id int); CREATE SEQUENCE numbers', 'sequence numbers, table users'],
  ['CREATE TABLE _migrations (version text, at timestamptz)', 'table _migrations'],
])("another program's schema with %s is refused, and not changed", async (statements, found) => {
  await client.query(`CREATE SCHEMA ${schema}; SET search_path TO ${schema}; ${statements}`);
  const before = await contents();
  await expect(openStore(location, { categories })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(`it holds ${found}. Nothing was changed.`),
  });
  expect(await contents()).toEqual(before);
  for (const command of ['run', 'consume']) {
    const args = [command, '--run=a', `--dir=${newDir()}`, `--store=${location}`];
    // There is no Kafka either: nodrop reports the schema first, without waiting for Kafka.
    const { code, stderr } = await nodrop([...args, '--bootstrap-server=127.0.0.1:1']);
    expect({ code, stderr }).toEqual({ code: 69, stderr: expect.stringContaining(found) });
  }
});

test("a foreign table with a category's name is refused, and other foreign tables are not taken for categories", async () => {
  await fill();
  await client.query(`CREATE TABLE ${schema}.paid (id int); CREATE VIEW ${schema}.report AS SELECT 1 AS id`);
  await client.query(`CREATE TABLE ${schema}."Odd one" (LIKE ${schema}.failed)`);
  await client.query(
    `ALTER TABLE ${schema}.messages ATTACH PARTITION ${schema}."Odd one" FOR VALUES IN ('odd')`,
  );
  await (await openStore(location, { categories })).close();
  expect(await placesOf(location)).toEqual(['failed 0:0']);
  const snapshot = await openSnapshot(location);
  expect(snapshot.categories).toEqual(categories.toSorted());
  await snapshot.close();
  await expect(openStore(location, { categories: [...categories, 'paid'] })).rejects.toThrow('table paid');
});

test('dropSchema removes the schema of a run, and keeps one that nodrop did not create', async () => {
  await fill();
  expect(await dropSchema(location, topic.run)).toBeUndefined();
  expect(await contents()).toEqual([]);
  expect(await dropSchema(location, topic.run)).toBeUndefined();
  await client.query(`CREATE SCHEMA ${schema}`);
  await fill();
  expect(await dropSchema(location, topic.run)).toBe(
    `Schema ${schema} in ${postgres.location.replace('postgres@', '')}?schema=${schema} was left: ` +
      `nodrop did not make it. To remove it by hand:\n` +
      `  psql ${postgres.location} -c 'DROP SCHEMA ${schema} CASCADE'`,
  );
});

test.each([
  ["another program's table in it", 'CREATE TABLE $.users (id int)', 'cannot drop schema'],
  ["another program's view elsewhere", 'CREATE VIEW $_view AS SELECT * FROM $.failed', 'cannot drop table'],
  ['another run', `UPDATE $.offsets SET run = 'other'`, 'run other stores into it too'],
  ['a row of another run', `UPDATE $.failed SET run = 'other'`, 'it holds rows of run other'],
  [
    "another program's partition",
    `CREATE TABLE $.own (LIKE $.failed); ALTER TABLE $.messages ATTACH PARTITION $.own FOR VALUES IN ('own')`,
    'nodrop did not make table own in it',
  ],
  ['a session at work in it', 'BEGIN; SELECT FROM $.messages', 'lock timeout'],
])("because of %s, dropSchema removes nothing of a run's schema", async (_, statements, why) => {
  await fill();
  await client.query(statements.replaceAll('$', schema));
  const before = await contents();
  expect(await dropSchema(location, topic.run)).toContain(why);
  expect(await contents()).toEqual(before);
});

test("while a consumer is connected, dropSchema removes nothing of a run's schema", async () => {
  const store = await openStore(location, { categories });
  await store.claim(topic, new Map([[0, 0]]));
  const before = await contents();
  expect(await dropSchema(location, topic.run)).toContain('it is used by 1 session of consumers');
  expect(await contents()).toEqual(before);
  await store.close();
  expect(await dropSchema(location, topic.run)).toBeUndefined();
});

test('sessions that end by themselves while nodrop ends them are no outage of the store', async () => {
  const parsed = parsePostgresLocation(postgres.location);
  await using open = new AsyncDisposableStack();
  const session = open.adopt(await openSession(parsed, 'test'), (each) => each.close());
  const openFour = (owner: string): Promise<Awaited<ReturnType<typeof openSession>>[]> =>
    Promise.all(Array.from({ length: 4 }, () => openSession(parsed, owner)));
  // In about every second attempt a session ends between the look for it and the signal to it.
  for (let attempt = 0; attempt < 20; attempt++) {
    const owner = `ending-${schema}-${attempt}`;
    const ending = (await openFour(owner)).map((each) => each.close());
    await expect(terminateOwners(session, [owner], 'test')).resolves.toBeLessThanOrEqual(4);
    await Promise.allSettled(ending);
  }
});
