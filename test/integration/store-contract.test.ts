/** The contract of every store, on the real engines. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { openSnapshot, openStore, openStoreBeside, storeFileOf } from '../../src/stores/engines.ts';
import { FencedError, RowBatch, type Store, type StoreOptions } from '../../src/stores/store.ts';
import type { StoreSearch } from '../../src/stores/store-snapshot.ts';
import {
  batchOf,
  categories,
  deadLettersOf,
  placesOf,
  rowsOf,
  topic,
  topicId,
  valuesOf,
  allRows,
} from '../fixtures/store-batches.ts';

interface Engine {
  name: string;
  openStore: typeof openStore;
  /** The location of a new store. */
  place: () => string;
  /** Gives a store the schema version of a newer nodrop. */
  outdo: (location: string) => Promise<void>;
}

const sqlite: Engine = {
  name: 'sqlite',
  openStore,
  place: () => `sqlite:${join(mkdtempSync(join(tmpdir(), 'nodrop-store-')), 'store.sqlite')}`,
  outdo: async (location) => {
    const database = new DatabaseSync(storeFileOf(location)!);
    database.exec('PRAGMA user_version = 99');
    database.close();
  },
};

const sqliteBeside: Engine = { ...sqlite, name: 'sqlite, in a thread', openStore: openStoreBeside };

const postgres: Engine = {
  name: 'postgres',
  openStore,
  place: () => `${inject('postgres').location}?schema=t_${randomBytes(8).toString('hex')}`,
  outdo: async (location) => {
    const { href, searchParams } = new URL(location);
    const client = new Client(href.replace(/\?.*/, ''));
    await client.connect();
    await client.query(`INSERT INTO ${searchParams.get('schema')}._migrations VALUES (99)`);
    await client.end();
  },
};

process.env['PGPASSWORD'] = inject('postgres').password;

/** The names of all tables of a store. */
async function tablesOf(location: string): Promise<string[]> {
  const path = storeFileOf(location);
  if (path !== undefined) {
    const database = new DatabaseSync(path, { readOnly: true });
    const rows = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
    database.close();
    return rows.map(({ name }) => String(name));
  }
  const { href, searchParams } = new URL(location);
  const client = new Client(href.replace(/\?.*/, ''));
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p') ORDER BY relname",
    [searchParams.get('schema')],
  );
  await client.end();
  return rows.map(({ name }) => name);
}

describe.each([sqlite, sqliteBeside, postgres])('a store in $name', (engine) => {
  const { place, outdo } = engine;
  let location: string;
  let opened: Store[];
  beforeEach(() => {
    location = place();
    opened = [];
  });
  afterEach(async () => {
    for (const store of opened) await store.close();
  });

  async function open(options: Partial<StoreOptions> = {}): Promise<Store> {
    const store = await engine.openStore(location, { categories, ...options });
    opened.push(store);
    return store;
  }

  const claim = async (store: Store, ...partitions: number[]): Promise<number> => {
    const claimed = await store.claim(topic, new Map(partitions.map((partition) => [partition, 0])));
    return claimed.get(partitions[0]!)!.epoch;
  };

  test('write stores rows, dead letters and offsets, and a snapshot reads them back', async () => {
    const store = await open();
    const epoch = await claim(store, 0, 1);
    const batch = batchOf([0, 0, 0], [2, 1, 0]);
    const letter = {
      partition: 1,
      offset: 1,
      key: null,
      payload: Buffer.from('?'),
      headers: null,
      reason: 'why',
    };
    batch.deadLetters.push(letter);
    const before = Date.now();
    await store.write(topicId, batch, [
      { partition: 0, from: 0, next: 1, epoch },
      { partition: 1, from: 0, next: 2, epoch },
    ]);
    const [row] = await rowsOf(location, 'in-progress');
    expect(row).toEqual({
      category: 'in-progress',
      run: 'run-1',
      producer: 'p0',
      sequence: 0,
      id: 'p0-0',
      topicId,
      partition: 1,
      offset: 0,
      key: expect.anything(),
      payload: expect.anything(),
      digest: '00000000000000ff',
      storedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(Date.parse(row!.storedAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(row!.storedAt)).toBeLessThanOrEqual(Date.now());
    expect(await placesOf(location)).toEqual(['failed 0:0', 'in-progress 1:0']);
    const [read] = await deadLettersOf(location);
    expect(read).toMatchObject({ partition: 1, offset: 1, key: null, headers: null, reason: 'why', topicId });
    expect(Buffer.from(read!.payload!)).toEqual(letter.payload);
    const snapshot = await openSnapshot(location);
    expect(snapshot.categories).toEqual(['completed', 'failed', 'in-progress']);
    expect((await snapshot.positions(topicId)).next).toEqual(
      new Map([
        [0, 1],
        [1, 2],
      ]),
    );
    await snapshot.close();
  });

  test('any text is a category, with a table of its own that the store remembers', async () => {
    const odd = [
      'In Progress',
      'IN_PROGRESS',
      '200',
      "it's",
      'a\\b',
      '\u5931\u6557',
      'PAID',
      'Paid',
      'messages',
    ];
    odd.push('migrations', 'pg_class', 'sqlite_schema');
    const tables = new Map([['PAID', 'paid_orders']]);
    const store = await open({ categories: odd, tables });
    const epoch = await claim(store, 0);
    const batch = batchOf(...odd.map((_, index): [number, number, number] => [index, 0, index]));
    await store.write(topicId, batch, [{ partition: 0, from: 0, next: odd.length, epoch }]);
    // Also for consumers that name no table, or know other states.
    await open({ categories: odd });
    await open();
    const snapshot = await openSnapshot(location);
    expect([...snapshot.categories].sort()).toEqual([...odd, ...categories].sort());
    for (const [index, category] of odd.entries()) {
      expect(await allRows(snapshot, category), category).toMatchObject([{ category, offset: index }]);
      const places = [{ partition: 0, offset: index }];
      for await (const rows of snapshot.find(category, { topicId, places })) expect(rows.count).toBe(1);
    }
    await snapshot.close();
    expect(await tablesOf(location)).toEqual(
      expect.arrayContaining([
        'in_progress',
        'in_progress_b4cc4b07',
        'in_progress_ed1866d0',
        'state_200',
        'paid',
        'it_s',
        'a_b',
        'u5931u6557',
        'paid_orders',
        'state_messages',
        'migrations',
        'pg_class',
        'state_sqlite_schema',
      ]),
    );
  });

  test('a table that a user names for another category than the store has in it is refused, and nothing is changed', async () => {
    await open({ categories: ['in-progress', 'PAID'], tables: new Map([['PAID', 'paid_orders']]) });
    const before = await tablesOf(location);
    const refusals: [string, string, string][] = [
      ['new', 'in_progress', "has state 'in-progress' in its table in_progress"],
      ['PAID', 'paid', "has state 'PAID' in its table paid_orders"],
      ['x', 'paid_orders', "has state 'PAID' in its table paid_orders"],
    ];
    for (const [category, table, message] of refusals) {
      const options = { categories: ['y', category], tables: new Map([[category, table]]) };
      await expect(open(options)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining(message) as string,
      });
    }
    expect(await tablesOf(location)).toEqual(before);
  });

  test('a state that comes later leaves those of the store where they are, even if it looks more like their table', async () => {
    await open({ categories: ['In Progress'] });
    const lists = [
      ['in-progress', 'In Progress', 'IN_PROGRESS'],
      ['IN_PROGRESS', 'In Progress', 'in-progress'],
    ];
    for (const [index, list] of lists.entries()) {
      const store = await open({ categories: list });
      const epoch = await claim(store, 0);
      const batch = batchOf(...list.map((_, row): [number, number, number] => [row, 0, 3 * index + row]));
      await store.write(topicId, batch, [
        { partition: 0, from: 3 * index, next: 3 * index + list.length, epoch },
      ]);
    }
    const snapshot = await openSnapshot(location);
    const offsets = async (category: string): Promise<number[]> =>
      (await allRows(snapshot, category)).map(({ offset }) => offset);
    expect(await offsets('in-progress')).toEqual([0, 5]);
    expect(await offsets('In Progress')).toEqual([1, 4]);
    expect(await offsets('IN_PROGRESS')).toEqual([2, 3]);
    await snapshot.close();
    expect(await tablesOf(location)).toEqual(
      expect.arrayContaining(['in_progress', 'in_progress_ed1866d0', 'in_progress_f66dc714']),
    );
  });

  test('any bytes, texts and integers are read back unchanged', async () => {
    const values: (Buffer | null)[] = [
      null,
      Buffer.alloc(0),
      Buffer.from([0]),
      Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0, 0x80]),
      Buffer.from('\'"\\\t\n\r\\N\\.\u0001\u007f'),
      Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
      randomBytes(1 << 20),
      Buffer.alloc(300_000, 'same'),
    ];
    const texts = [null, '', '\'"\\\t\n\\N', 'ü€😀', 'x'.repeat(5_000), '\\.', '{}', 'NULL'];
    const integers = [null, 0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 7, 2 ** 53 - 1];
    const batch = new RowBatch();
    for (const [index, value] of values.entries()) {
      const text = texts[index]!;
      const bytes = { key: value, payload: values.at(-1 - index)! };
      batch.add({
        category: 0,
        partition: index === 7 ? 2 ** 31 - 1 : 0,
        offset: integers[index] ?? 5,
        ...bytes,
        run: text,
        producer: text,
        sequence: integers[index]!,
        id: text,
        digest: text,
      });
      const reason = text ?? '';
      batch.deadLetters.push({ partition: 0, offset: index, ...bytes, headers: value, reason });
    }
    const store = await open();
    await store.write(topicId, batch, []);
    const plain = (bytes: Uint8Array | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes));
    const rows = await rowsOf(location, 'failed');
    expect(rows).toHaveLength(values.length);
    for (const [index, value] of values.entries()) {
      const row = rows.find(({ offset }) => offset === batch.offset[index])!;
      expect(row).toMatchObject({ partition: batch.partition[index], sequence: integers[index], topicId });
      expect([row.run, row.producer, row.id, row.digest]).toEqual(Array(4).fill(texts[index]));
      expect(plain(row.key)).toEqual(value);
      expect(plain(row.payload)).toEqual(batch.payload(index));
    }
    const letters = await deadLettersOf(location);
    expect(letters.map(({ reason }) => reason)).toEqual(texts.map((text) => text ?? ''));
    expect(letters.map(({ key }) => plain(key))).toEqual(values);
    expect(letters.map(({ headers }) => plain(headers))).toEqual(values);
    expect(letters.map(({ payload }) => plain(payload))).toEqual(values.toReversed());
  });

  test('a claim starts at the given offset or resumes at the stored one, and raises the epoch', async () => {
    const first = await open();
    const second = await open();
    expect(
      await first.claim(
        topic,
        new Map([
          [0, 0],
          [3, 2 ** 40],
        ]),
      ),
    ).toEqual(
      new Map([
        [0, { next: 0, epoch: 1 }],
        [3, { next: 2 ** 40, epoch: 1 }],
      ]),
    );
    await first.write(topicId, batchOf([0, 0, 0]), [{ partition: 0, from: 0, next: 1, epoch: 1 }]);
    expect(
      await second.claim(
        topic,
        new Map([
          [0, 0],
          [1, 9],
        ]),
      ),
    ).toEqual(
      new Map([
        [0, { next: 1, epoch: 2 }],
        [1, { next: 9, epoch: 1 }],
      ]),
    );
    expect(await first.offsets(topicId)).toEqual(
      new Map([
        [0, { next: 1, epoch: 2 }],
        [1, { next: 9, epoch: 1 }],
        [3, { next: 2 ** 40, epoch: 1 }],
      ]),
    );
    expect(await first.claim(topic, new Map())).toEqual(new Map());
  });

  test.each([
    ['its epoch is not the latest', { from: 0, epoch: 0 }],
    ['its offset is not the stored one', { from: 1, epoch: 1 }],
  ])('a writer is fenced if %s, and no row of its batch is stored', async (_, stale) => {
    const store = await open();
    await claim(store, 0, 1);
    const batch = batchOf([1, 0, 0], [1, 1, 0]);
    batch.deadLetters.push({ partition: 1, offset: 1, key: null, payload: null, headers: null, reason: '' });
    const write = store.write(topicId, batch, [
      { partition: 0, from: 0, next: 1, epoch: 1 },
      { partition: 1, next: 2, ...stale },
    ]);
    await expect(write).rejects.toThrow(FencedError);
    await expect(write).rejects.toMatchObject({ partition: 1 });
    expect(await placesOf(location)).toEqual([]);
    expect(await deadLettersOf(location)).toEqual([]);
    const untouched = { next: 0, epoch: 1 };
    expect(await store.offsets(topicId)).toEqual(
      new Map([
        [0, untouched],
        [1, untouched],
      ]),
    );
    await store.write(topicId, batchOf([0, 0, 0]), [{ partition: 0, from: 0, next: 1, epoch: 1 }]);
    expect(await placesOf(location)).toEqual(['failed 0:0']);
  });

  test('a write to a partition without a claim is fenced', async () => {
    const store = await open();
    const write = store.write(topicId, batchOf([0, 5, 0]), [{ partition: 5, from: 0, next: 1, epoch: 1 }]);
    await expect(write).rejects.toMatchObject({ name: 'FencedError', partition: 5 });
  });

  test('if two consumers claim a partition, only the later one can write', async () => {
    const first = await open();
    const second = await open();
    const early = await claim(first, 0);
    const late = await claim(second, 0);
    const write = (store: Store, epoch: number): Promise<void> =>
      store.write(topicId, batchOf([epoch, 0, 0]), [{ partition: 0, from: 0, next: 1, epoch }]);
    await expect(write(first, early)).rejects.toThrow(FencedError);
    await write(second, late);
    expect(await placesOf(location)).toEqual(['in-progress 0:0']);
  });

  test('a row that is stored already is kept, and the other rows of its batch are stored', async () => {
    const store = await open();
    const epoch = await claim(store, 0);
    const letter = { partition: 0, key: null, payload: null, headers: null, reason: '' };
    const first = batchOf([0, 0, 5]);
    first.deadLetters.push({ ...letter, offset: 8 });
    await store.write(topicId, first, [{ partition: 0, from: 0, next: 1, epoch }]);
    const second = batchOf([0, 0, 4]);
    second.add({ ...valuesOf(0, 0, 5), payload: Buffer.from('another') });
    for (const values of [valuesOf(0, 0, 6), valuesOf(1, 0, 7), valuesOf(1, 0, 7)]) second.add(values);
    second.deadLetters.push({ ...letter, offset: 8 }, { ...letter, offset: 9 });
    await store.write(topicId, second, [{ partition: 0, from: 1, next: 10, epoch }]);
    expect(await placesOf(location)).toEqual(['completed 0:7', 'failed 0:4', 'failed 0:5', 'failed 0:6']);
    expect((await deadLettersOf(location)).map(({ offset }) => offset)).toEqual([8, 9]);
    // The row that was stored first is unchanged.
    const [, held] = await rowsOf(location, 'failed');
    expect(Buffer.from(held!.payload!)).toEqual(first.payload(0));
    expect(await store.offsets(topicId)).toEqual(new Map([[0, { next: 10, epoch }]]));
    await store.write(topicId, batchOf([0, 0, 10]), [{ partition: 0, from: 10, next: 11, epoch }]);
    expect(await placesOf(location)).toHaveLength(5);
  });

  test('several processes can open a new store at once', async () => {
    const program = join(import.meta.dirname, '..', 'fixtures', 'open-a-store.ts');
    const openElsewhere = async (): Promise<number> => {
      const { stdout } = await promisify(execFile)(process.execPath, [program, location]);
      return Number(stdout);
    };
    const epochs = await Promise.all(Array.from({ length: 4 }, openElsewhere));
    expect(epochs.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
  });

  test('opening a store with new categories adds them, and keeps those it had', async () => {
    const early = await open({ categories: ['old-state'] });
    await early.write(topicId, batchOf([0, 0, 0]), []);
    const late = await open({ categories: ['new-state', 'old-state-key'] });
    await late.write(topicId, batchOf([0, 0, 1], [1, 0, 2]), []);
    expect(await placesOf(location)).toEqual(['new-state 0:1', 'old-state 0:0', 'old-state-key 0:2']);
  });

  test('a run cannot claim a recreated topic, and another run can', async () => {
    const store = await open();
    await claim(store, 0);
    const recreated = { ...topic, topicId: 'topic-2' };
    await expect(store.claim(recreated, new Map([[0, 0]]))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/orders.*topic-1.*topic-2/),
    });
    expect(await store.offsets('topic-2')).toEqual(new Map());
    await store.claim({ ...recreated, run: 'run-2' }, new Map([[0, 0]]));
    expect(await store.offsets('topic-2')).toEqual(new Map([[0, { next: 0, epoch: 1 }]]));
  });

  test('topics in one store have separate offsets and rows', async () => {
    const store = await open();
    const other = { run: 'run-2', topic: "it's", topicId: "b'\\ü" };
    for (const each of [topic, other]) {
      await store.claim(each, new Map([[0, 0]]));
      await store.write(each.topicId, batchOf([0, 0, 0]), [{ partition: 0, from: 0, next: 1, epoch: 1 }]);
    }
    await store.write(topicId, batchOf([0, 0, 1]), [{ partition: 0, from: 1, next: 2, epoch: 1 }]);
    expect(await store.offsets(other.topicId)).toEqual(new Map([[0, { next: 1, epoch: 1 }]]));
    const rows = await rowsOf(location, 'failed');
    expect(rows.map((row) => `${row.topicId} ${row.offset}`)).toEqual([`b'\\ü 0`, 'topic-1 0', 'topic-1 1']);
  });

  test('beforeCommit is called when all rows are in the transaction and none is visible', async () => {
    let seen: string[] | undefined;
    const store = await open({
      beforeCommit: async () => {
        seen = await placesOf(location);
      },
    });
    const epoch = await claim(store, 0);
    await store.write(topicId, batchOf([0, 0, 0]), [{ partition: 0, from: 0, next: 1, epoch }]);
    expect(seen).toEqual([]);
    expect(await placesOf(location)).toEqual(['failed 0:0']);
  });

  test('if beforeCommit fails, write rejects with that error and nothing is stored', async () => {
    const trouble = new Error('no');
    const store = await open({ beforeCommit: () => Promise.reject(trouble) });
    const epoch = await claim(store, 0);
    const write = store.write(topicId, batchOf([0, 0, 0]), [{ partition: 0, from: 0, next: 1, epoch }]);
    await expect(write).rejects.toBe(trouble);
    expect(await placesOf(location)).toEqual([]);
    expect(await store.offsets(topicId)).toEqual(new Map([[0, { next: 0, epoch }]]));
  });

  test('rows are found by message and by partition and offset, and dead letters by the latter', async () => {
    const store = await open();
    await store.claim(topic, new Map([[0, 0]]));
    const rows = [0, 1, 2, 3].map((offset) => valuesOf(offset % 2, 0, offset));
    const twice = { ...valuesOf(1, 0, 4), id: "it's", run: null };
    const letter = { partition: 0, offset: 5, key: null, payload: null, headers: null, reason: 'why' };
    const moved = { ...valuesOf(0, 0, 6), id: 'p0-2' };
    const batch = RowBatch.of([...rows, twice, moved], [letter]);
    await store.write(topicId, batch, [{ partition: 0, from: 0, next: 7, epoch: 1 }]);
    const snapshot = await openSnapshot(location);
    const found = async (search: Omit<StoreSearch, 'topicId'>): Promise<string[]> => {
      const places: string[] = [];
      for (const category of ['failed', 'completed']) {
        for await (const chunk of snapshot.find(category, { topicId, ...search })) {
          for (const { id, offset } of chunk) places.push(`${category} ${id}@${offset}`);
        }
      }
      for await (const letters of snapshot.findDeadLetters({ topicId, ...search })) {
        for (const { reason, offset } of letters) places.push(`${reason}@${offset}`);
      }
      return places;
    };
    const at = (...offsets: number[]) => offsets.map((offset) => ({ partition: 0, offset }));
    const run = 'run-1';
    expect(await found({ message: { run, id: 'p0-2' }, places: [] })).toEqual([
      'failed p0-2@2',
      'failed p0-2@6',
    ]);
    expect(await found({ message: { run, id: 'p0-2' }, places: at(3, 5) })).toEqual([
      'failed p0-2@2',
      'failed p0-2@6',
      'completed p0-3@3',
      'why@5',
    ]);
    expect(await found({ places: at(4, 99) })).toEqual(["completed it's@4"]);
    for (const none of [
      { places: [] },
      { message: { run: 'run-2', id: 'p0-2' }, places: [] },
      { message: { run, id: "it's" }, places: [] },
      { places: [{ partition: 1, offset: 2 }] },
    ]) {
      expect(await found(none)).toEqual([]);
    }
    await snapshot.close();
  });

  test('a snapshot does not see rows that are written after it was opened', async () => {
    const store = await open();
    const epoch = await claim(store, 0);
    await store.write(topicId, batchOf([0, 0, 0]), [{ partition: 0, from: 0, next: 1, epoch }]);
    const snapshot = await openSnapshot(location);
    await store.write(topicId, batchOf([0, 0, 1], [1, 0, 2]), [{ partition: 0, from: 1, next: 3, epoch }]);
    expect(await allRows(snapshot, 'failed')).toHaveLength(1);
    expect(await allRows(snapshot, 'completed')).toHaveLength(0);
    expect((await snapshot.positions(topicId)).next).toEqual(new Map([[0, 1]]));
    await snapshot.close();
    expect(await placesOf(location)).toHaveLength(3);
  });

  test('rows are read in order and up to a limit, and a reader may stop early', async () => {
    const store = await open();
    const count = 3_000;
    const places = Array.from({ length: count }, (_, index): [number, number, number] => [
      0,
      index % 3,
      index,
    ]);
    await store.write(topicId, batchOf(...places.toReversed()), []);
    const order = (rows: { partition: number; offset: number }[]): number[][] =>
      rows.map(({ partition, offset }) => [partition, offset]);
    const sorted = places
      .map(([, partition, offset]) => [partition, offset])
      .toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!);
    expect(order(await rowsOf(location, 'failed'))).toEqual(sorted);
    expect(order(await rowsOf(location, 'failed', 700))).toEqual(sorted.slice(0, 700));
    expect(await rowsOf(location, 'failed', 0)).toEqual([]);
    const snapshot = await openSnapshot(location);
    for await (const rows of snapshot.rows('failed')) {
      expect(rows.count).toBeGreaterThan(0);
      break;
    }
    expect(await allRows(snapshot, 'failed')).toHaveLength(count);
    await snapshot.close();
  });

  test('a store of a newer nodrop is refused', async () => {
    await open();
    await outdo(location);
    await expect(engine.openStore(location, { categories })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('version 99'),
    });
  });

  test('openSnapshot fails if there is no store', async () => {
    await expect(openSnapshot(location)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('There is no store at'),
    });
  });
});
