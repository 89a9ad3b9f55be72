import { expect, test } from 'vitest';
import { WriteBehind, type Write } from '../../../src/pipeline/consumer/write-behind.ts';
import { RowBatch } from '../../../src/stores/store.ts';

const write: Write = { batch: new RowBatch(), advances: [], commits: [] };
const never = new Promise<never>(() => undefined);

test('a write is busy until end() is awaited, which returns it once', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const behind = new WriteBehind({ write: () => promise });
  expect(await behind.end()).toBeUndefined();
  behind.begin('topic', write);
  expect(behind.isBusy).toBe(true);
  resolve();
  expect(await behind.end()).toBe(write);
  expect(behind.isBusy).toBe(false);
  expect(await behind.end()).toBeUndefined();
});

test('the error of a write is thrown by end(), and not before', async () => {
  const behind = new WriteBehind({ write: () => Promise.reject(new Error('no')) });
  behind.begin('topic', write);
  expect(await behind.isOverBefore(never)).toBe(true);
  await expect(behind.end()).rejects.toThrow('no');
  expect(behind.isBusy).toBe(false);
});

test('isOverBefore tells whether the write ends before the fetch, even if the fetch fails', async () => {
  const behind = new WriteBehind({ write: () => never });
  expect(await behind.isOverBefore(never)).toBe(true);
  behind.begin('topic', write);
  expect(await behind.isOverBefore(Promise.resolve())).toBe(false);
  expect(await behind.isOverBefore(Promise.reject(new Error('no')))).toBe(false);
  expect(await new WriteBehind({ write: () => Promise.resolve() }).isOverBefore(undefined)).toBe(true);
});
