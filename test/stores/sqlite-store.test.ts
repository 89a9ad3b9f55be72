import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, test } from 'vitest';
import { openSqliteSnapshot } from '../../src/stores/sqlite-snapshot.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';
import { RowBatch, StaleOffsetError, type Store } from '../../src/stores/store.ts';

const topicId = 'topic-1';
const categories = ['failed', 'completed', 'in-progress'];

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'nodrop-store-')), 'store.sqlite');
});

const open = (busyTimeoutMs = 100): Store => openSqliteStore({ path, categories, busyTimeoutMs });

function batchOf(...rows: [category: number, partition: number, offset: number][]): RowBatch {
  const batch = new RowBatch();
  for (const [category, partition, offset] of rows) {
    batch.category.push(category);
    batch.partition.push(partition);
    batch.offset.push(offset);
    batch.key.push(Buffer.from('key'));
    batch.payload.push(Buffer.from([0, 255, 10]));
    batch.run.push('r');
    batch.producer.push('p0');
    batch.sequence.push(offset);
    batch.id.push(`p0-${offset}`);
    batch.digest.push('00000000000000ff');
  }
  return batch;
}

function rowsOf(category: string): unknown[] {
  const snapshot = openSqliteSnapshot(path);
  try {
    return [...snapshot.rows(category)].map(({ partition, offset }) => `${partition}:${offset}`);
  } finally {
    snapshot.close();
  }
}

test('rows, dead letters and offsets go in together and are read back as they were', async () => {
  const store = open();
  const batch = batchOf([0, 0, 0], [2, 1, 5]);
  const letter = {
    partition: 1,
    offset: 6,
    key: null,
    payload: Buffer.from('?'),
    headers: null,
    reason: 'why',
  };
  batch.deadLetters.push(letter);
  await store.write(topicId, batch, [
    { partition: 0, from: undefined, next: 1 },
    { partition: 1, from: undefined, next: 7 },
  ]);
  expect(await store.positions(topicId)).toEqual(
    new Map([
      [0, 1],
      [1, 7],
    ]),
  );
  expect(await store.positions('another')).toEqual(new Map());
  await store.close();

  const snapshot = openSqliteSnapshot(path);
  expect(snapshot.categories).toEqual(['completed', 'failed', 'in-progress']);
  const [row] = [...snapshot.rows('in-progress')];
  expect(row).toMatchObject({
    category: 'in-progress',
    run: 'r',
    producer: 'p0',
    sequence: 5,
    id: 'p0-5',
    topicId,
  });
  expect(Buffer.from(row!.payload!)).toEqual(Buffer.from([0, 255, 10]));
  const [read] = [...snapshot.deadLetters()];
  expect(read).toMatchObject({ partition: 1, offset: 6, reason: 'why', topicId });
  snapshot.close();
});

test('of two writers of one partition one is refused, and nothing of its batch stays', async () => {
  const first = open();
  const second = open();
  await first.write(topicId, batchOf([0, 0, 0]), [{ partition: 0, from: undefined, next: 1 }]);
  const late = second.write(topicId, batchOf([1, 0, 0], [1, 1, 0]), [
    { partition: 1, from: undefined, next: 1 },
    { partition: 0, from: undefined, next: 1 },
  ]);
  await expect(late).rejects.toThrow(StaleOffsetError);
  const stale = second.write(topicId, batchOf([1, 0, 1]), [{ partition: 0, from: 0, next: 2 }]);
  await expect(stale).rejects.toThrow(StaleOffsetError);
  expect(rowsOf('completed')).toEqual([]);
  expect(await first.positions(topicId)).toEqual(new Map([[0, 1]]));
  await first.close();
  await second.close();
});

test('a locked store is unavailable after the time to wait, and works again afterwards', async () => {
  const store = open();
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const write = (): Promise<void> =>
    store.write(topicId, batchOf([0, 0, 0]), [{ partition: 0, from: undefined, next: 1 }]);
  await expect(write()).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('locked'),
  });
  other.exec('ROLLBACK');
  await write();
  expect(rowsOf('failed')).toEqual(['0:0']);
  other.close();
  await store.close();
});

test('a file that is no database, and a folder that is not there, are unavailable', () => {
  path = join(path, '..', 'missing', 'store.sqlite');
  expect(() => open()).toThrow(expect.objectContaining({ code: 'unavailable' }));
  expect(() => openSqliteSnapshot(path)).toThrow(expect.objectContaining({ code: 'unavailable' }));
});

test('the store is for its owner alone', async () => {
  await open().close();
  expect(statSync(path).mode & 0o077).toBe(0);
});

test('a store that knew other states keeps their tables', async () => {
  const store = openSqliteStore({ path, categories: ['old-state'], busyTimeoutMs: 100 });
  await store.write(topicId, batchOf([0, 0, 0]), [{ partition: 0, from: undefined, next: 1 }]);
  await store.close();
  await open().close();
  expect(rowsOf('old-state')).toEqual(['0:0']);
  const database = new DatabaseSync(path);
  expect(database.prepare('SELECT category, id FROM messages').all()).toEqual([
    { category: 'old-state', id: 'p0-0' },
  ]);
  database.close();
});
