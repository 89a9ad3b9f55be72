import { mkdtempSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { lockSqlite } from '../../../src/stores/sqlite/lock.ts';

test('lockSqlite waits for another writer without blocking the process', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'nodrop-lock-')), 'store.sqlite');
  const writer = new DatabaseSync(path, { timeout: 0 });
  writer.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a); BEGIN IMMEDIATE');
  const locking = lockSqlite(path, new AbortController().signal);
  const beganAtMs = performance.now();
  // A timer that fires proves that the process is not blocked.
  await sleep(300);
  expect(performance.now() - beganAtMs).toBeLessThan(2_000);
  writer.exec('COMMIT');
  const unlock = await locking;
  expect(() => writer.exec('BEGIN IMMEDIATE')).toThrow('locked');
  await unlock();
  writer.exec('BEGIN IMMEDIATE');
  writer.close();
});
