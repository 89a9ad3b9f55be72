/** Tables and queries of SQLite files, read as a sink. */
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, test } from 'vitest';
import { openSqliteSink } from '../../../src/sinks/sqlite/sink.ts';
import type { SinkOptions } from '../../../src/sinks/sink.ts';
import { parseValuePlace } from '../../../src/values/value-place.ts';
import { errorOf, openSinkAt, readSink, rowsOfReading, type ReadSink } from '../../fixtures/sink-rows.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nodrop-sqlite-sink-'));
  path = join(folder, 'orders.db');
});

/** Runs statements in the database; what they made stays. */
function write(sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

const read = (options: Partial<SinkOptions>, ...places: string[]): Promise<ReadSink> =>
  readSink(openSqliteSink, { location: `sqlite:${path}`, ...options }, ...places);

const orders = `CREATE TABLE orders (id TEXT, status TEXT COLLATE NOCASE, n INTEGER);
  INSERT INTO orders VALUES ('a', 'new', 1), ('A', 'paid', 2), ('a ', 'paid', 3), (NULL, 'new', 4), ('', 'new', 5)`;

test('a table gives its rows, with NULL apart from the empty text, and texts that differ in case or a blank', async () => {
  write(orders);
  const { rows, kinds, noSnapshot, estimate } = await read({ table: 'ORDERS' }, 'column:id', 'column:Status');
  expect(rows).toEqual([
    ['a', 'new'],
    ['A', 'paid'],
    ['a ', 'paid'],
    [null, 'new'],
    ['', 'new'],
  ]);
  expect(kinds).toEqual(['text', 'text']);
  expect([noSnapshot, estimate]).toEqual([undefined, 5]);
});

test('the declared type is the kind, and without one the value; no value is rounded', async () => {
  write(
    `CREATE TABLE typed (big BIGINT, txt VARCHAR(10), r DOUBLE, flag BOOLEAN, at DATETIME, u UUID, raw BLOB, doc JSON, anything, price DECIMAL(10,2));
    INSERT INTO typed VALUES (9007199254740993, 42, 0.1, 1, '2024-03-31 01:30:00', 'A0EE', x'68C3A9', '{"id": 9007199254740993, "a.b": "x\\ty"}', 'null', 1.5),
      ('no number', 'é' || char(0), 1e300, 'maybe', 1711848600000, NULL, 'text', '"x"', 9223372036854775807, NULL)`,
  );
  const names = ['big', 'txt', 'r', 'flag', 'at', 'u', 'raw', 'doc', 'anything', 'price'];
  const { rows, kinds } = await read({ table: 'typed' }, ...names.map((name) => `column:${name}`));
  expect(kinds).toEqual([
    'number',
    'text',
    'number',
    'boolean',
    'time',
    'uuid',
    'bytes',
    'json',
    'json',
    'number',
  ]);
  const document = String.raw`{"id": 9007199254740993, "a.b": "x\ty"}`;
  expect(rows).toEqual([
    ['9007199254740993', '42', '0.1', '1', '2024-03-31 01:30:00', 'A0EE', 'hé', document, 'null', '1.5'],
    ['no number', 'é\0', '1e+300', 'maybe', '1711848600000', null, 'text', 'x', '9223372036854775807', null],
  ]);
  const within = await read({ table: 'typed' }, 'json:doc.id', String.raw`json:doc.a\.b`, 'json:txt.x');
  expect(within.rows).toEqual([
    ['9007199254740993', 'x\ty', null],
    [null, null, null],
  ]);
});

test('a text whose bytes are no UTF-8 is not read as another one', async () => {
  write(`CREATE TABLE t (id TEXT); INSERT INTO t VALUES (CAST(x'ff41' AS TEXT)), (CAST(x'fe41' AS TEXT))`);
  expect(await errorOf(read({ table: 't' }, 'column:id'))).toMatchObject({ code: 'unavailable' });
  const { rows } = await read({ query: 'SELECT hex(CAST(id AS BLOB)) AS id FROM t' }, 'column:id');
  expect(rows).toEqual([['FF41'], ['FE41']]);
});

test.each([
  ['SELECT id FROM orders;'],
  ['/* ; */ SELECT id FROM orders ; -- end\n ; '],
  ['SELECT id FROM orders -- ; DROP TABLE orders'],
  ["WITH o AS (SELECT * FROM orders WHERE id <> ';') SELECT [id] FROM o"],
  ["SELECT `id` FROM orders UNION ALL VALUES ('b')"],
])('the query %j is read', async (query) => {
  write(orders);
  expect((await read({ query }, 'column:id')).rows[0]).toEqual(['a']);
});

test('columns whose names differ in case are different columns of a query', async () => {
  write(orders);
  const query = "SELECT 'lower' AS id, 'upper' AS ID, 'twice' AS x, 'again' AS x";
  expect((await read({ query }, 'column:ID', 'column:id')).rows).toEqual([['upper', 'lower']]);
  expect(await errorOf(read({ query }, 'column:x'))).toMatchObject({
    code: 'usage',
    message: 'column:x: the query returns 2 columns x.',
  });
  expect(await errorOf(read({ query }, 'column:Id'))).toMatchObject({ code: 'usage' });
});

test.each([
  ['DELETE FROM orders RETURNING id', 'The query begins with DELETE'],
  ['SELECT id FROM orders; DELETE FROM orders', 'The query has more than one statement.'],
  ['WITH x AS (SELECT 1) DELETE FROM orders RETURNING id', 'refuses the query'],
  ['SELECT id FROM nowhere', 'no such table: nowhere'],
  ['SELECT x AS id FROM orders', 'no such column: x'],
  ['SELECT "id', 'A quotation of the query is not closed'],
  ['SELECT status FROM orders', 'column:id: there is no such column.'],
])('the query %j is refused as wrong usage, and no byte changes', async (query, message) => {
  write(orders);
  const before = readFileSync(path);
  expect(await errorOf(read({ query }, 'column:id'))).toMatchObject({
    code: 'usage',
    message: expect.stringContaining(message) as string,
  });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test.each([{ table: 'typed' }, { query: 'SELECT * FROM typed -- all' }])(
  'ids are looked up in columns of any type, and texts that are no values of it match nothing: %j',
  async (source) => {
    write(
      `CREATE TABLE typed (big BIGINT, exact DECIMAL(9,3), txt TEXT, code VARCHAR(9), u UUID, raw BLOB, anything, number);
      INSERT INTO typed VALUES (9007199254740993, 1.5, 'a''b', '007', '0F8FAD5B-D9CB-469F-A165-70867728950E', x'797a', 'null', 12),
        (9007199254740992, 2, 'A''B', '7', 'other', x'7a7a', 'z', 13), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
    );
    const sink = await openSinkAt(openSqliteSink, `sqlite:${path}`, source);
    const names = ['big', 'exact', 'txt', 'code', 'u', 'raw', 'anything', 'number'];
    write(names.map((column) => `CREATE INDEX of_${column} ON typed (${column})`).join(';'));
    const texts = ['9007199254740993', '1.50', "a'b", '007', 'yz', 'null', 'nul\0', '12', '1e99'];
    texts.push('0f8fad5bd9cb469fa16570867728950e', '9'.repeat(60));
    for (const column of names) {
      const place = parseValuePlace(`column:${column}`, '--id');
      const reading = await sink.find!([place], place, texts);
      expect(await rowsOfReading(reading!), column).toHaveLength(1);
      await reading!.close();
      const nothing = await sink.find!([place], place, ['no', 'nul\0']);
      expect(await rowsOfReading(nothing!), column).toEqual([]);
      await nothing!.close();
    }
    write('DROP INDEX of_code');
    const place = parseValuePlace('column:code', '--id');
    expect(await sink.find!([place], place, texts), 'without an index, all rows would be read').toBe(
      undefined,
    );
  },
);

test('what is no table or no database is wrong usage', async () => {
  write(orders);
  expect(await errorOf(read({ table: 'other' }, 'column:id'))).toMatchObject({
    code: 'usage',
    hint: 'It has orders.',
  });
  expect(await errorOf(read({ table: 'aux.orders' }, 'column:id'))).toMatchObject({ code: 'usage' });
  expect((await read({ table: 'main."orders"' }, 'column:id')).rows).toHaveLength(5);
  for (const location of [`sqlite:${folder}`, `sqlite:${path}.none`, 'sqlite:']) {
    expect(await errorOf(read({ location, table: 'orders' }, 'column:id'))).toMatchObject({ code: 'usage' });
  }
  expect(readdirSync(folder)).toEqual(['orders.db']);
  writeFileSync(path, 'id,status\n'.repeat(100));
  expect(await errorOf(read({ table: 'orders' }, 'column:id'))).toMatchObject({
    code: 'usage',
    message: expect.stringContaining('is no SQLite database') as string,
  });
});

test.each(['DELETE', 'WAL'])('with the journal mode %s, a read leaves no trace', async (mode) => {
  write(`PRAGMA journal_mode = ${mode}; ${orders}`);
  const before = [readdirSync(folder), readFileSync(path), statSync(path, { bigint: true }).mtimeNs];
  const { rows, notes } = await read({ table: 'orders' }, 'column:id');
  expect(rows).toHaveLength(5);
  expect(notes).toHaveLength(mode === 'WAL' ? 0 : 1);
  expect([readdirSync(folder), readFileSync(path), statSync(path, { bigint: true }).mtimeNs]).toEqual(before);
});

describe('a database that others write to', () => {
  const numbers = `CREATE TABLE numbers (n INTEGER);
    INSERT INTO numbers WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20000) SELECT i FROM c`;
  const open = () => openSinkAt(openSqliteSink, `sqlite:${path}`, { table: 'numbers', timeoutMs: 500 });
  const places = [parseValuePlace('column:n', '--id')];

  test('rows that are written while the sink is read do not count', async () => {
    write(`PRAGMA journal_mode = WAL; ${numbers}`);
    const writer = new DatabaseSync(path);
    writer.exec('INSERT INTO numbers VALUES (20001)');
    const reading = await (await open()).open(places);
    let count = 0;
    for await (const batch of reading.batches()) {
      if (count === 0) writer.exec('DELETE FROM numbers');
      count += batch.count;
    }
    expect(count).toBe(20_001);
    await reading.close();
    writer.close();
  });

  test('a database that is opened and changed while it is read at rest is no reading', async () => {
    write(`PRAGMA journal_mode = WAL; ${numbers}`);
    const reading = await (await open()).open(places);
    const all = async (): Promise<void> => {
      let isFirst = true;
      for await (const _ of reading.batches()) {
        if (isFirst) write('INSERT INTO numbers VALUES (20001)');
        isFirst = false;
      }
    };
    expect(await errorOf(all())).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('was changed while it was read') as string,
    });
    await reading.close();
  });

  test('while a program holds the lock, nodrop waits, and then the sink is unavailable', async () => {
    write(numbers);
    const writer = new DatabaseSync(path);
    writer.exec('BEGIN EXCLUSIVE');
    const sink = await open();
    expect(await errorOf(sink.open(places))).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('another program holds its lock') as string,
    });
    writer.exec('ROLLBACK');
    writer.close();
    const reading = await sink.open(places);
    expect(reading.estimate).toBe(20_000);
    await reading.close();
  });

  test('an abort ends the rows', async () => {
    write(numbers);
    const stop = new AbortController();
    const query = 'WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT i FROM c';
    const sink = await openSinkAt(openSqliteSink, `sqlite:${path}`, { query, signal: stop.signal });
    const reading = await sink.open([parseValuePlace('column:i', '--id')]);
    const all = async (): Promise<void> => {
      for await (const _ of reading.batches()) stop.abort();
    };
    expect(await errorOf(all())).toMatchObject({ code: 'interrupted' });
    await reading.close();
  });
});
