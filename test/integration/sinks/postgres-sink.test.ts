/** Tables and queries of a real PostgreSQL, read as a sink. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { normalForm } from '../../../src/check/propose/sample.ts';
import { openPostgresSink } from '../../../src/sinks/postgres/sink.ts';
import type { Sink, SinkOptions } from '../../../src/sinks/sink.ts';
import { hasPooler, startPooler, type RunningPooler } from '../../fixtures/pooler.ts';
import {
  errorOf,
  openSinkAt,
  placesOf,
  readSink,
  rowsOfReading,
  type ReadSink,
} from '../../fixtures/sink-rows.ts';
import { connectPostgres } from '../../fixtures/postgres.ts';

const postgres = inject('postgres');
const schema = `sink_${randomBytes(8).toString('hex')}`;
const location = `${postgres.location}?schema=${schema}`;
const password = randomBytes(12).toString('hex');
/** A user with few privileges, whose password is in the location. */
const reader = `reader_${randomBytes(8).toString('hex')}`;
const readerLocation = location.replace('postgres@', `${reader}:${password}@`);
let client: Client;

beforeAll(async () => {
  client = await connectPostgres(postgres);
  await client.query(
    `CREATE SCHEMA ${schema}; SET search_path TO ${schema};
    CREATE ROLE ${reader} LOGIN PASSWORD '${password}'; GRANT USAGE ON SCHEMA ${schema} TO ${reader};
    CREATE TABLE orders (id text, status text); GRANT SELECT ON orders TO ${reader};
    INSERT INTO orders VALUES ('a', 'new'), ('A', 'paid'), ('a ', 'paid'), (NULL, 'new'), ('', 'new')`,
  );
});
afterAll(async () => {
  await client.query(`DROP SCHEMA ${schema} CASCADE; DROP OWNED BY ${reader}; DROP ROLE ${reader}`);
  await client.end();
});
beforeEach(() => {
  vi.stubEnv('PGPASSWORD', postgres.password);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const read = (options: Partial<SinkOptions>, ...places: string[]): Promise<ReadSink> =>
  readSink(openPostgresSink, { location, ...options }, ...places);

const openSink = (options: Partial<SinkOptions>): Promise<Sink> =>
  openSinkAt(openPostgresSink, location, options);

const columnsOf = (...names: string[]) => placesOf(names.map((name) => `column:${name}`));

/** The statements of nodrop that run in the server, except those that only look. */
const running = async (containing: string): Promise<number> => {
  const { rowCount } = await client.query(
    `SELECT 1 FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state <> 'idle' AND query LIKE $1`,
    [`%${containing}%`],
  );
  return rowCount!;
};

test('a table gives its rows, with NULL apart from the empty text, and texts that differ in case or a blank', async () => {
  const { rows, kinds, noSnapshot } = await read({ table: 'orders' }, 'column:id', 'column:status');
  expect(rows).toEqual([
    ['a', 'new'],
    ['A', 'paid'],
    ['a ', 'paid'],
    [null, 'new'],
    ['', 'new'],
  ]);
  expect(kinds).toEqual(['text', 'text']);
  expect(noSnapshot).toBeUndefined();
});

test('tabs, newlines, backslashes and what looks like an escape come as they are', async () => {
  const texts = [
    'a\tb',
    'a\nb\r\n',
    '\\',
    '\\N',
    '\\n',
    'c:\\temp\\new',
    '\b\f\v',
    '\\.',
    'é',
    'e\u0301',
    '😀\t\\',
  ];
  const query = `SELECT * FROM (VALUES ${texts.map((text) => `(${client.escapeLiteral(text)}, 1)`).join()}) AS v (a, b)`;
  const { rows } = await read({ query }, 'column:a', 'column:b', 'column:a');
  expect(rows).toEqual(texts.map((text) => [text, '1', text]));
});

test.each([
  [`9007199254740993::bigint`, 'number', '9007199254740993'],
  [
    `12345678901234567890123456789.0123456789::numeric(39,10)`,
    'number',
    '12345678901234567890123456789.0123456789',
  ],
  [`0.1::float8`, 'number', '0.1'],
  [`'NaN'::float8`, 'number', 'NaN'],
  [`'-infinity'::numeric`, 'number', '-Infinity'],
  [`1e300::float8`, 'number', '1e+300'],
  [`true`, 'boolean', 'true'],
  [`false`, 'boolean', 'false'],
  [`'ab'::char(4)`, 'padded', 'ab  '],
  [`'ab'::varchar(4)`, 'text', 'ab'],
  [`'2024-03-31 01:30:00.123456'::timestamp`, 'time', '2024-03-31 01:30:00.123456'],
  [`'2024-03-31 01:30:00+05:30'::timestamptz`, 'time', '2024-03-30 20:00:00+00'],
  [`'2024-03-31'::date`, 'time', '2024-03-31'],
  [`'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid`, 'uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  [`'\\x68c3a90a5c'::bytea`, 'bytes', 'hé\n\\'],
  [`''::bytea`, 'bytes', ''],
  [`'{"b": 1, "a": 12345678901234567890.10}'::jsonb`, 'json', '{"a": 12345678901234567890.10, "b": 1}'],
  [`'"x\\ny"'::json`, 'json', 'x\ny'],
  [`'null'::jsonb`, 'json', null],
  [`repeat('[', 300)::text || repeat(']', 300)`, 'text', '['.repeat(300) + ']'.repeat(300)],
  [`(repeat('[', 300) || repeat(']', 300))::json`, 'json', '['.repeat(300) + ']'.repeat(300)],
  [`ARRAY['a b', NULL]`, 'text', '{"a b",NULL}'],
  [`'10.0.0.1'::inet`, 'text', '10.0.0.1'],
  [`NULL::int`, 'number', null],
])('%s is read as %s', async (expression, kind, text) => {
  const { kinds, rows } = await read({ query: `SELECT ${expression} AS v` }, 'column:v');
  expect(kinds).toEqual([kind]);
  expect(rows).toEqual([[text]]);
});

test('a time with more digits than PostgreSQL keeps is equal to what PostgreSQL makes of it', async () => {
  const fractions = [
    '1234564',
    '1234565',
    '1234575',
    '0000005',
    '0000015',
    '00000049',
    '123456500',
    '9999995',
  ];
  const random = Array.from({ length: 500 }, () => String(Math.floor(Math.random() * 1e9)).padStart(9, '0'));
  const texts = [...fractions, ...random].map((fraction) => `2026-12-31T23:59:59.${fraction}Z`);
  const query = `SELECT v::timestamptz AS at FROM unnest(ARRAY['${texts.join("','")}']) WITH ORDINALITY AS t (v, n) ORDER BY n`;
  const { rows } = await read({ query }, 'column:at');
  const formOf = (text: string): [string, string] => [text, normalForm('time', text)];
  expect(rows.map(([stored], index) => [texts[index], normalForm('time', stored!)])).toEqual(
    texts.map(formOf),
  );
});

test("the user's and the database's own settings change no value", async () => {
  await client.query(
    `ALTER ROLE ${reader} SET timezone = 'Asia/Tokyo'; ALTER ROLE ${reader} SET datestyle = 'SQL, DMY';
    ALTER ROLE ${reader} SET bytea_output = 'escape'; ALTER ROLE ${reader} SET extra_float_digits = -5;
    ALTER ROLE ${reader} SET client_encoding = 'LATIN1'; ALTER ROLE ${reader} SET statement_timeout = 1;
    ALTER ROLE ${reader} SET standard_conforming_strings = off; ALTER ROLE ${reader} SET row_security = on`,
  );
  try {
    const query = `SELECT '2024-02-01 12:00+00'::timestamptz AS t, '\\xff41'::bytea AS b, 1/3.0::float8 AS f, 'é\\n' AS e`;
    const { rows } = await read(
      { location: readerLocation, query },
      ...['t', 'f', 'e'].map((name) => `column:${name}`),
    );
    expect(rows).toEqual([['2024-02-01 12:00:00+00', '0.3333333333333333', 'é\\n']]);
  } finally {
    await client.query(`ALTER ROLE ${reader} RESET ALL`);
  }
});

test('json: reads within columns of JSON and of text that holds JSON, and a document that is no JSON has no value', async () => {
  const query = `SELECT * FROM (VALUES ('{"id": 9007199254740993, "a.b": {"c": "x\\ty"}}'::jsonb, '{"k": true}'), (NULL, 'no JSON')) AS v (doc, txt)`;
  const { rows, kinds } = await read(
    { query },
    'json:doc.id',
    'json:txt.k',
    String.raw`json:doc.a\.b.c`,
    'column:txt',
  );
  expect(kinds).toEqual(['json', 'json', 'json', 'text']);
  expect(rows).toEqual([
    ['9007199254740993', 'true', 'x\ty', '{"k": true}'],
    [null, null, null, 'no JSON'],
  ]);
});

test.each([
  ['SELECT id FROM orders;'],
  ['SELECT id FROM orders -- ; DROP TABLE orders'],
  ['/* ; /* nested */ */ SELECT id FROM orders ; /* end */ -- end\n ; '],
  ['TABLE orders'],
  ["(SELECT id FROM orders WHERE id <> ';') UNION ALL VALUES (NULL)"],
  ["WITH o AS (SELECT id FROM orders WHERE status <> $a$it's;$a$) SELECT id FROM o"],
])('the query %j is read', async (query) => {
  const { rows } = await read({ query }, 'column:id');
  expect(rows[0]).toEqual(['a']);
});

describe('a query that cannot be read', () => {
  test.each([
    ['DELETE FROM orders RETURNING id', 'The query begins with DELETE'],
    ['SELECT id FROM orders; DELETE FROM orders', 'The query has more than one statement.'],
    ['SELECT 1) AS q; COMMIT; DELETE FROM orders; SELECT * FROM (SELECT 2', 'A parenthesis of the query'],
    [
      'WITH d AS (DELETE FROM orders RETURNING id) SELECT id FROM d',
      'data-modifying statement must be at the top level',
    ],
    ['SELECT writes() AS id', 'The query writes, and nodrop only reads'],
    ['SELECT id FROM orders FOR UPDATE', 'The query writes, and nodrop only reads'],
    ['SELECT id\nFROM nowhere', 'relation "nowhere" does not exist (line 2, character 6 of the query)'],
    ["SELECT '😀' AS id, x FROM orders", 'column "x" does not exist (line 1, character 19 of the query)'],
    ['SELECT id::int AS id FROM orders', 'invalid input syntax for type integer'],
    ['SELECT $1::text AS id', 'there is no parameter $1'],
    ['SELECT id, status AS id FROM orders', 'column:id: the query returns 2 columns id.'],
    ['SELECT 1 AS "Id", 2 AS "ID"', 'several columns have this name: Id, ID'],
    ['SELECT status FROM orders', 'column:id: there is no such column.'],
    ["SELECT 'a", 'A quotation of the query is not closed'],
    ['-- nothing', 'The query is empty.'],
  ])('%j is refused as wrong usage, and nothing changes', async (query, message) => {
    await client.query(
      `CREATE OR REPLACE FUNCTION writes() RETURNS text LANGUAGE sql AS 'DELETE FROM orders RETURNING id'`,
    );
    await expect(read({ query }, 'column:id')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message) as string,
    });
    expect((await client.query('SELECT 1 FROM orders')).rowCount).toBe(5);
  });
});

test('the message on a missing column lists those that there are', async () => {
  await expect(read({ table: 'orders' }, 'column:event_id')).rejects.toMatchObject({
    code: 'usage',
    hint: 'The columns are id, status.',
  });
  await expect(read({ table: 'orders' }, 'key')).rejects.toMatchObject({ code: 'usage' });
  expect((await read({ table: 'orders' }, 'column:ID')).rows).toHaveLength(5);
});

test('a table is found by its exact name first, with and without its schema', async () => {
  await client.query(
    `CREATE TABLE "Orders" (id int); INSERT INTO "Orders" VALUES (1); CREATE TABLE "with.dot" (id int)`,
  );
  const count = async (table: string): Promise<number> => (await read({ table }, 'column:id')).rows.length;
  expect(await count('Orders')).toBe(1);
  expect(await count('ORDERS')).toBe(5);
  expect(await count(`${schema}.Orders`)).toBe(1);
  expect(await count(`"${schema}"."orders"`)).toBe(5);
  expect(await count('"with.dot"')).toBe(0);
  await expect(count('"ORDERS"')).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('has no table "ORDERS"') as string,
    hint: expect.stringContaining('orders') as string,
  });
  await expect(count('nowhere.orders')).rejects.toMatchObject({ code: 'usage' });
  await expect(count('a..b')).rejects.toMatchObject({ code: 'usage' });
});

test('columns() tells each column with its type and kind, domains as their base type', async () => {
  await client.query(
    `CREATE DOMAIN sku AS char(8); CREATE TABLE typed (id bigint, price numeric(10,2), sku sku, at timestamptz, doc jsonb)`,
  );
  const sink = await openSink({ table: 'typed' });
  expect(await sink.columns()).toEqual([
    { place: 'column:id', type: 'bigint', kind: 'number' },
    { place: 'column:price', type: 'numeric(10,2)', kind: 'number' },
    { place: 'column:sku', type: 'character(8)', kind: 'padded' },
    { place: 'column:at', type: 'timestamp with time zone', kind: 'time' },
    { place: 'column:doc', type: 'jsonb', kind: 'json' },
  ]);
  await sink.close();
});

describe('the user', () => {
  test('the password of a location is used, and is in no name and no message', async () => {
    const sink = await openSink({ location: readerLocation, table: 'orders' });
    expect(sink.name).toMatch(/^postgres:\/\/127\.0\.0\.1:\d+\/postgres$/);
    const reading = await sink.open(columnsOf('id'));
    expect(await rowsOfReading(reading)).toHaveLength(5);
    await reading.close();
    const wrong = readerLocation.replace(password, 'h4nter2');
    const error = await errorOf(read({ location: wrong, table: 'orders' }, 'column:id'));
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(`${error.message} ${error.hint}`).not.toContain('h4nter2');
  });

  test('without the privilege to read the table, the sink is unavailable', async () => {
    await client.query('CREATE TABLE secret (id int)');
    await expect(read({ location: readerLocation, table: 'secret' }, 'column:id')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('permission denied for table secret') as string,
      hint: expect.stringContaining('SELECT') as string,
    });
  });

  test('a privilege for the columns that are read is enough', async () => {
    await client.query(
      `CREATE TABLE partly (id int, secret text); INSERT INTO partly VALUES (1); GRANT SELECT (id) ON partly TO ${reader}`,
    );
    const options = { location: readerLocation, table: 'partly' };
    expect((await read(options, 'column:id')).rows).toEqual([['1']]);
    await expect(read(options, 'column:secret')).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('if a policy hides rows from the user, the sink is unavailable', async () => {
    await client.query(
      `CREATE TABLE tenants (id int); ALTER TABLE tenants ENABLE ROW LEVEL SECURITY; GRANT SELECT ON tenants TO ${reader}`,
    );
    await expect(read({ location: readerLocation, table: 'tenants' }, 'column:id')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('hidden rows') as string,
    });
    expect((await read({ table: 'tenants' }, 'column:id')).rows).toEqual([]);
  });
});

test('rows that are written while the sink is read do not count', async () => {
  await client.query('CREATE TABLE growing AS SELECT i AS id FROM generate_series(1, 50000) AS i');
  const sink = await openSink({ table: 'growing' });
  const reading = await sink.open(columnsOf('id'));
  await client.query('INSERT INTO growing SELECT generate_series(50001, 60000)');
  let count = 0;
  for await (const batch of reading.batches()) {
    if (count === 0) await client.query('DELETE FROM growing');
    count += batch.count;
  }
  expect(count).toBe(50_000);
  await reading.close();
});

test('a query that fails after many rows is an error, and not the end of the rows', async () => {
  const query = 'SELECT 1 / (90000 - i) AS id FROM generate_series(1, 100000) AS i';
  expect(await errorOf(read({ query }, 'column:id'))).toMatchObject({
    code: 'usage',
    message: expect.stringContaining('division by zero') as string,
  });
});

test('the estimate of a table and of a query is what the planner expects', async () => {
  await client.query('CREATE TABLE estimated AS SELECT generate_series(1, 3000) AS id; ANALYZE estimated');
  expect((await read({ table: 'estimated' }, 'column:id')).estimate).toBe(3000);
  expect((await read({ query: 'SELECT id FROM estimated LIMIT 10' }, 'column:id')).estimate).toBe(10);
});

describe('a statement without an end', () => {
  test('if no row comes within the timeout, the sink is unavailable, and the server stops', async () => {
    const query = `SELECT 'silent' AS id FROM pg_sleep(1000)`;
    await expect(read({ query, timeoutMs: 500 }, 'column:id')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/gave no answer within 0.5 s \(SELECT 'silent' AS id/) as string,
    });
    await expect.poll(() => running(`'silent'`)).toBe(0);
  });

  test('close() ends a statement that sends rows for ever, and the reading is no pass', async () => {
    const sink = await openSink({ query: `SELECT 'endless' || generate_series(1, 1e12) AS id` });
    const reading = await sink.open(columnsOf('id'));
    for await (const batch of reading.batches()) {
      expect(batch.count).toBeGreaterThan(1000);
      break;
    }
    await reading.close();
    await expect.poll(() => running(`'endless'`)).toBe(0);
  });

  test('an abort ends the wait for an answer, and the statement', async () => {
    const stop = new AbortController();
    const query = `SELECT 'aborted' AS id FROM pg_sleep(1000)`;
    const error = errorOf(read({ query, signal: stop.signal }, 'column:id'));
    await expect.poll(() => running(`'aborted'`)).toBe(1);
    stop.abort();
    expect(await error).toMatchObject({ code: 'interrupted' });
    await expect.poll(() => running(`'aborted'`)).toBe(0);
  });

  test('if a lock holds the table up, the error says so', async () => {
    await client.query('BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
    try {
      await expect(read({ table: 'orders', timeoutMs: 500 }, 'column:id')).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('lock timeout') as string,
      });
    } finally {
      await client.query('ROLLBACK');
    }
  });

  test('a session that the server ends in the middle is an error, and not the end of the rows', async () => {
    const query = `SELECT 'ended' || generate_series(1, 1e12) AS id`;
    const sink = await openSink({ query });
    const reading = await sink.open(columnsOf('id'));
    const all = async (): Promise<void> => {
      let isFirst = true;
      for await (const _ of reading.batches()) {
        if (!isFirst) continue;
        isFirst = false;
        await client.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%''ended''%' AND pid <> pg_backend_pid()`,
        );
      }
    };
    await expect(all()).rejects.toMatchObject({ code: 'unavailable' });
    await reading.close();
  });
});

test('a location that cannot be right is wrong usage, and one where nothing listens is unavailable', async () => {
  await expect(openSink({ location: 'postgres://a:b/c@d/e', table: 't' })).rejects.toMatchObject({
    code: 'usage',
    message: 'This is not a location of a PostgreSQL sink, or its characters are not encoded.',
  });
  await expect(openSink({ location, table: 't', query: 'SELECT 1' })).rejects.toMatchObject({
    code: 'usage',
  });
  await expect(read({ location: 'postgres://127.0.0.1:1/x', table: 't' }, 'column:id')).rejects.toMatchObject(
    { code: 'unavailable' },
  );
  await expect(
    read({ location: location.replace('/postgres?', '/nowhere?'), table: 't' }, 'column:id'),
  ).rejects.toMatchObject({ code: 'unavailable', hint: 'Name a database that exists.' });
});

describe.skipIf(!hasPooler)('behind a pooler that shares a session', () => {
  let pooler: RunningPooler;
  beforeAll(async () => {
    pooler = await startPooler(postgres, { mode: 'transaction', size: 1 });
  });
  afterAll(() => pooler.stop());

  test('a sink is read, and leaves no setting behind', async () => {
    const other = new Client({ connectionString: pooler.location });
    await other.connect();
    const settings = `SELECT current_setting('timezone') AS zone, current_setting('row_security') AS security, current_setting('search_path') AS path`;
    const before = (await other.query(settings)).rows;
    const { rows } = await read(
      { location: `${pooler.location}?schema=${schema}`, table: 'orders' },
      'column:id',
    );
    expect(rows).toHaveLength(5);
    expect((await other.query(settings)).rows).toEqual(before);
    await other.end();
  });
});
