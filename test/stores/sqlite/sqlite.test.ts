/** Properties that only an SQLite store has: a file, one writer at a time, and a version without epochs. */
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { openSqliteSnapshot } from '../../../src/stores/sqlite/snapshot.ts';
import { openSqliteStore } from '../../../src/stores/sqlite/store.ts';
import { whySharedSqlite } from '../../../src/stores/sqlite/whose-store.ts';
import { RowBatch, StoreOutageError, type RowValues, type Store } from '../../../src/stores/store.ts';
import {
  allRows,
  batchOf,
  categories,
  placesOf,
  rowsOf,
  topic,
  topicId,
  valuesOf,
} from '../../fixtures/store-batches.ts';

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'nodrop-store-')), 'store.sqlite');
});

const open = (): Store => openSqliteStore(path, { categories });

test('a write to a locked store throws an outage error, and works again after the lock', async () => {
  const store = open();
  await store.claim(topic, new Map([[0, 0]]));
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const write = (): Promise<void> =>
    store.write(topicId, batchOf([0, 0, 0]), [{ partition: 0, from: 0, next: 1, epoch: 1 }]);
  await expect(write()).rejects.toThrow(StoreOutageError);
  other.exec('ROLLBACK');
  await write();
  expect(await placesOf(`sqlite:${path}`)).toEqual(['failed 0:0']);
  other.close();
  await store.close();
});

test('a store in a file that is not a database, or in a missing folder, is unavailable', () => {
  writeFileSync(path, 'This is a text, and longer than the header of a database would be.'.repeat(20));
  expect(() => open()).toThrow(expect.objectContaining({ code: 'unavailable' }));
  path = join(path, '..', 'missing', 'store.sqlite');
  expect(() => open()).toThrow(expect.objectContaining({ code: 'unavailable' }));
  expect(() => openSqliteSnapshot(path)).toThrow(expect.objectContaining({ code: 'unavailable' }));
});

test('only the owner can read and write the file of a store', async () => {
  await open().close();
  expect(statSync(path).mode & 0o077).toBe(0);
});

test('a store of the first version is opened with its offsets', async () => {
  const database = new DatabaseSync(path);
  database.exec(`
    CREATE TABLE offsets (
      topic_id TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
      PRIMARY KEY (topic_id, partition)) WITHOUT ROWID;
    INSERT INTO offsets VALUES ('${topicId}', 0, 7)`);
  database.close();
  const store = open();
  expect(await store.offsets(topicId)).toEqual(new Map([[0, { next: 7, epoch: 0 }]]));
  expect(await store.claim(topic, new Map([[0, 0]]))).toEqual(new Map([[0, { next: 7, epoch: 1 }]]));
  await store.close();
  await open().close();
});

test('a store whose tables tell their categories is as it was before any text was a state', async () => {
  await open().close();
  const database = new DatabaseSync(path);
  const names = database.prepare("SELECT name FROM sqlite_schema WHERE type <> 'index' ORDER BY name").all();
  expect(names.map(({ name }) => name)).toEqual([
    'completed',
    'dead_letters',
    'failed',
    'in_progress',
    'messages',
    'offsets',
  ]);
  database.close();
});

test('the view of a store has the categories as they are, and the store counts as its own', async () => {
  const odd = ["It's", 'IN_PROGRESS', 'failed'];
  await openSqliteStore(path, { categories: odd, tables: new Map([['IN_PROGRESS', 'going_on']]) }).close();
  const database = new DatabaseSync(path);
  for (const table of ['it_s', 'going_on', 'failed']) {
    database.exec(`INSERT INTO ${table} (topic_id, partition, "offset", stored_at) VALUES ('t', 0, 0, '')`);
  }
  const rows = database.prepare('SELECT category FROM messages').all();
  expect(new Set(rows.map(({ category }) => category))).toEqual(new Set(odd));
  // Like a store of an earlier version.
  database.exec('PRAGMA application_id = 0');
  database.close();
  expect(whySharedSqlite(path, 'run-1')).toBeUndefined();
  await openSqliteStore(path, { categories: odd }).close();
});

test('a changed table of categories hides no row: a doubled category is refused, and odd values do not count', async () => {
  const change = (sql: string): void => {
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
  };
  await openSqliteStore(path, { categories: ['In Progress', 'failed'] }).close();
  change("UPDATE _categories SET category = 'failed'");
  expect(() => openSqliteSnapshot(path)).toThrow(
    expect.objectContaining({
      code: 'unavailable',
      message: "The store's tables failed and in_progress both claim the state 'failed'.",
    }),
  );
  change("UPDATE _categories SET category = x'00'");
  const snapshot = openSqliteSnapshot(path);
  expect(snapshot.categories).toEqual(['failed', 'in-progress']);
  await snapshot.close();
  change('DROP TABLE _categories; CREATE VIEW _categories AS SELECT 1 AS category, 2 AS table_name');
  expect(() => openSqliteSnapshot(path)).toThrow("The store's _categories is a view");
});

test('a new table counts for its own category, even if a user has dropped an earlier one of its name', async () => {
  await openSqliteStore(path, { categories: ['In Progress'] }).close();
  const database = new DatabaseSync(path);
  database.exec('DROP VIEW messages; DROP TABLE in_progress');
  database.close();
  const categories = ['in-progress', 'In Progress'];
  await openSqliteStore(path, { categories }).close();
  const snapshot = openSqliteSnapshot(path);
  expect([...snapshot.categories].sort()).toEqual([...categories].sort());
  await snapshot.close();
});

test('a store has the application id of nodrop, and is opened even without it', async () => {
  await open().close();
  const database = new DatabaseSync(path);
  expect(database.prepare('PRAGMA application_id').get()).toEqual({ application_id: 0x6e6f6472 });
  // Like a store of an earlier version, to which a user has added an index.
  database.exec('PRAGMA application_id = 0; CREATE INDEX by_id ON failed (id)');
  database.close();
  await open().close();
});

test.each([
  ['CREATE VIEW messages AS SELECT 1 AS id', 'view messages'],
  ['CREATE TABLE users (id INTEGER); CREATE INDEX by_id ON users (id)', 'table users'],
  ['CREATE TABLE offsets (id INTEGER)', 'table offsets'],
  ['PRAGMA application_id = 7', 'data of the application 7'],
  ['PRAGMA user_version = 1', 'a schema of another program'],
  ['PRAGMA journal_mode = WAL; CREATE TABLE users (id INTEGER)', 'table users'],
])("another program's database with %s is refused, and not changed", (statements, found) => {
  const database = new DatabaseSync(path);
  database.exec(`${statements}; PRAGMA wal_checkpoint`);
  database.close();
  const before = readFileSync(path);
  for (const opening of [open, () => openSqliteSnapshot(path)]) {
    expect(opening).toThrow(
      expect.objectContaining({
        code: 'unavailable',
        message: `${path} is not a store of nodrop: it holds ${found}. Nothing was changed.`,
      }),
    );
  }
  expect(readFileSync(path)).toEqual(before);
  expect(readdirSync(dirname(path))).toEqual([basename(path)]);
});

test("another program's database that is in use is refused, and stays usable", () => {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE users (id INTEGER); INSERT INTO users VALUES (1)');
  const [before, files] = [readFileSync(path), readdirSync(dirname(path))];
  expect(() => open()).toThrow('it holds table users');
  expect(readFileSync(path)).toEqual(before);
  expect(readdirSync(dirname(path))).toEqual(files);
  database.exec('INSERT INTO users VALUES (2)');
  database.close();
});

test("another program's table in a store is not a category", async () => {
  await open().close();
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE users (id INTEGER, name TEXT)');
  database.close();
  await openSqliteStore(path, { categories: [...categories, 'paid'] }).close();
  const snapshot = openSqliteSnapshot(path);
  expect(snapshot.categories).toEqual([...categories, 'paid'].toSorted());
  await snapshot.close();
  const read = new DatabaseSync(path, { readOnly: true });
  expect(read.prepare('SELECT count(*) AS count FROM messages').get()).toEqual({ count: 0 });
  read.close();
});

test('the view messages shows the rows of all categories', async () => {
  const store = open();
  await store.write(topicId, batchOf([0, 0, 0], [2, 0, 1]), []);
  await store.close();
  const database = new DatabaseSync(path);
  expect(database.prepare('SELECT category, id FROM messages').all()).toEqual([
    { category: 'failed', id: 'p0-0' },
    { category: 'in-progress', id: 'p0-1' },
  ]);
  database.close();
});

test('a batch of many rows is stored whole, and a row that was already there is not changed', async () => {
  const store = open();
  const held = { ...valuesOf(0, 0, 30), payload: Buffer.from('held') };
  await store.write(topicId, RowBatch.of([held]), []);
  const rows = Array.from({ length: 500 }, (_, index) => ({
    ...valuesOf(index % 3, index % 2, index),
    producer: index < 300 ? 'p0' : `p${index % 4}`,
    run: index === 77 ? null : 'run-1',
    id: index === 78 ? 'its own' : null,
    payload: Buffer.from(String(index)),
  }));
  rows.push(...rows.splice(0, 100));
  await store.write(topicId, RowBatch.of(rows), []);
  await store.close();
  for (const [category, name] of categories.entries()) {
    const expected = rows
      .filter((row) => row.category === category)
      .map((row) => (row.offset === 30 ? held : row))
      .map(({ partition, offset, producer, run, id, payload }) => ({
        partition,
        offset,
        producer,
        run,
        id,
        payload: String(payload),
      }))
      .toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
    const stored = (await rowsOf(`sqlite:${path}`, name)).map((row) => ({
      ...row,
      payload: Buffer.from(row.payload!).toString(),
    }));
    expect(stored).toMatchObject(expected);
    expect(stored).toHaveLength(expected.length);
  }
});

test('a store with the page size of an earlier version, which was also analysed, is opened unchanged', async () => {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA page_size = 4096; PRAGMA journal_mode = WAL');
  const store = open();
  await store.write(topicId, batchOf([0, 0, 0]), []);
  database.exec('ANALYZE');
  await store.close();
  const { page_size: pageBytes } = database.prepare('PRAGMA page_size').get() as { page_size: number };
  expect(pageBytes).toBe(4096);
  database.close();
  expect(await placesOf(`sqlite:${path}`)).toEqual(['failed 0:0']);
  await open().close();
});

test('each stored value has the type of its column, and ids are stored as texts', async () => {
  const store = open();
  const bytes = [null, Buffer.alloc(0), Buffer.from([0]), Buffer.from([0xff, 0xc3])];
  const rows = bytes.map((value, offset) => ({
    ...valuesOf(0, 0, offset),
    key: value,
    payload: bytes.at(-1 - offset)!,
    digest: [null, '', 'ü\0€', '00000000000000ff'][offset]!,
    sequence: [null, 0, 2 ** 40, 2 ** 53 - 1][offset]!,
    producer: ['p0', null, 'ü', 'p7'][offset]!,
    id: [null, null, `ü-${2 ** 40}`, `p7-${2 ** 53 - 1}`][offset]!,
  }));
  const alone = { ...valuesOf(0, 0, 4), key: null, payload: Buffer.alloc(0), digest: null };
  await store.write(topicId, RowBatch.of([alone]), []);
  await store.write(topicId, RowBatch.of([...rows, { ...valuesOf(0, 0, 5), id: 'p0-5.0' }]), []);
  await store.close();
  const database = new DatabaseSync(path);
  const columns = ['sequence', 'id', 'partition', '"offset"', 'key', 'payload', 'digest', 'stored_at'];
  const types = columns.map((column) => `typeof(${column})`).join(` || ' ' || `);
  const stored = database
    .prepare(`SELECT ${types} AS types, id, hex(key) AS key, hex(payload) AS payload, digest FROM failed`)
    .all() as Record<string, string | null>[];
  database.close();
  const typeOf = (value: unknown, type: string): string => (value === null ? 'null' : type);
  const typesOf = ({ sequence, id, key, payload, digest }: RowValues): string =>
    `${typeOf(sequence, 'integer')} ${typeOf(id, 'text')} integer integer ` +
    `${typeOf(key, 'blob')} ${typeOf(payload, 'blob')} ${typeOf(digest, 'text')} text`;
  const hex = (value: Uint8Array | null): string =>
    Buffer.from(value ?? [])
      .toString('hex')
      .toUpperCase();
  const expected = [...rows, alone, { ...valuesOf(0, 0, 5), id: 'p0-5.0' }];
  expect(stored).toEqual(
    expected.map((row) => ({
      types: typesOf(row),
      id: row.id,
      key: hex(row.key),
      payload: hex(row.payload),
      digest: row.digest,
    })),
  );
});

test('rows of a category that are far apart, and rows larger than a piece, are stored unchanged', async () => {
  const store = open();
  const rows = Array.from({ length: 300 }, (_, offset) => ({
    ...valuesOf(offset % 100 === 0 ? 0 : 1, 0, offset),
    payload: Buffer.alloc(offset === 200 ? 400_000 : 5_000, offset),
  }));
  await store.write(topicId, RowBatch.of(rows), []);
  await store.close();
  for (const [category, name] of [...categories.entries()].slice(0, 2)) {
    const stored = await rowsOf(`sqlite:${path}`, name);
    const expected = rows.filter((row) => row.category === category);
    expect(stored.map(({ offset }) => offset)).toEqual(expected.map(({ offset }) => offset));
    for (const [index, { payload }] of expected.entries()) {
      expect(payload.equals(stored[index]!.payload!)).toBe(true);
    }
  }
});

test('rows are read even if their columns hold values of other types', async () => {
  const store = open();
  const places = Array.from({ length: 1_500 }, (_, offset) => [0, offset % 3, offset] as const);
  await store.write(topicId, batchOf(...places.map(([...place]) => place)), []);
  await store.close();
  const location = `sqlite:${path}`;
  const before = await rowsOf(location, 'failed');
  expect(before).toHaveLength(places.length);
  const database = new DatabaseSync(path);
  database.exec(`
    UPDATE failed SET sequence = 1.5 WHERE "offset" = 1;
    UPDATE failed SET sequence = x'35' WHERE "offset" = 2;
    UPDATE failed SET sequence = NULL, key = NULL, digest = '' WHERE "offset" = 3;
    UPDATE failed SET sequence = -7, payload = 'a text, with commas', run = x'ff00' WHERE "offset" = 4;
    UPDATE failed SET topic_id = x'00ff' WHERE "offset" = 5;
    UPDATE failed SET partition = 'none' WHERE "offset" = 6;
    UPDATE failed SET id = 'a' || char(0) || 'b', producer = 12 WHERE "offset" = 8;
    UPDATE failed SET "offset" = 9223372036854775807 WHERE "offset" = 9`);
  database.close();
  const after = await rowsOf(location, 'failed');
  expect(after).toHaveLength(places.length);
  const at = (offset: number): unknown => after.find((row) => row.offset === offset);
  expect(at(1)).toMatchObject({ sequence: null });
  expect(at(2)).toMatchObject({ sequence: null });
  expect(at(3)).toMatchObject({ sequence: null, key: null, digest: '' });
  const text = Buffer.from('a text, with commas');
  expect(at(4)).toMatchObject({ sequence: -7, payload: text, run: '\ufffd\0' });
  expect(at(5)).toMatchObject({ topicId: '\0\ufffd' });
  expect(at(6)).toMatchObject({ partition: NaN });
  expect(at(8)).toMatchObject({ id: 'a\0b', producer: '12' });
  expect(at(2 ** 63)).toMatchObject({ id: 'p0-9' });
  const untouched = (rows: typeof before): typeof before =>
    rows.filter(({ offset }) => offset > 9 && offset < places.length).toSorted((a, b) => a.offset - b.offset);
  expect(untouched(after)).toEqual(untouched(before));
});

test('a database in UTF-16 is refused, for writing and for reading', () => {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA encoding = 'UTF-16le'; CREATE TABLE offsets (topic_id, partition, next_offset)`);
  database.close();
  const refusal = expect.objectContaining({
    code: 'unavailable',
    message: expect.stringContaining('UTF-16le'),
  });
  expect(open).toThrow(refusal);
  expect(() => openSqliteSnapshot(path)).toThrow(refusal);
});

const bytesOf = fc.option(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
const textOf = fc.option(fc.string({ unit: 'grapheme', maxLength: 12 }), { freq: 8 });
const valuesOfAny = fc.record({
  key: bytesOf,
  payload: bytesOf,
  run: textOf,
  producer: textOf,
  sequence: fc.option(fc.maxSafeInteger()),
  id: textOf,
  digest: textOf,
});

test('rows that are read in pieces equal the rows that are read one by one', async () => {
  const store = open();
  let next = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(valuesOfAny, { minLength: 15, maxLength: 30 }), async (all) => {
      const rows = all.map((values): RowValues => ({
        ...values,
        category: 0,
        partition: next % 3,
        offset: next++,
      }));
      await store.write(topicId, RowBatch.of(rows), []);
      const snapshot = openSqliteSnapshot(path);
      const inPieces = await allRows(snapshot, 'failed');
      const oneByOne = await allRows(snapshot, 'failed', next);
      await snapshot.close();
      expect(inPieces).toHaveLength(next);
      expect(inPieces).toEqual(oneByOne);
      for (const { category: _, ...written } of rows) {
        expect(inPieces.find(({ offset }) => offset === written.offset)).toMatchObject(written);
      }
    }),
    { numRuns: 60 },
  );
  // More rows than one piece holds.
  expect(next).toBeGreaterThan(512);
  await store.close();
});
