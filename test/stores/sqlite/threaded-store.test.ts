/** Properties that a thread adds to an SQLite store: shared memory, and a thread that ends. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, test } from 'vitest';
import { openThreadedStore } from '../../../src/stores/sqlite/threaded-store.ts';
import { RowBatch, StoreOutageError } from '../../../src/stores/store.ts';
import {
  batchOf,
  categories,
  deadLettersOf,
  placesOf,
  topic,
  topicId,
} from '../../fixtures/store-batches.ts';

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'nodrop-store-')), 'store.sqlite');
});

test('a write to a locked store throws an outage error, and works again after the lock', async () => {
  const store = await openThreadedStore(path, { categories });
  await store.claim(topic, new Map([[0, 0]]));
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const write = (): Promise<void> =>
    store.write(topicId, batchOf([0, 0, 0]), [{ partition: 0, from: 0, next: 1, epoch: 1 }]);
  await expect(write()).rejects.toBeInstanceOf(StoreOutageError);
  other.exec('ROLLBACK');
  other.close();
  await write();
  expect(await placesOf(`sqlite:${path}`)).toEqual(['failed 0:0']);
  await store.close();
});

test('a batch can be filled again after its write, and a dead letter is stored without the bytes around it', async () => {
  const store = await openThreadedStore(path, { categories });
  const batch = new RowBatch();
  const fetched = Buffer.from('beside payload beside');
  for (let round = 0; round < 3; round++) {
    batch.clear();
    for (const values of batchOf([round, 0, round]).allValues()) batch.add(values);
    const payload = fetched.subarray(7, 14);
    batch.deadLetters.push({ partition: 1, offset: round, key: null, payload, headers: null, reason: 'why' });
    await store.write(topicId, batch, []);
  }
  await store.close();
  expect(await placesOf(`sqlite:${path}`)).toEqual(['completed 0:1', 'failed 0:0', 'in-progress 0:2']);
  const letters = await deadLettersOf(`sqlite:${path}`);
  expect(letters.map(({ payload }) => Buffer.from(payload!).toString())).toEqual(Array(3).fill('payload'));
});

test('calls to a store whose thread has ended fail with an error that says so', async () => {
  const store = await openThreadedStore(path, { categories });
  await store.close();
  await expect(store.offsets(topicId)).rejects.toThrow('the thread store-thread has ended');
  await store.close();
});

test('an unexpected error in the thread fails one write, and the next one works', async () => {
  const store = await openThreadedStore(path, { categories });
  const unanswerable = { share: () => ({ columns: 'no memory' }) } as unknown as RowBatch;
  await expect(store.write(topicId, unanswerable, [])).rejects.toThrow(/./);
  await store.write(topicId, batchOf([0, 0, 0]), []);
  await store.close();
});

test('a store that cannot be opened is unavailable', async () => {
  const missing = join(path, '..', 'missing', 'store.sqlite');
  await expect(openThreadedStore(missing, { categories })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(missing),
  });
});
