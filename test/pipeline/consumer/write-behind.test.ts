import { expect, test } from 'vitest';
import { WriteBehind, type Write } from '../../../src/pipeline/consumer/write-behind.ts';
import { RowBatch } from '../../../src/stores/store.ts';

const write: Write = { batch: new RowBatch(), advances: [], commits: [] };
const never = new Promise<never>(() => undefined);

test('a write is under way until it is waited for, and returned once', async () => {
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

test('what the store throws is met by whoever waits, and by nobody before', async () => {
  const behind = new WriteBehind({ write: () => Promise.reject(new Error('no')) });
  behind.begin('topic', write);
  expect(await behind.isOverBefore(never)).toBe(true);
  await expect(behind.end()).rejects.toThrow('no');
  expect(behind.isBusy).toBe(false);
});

test('whichever is over first, the write or the fetch, even where that fails', async () => {
  const behind = new WriteBehind({ write: () => never });
  expect(await behind.isOverBefore(never)).toBe(true);
  behind.begin('topic', write);
  expect(await behind.isOverBefore(Promise.resolve())).toBe(false);
  expect(await behind.isOverBefore(Promise.reject(new Error('no')))).toBe(false);
  expect(await new WriteBehind({ write: () => Promise.resolve() }).isOverBefore(undefined)).toBe(true);
});
