/** Runs whose store is locked or whose disk is full to the end: they are inconclusive, and a second consume completes them. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { expect, inject, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop, program, start, until } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const newRun = (): string => `b${randomUUID().slice(0, 8)}`;

test('a locked store makes a run inconclusive, and a second consume completes the run', async () => {
  const dir = newDir();
  const run = newRun();
  const store = join(dir, 'locked.sqlite');
  const options = [`--run=${run}`, `--dir=${dir}`, `--store=sqlite:${store}`, at];
  // This consumer creates the tables, so that only the writing of rows meets the lock.
  const idle = start(['consume', ...options]);
  await until('the consumer has made its tables', () => existsSync(store) && hasTables(store));
  idle.child.kill('SIGTERM');
  expect((await idle.ended).code).toBe(143);
  const locker = new DatabaseSync(store);
  locker.exec('BEGIN IMMEDIATE');
  const { code, stdout, stderr } = await nodrop([
    'run',
    '--json',
    '--messages=80',
    '--timeout=2s',
    '--store-timeout=2s',
    '--keep-topic',
    ...options,
  ]);
  locker.exec('ROLLBACK');
  locker.close();
  expect(code, stderr).toBe(2);
  const result = JSON.parse(stdout) as Result;
  expect(result).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(result.notChecked.join(' ')).toContain('locked');
  const again = await nodrop(['consume', '--until-drained', ...options]);
  expect(again, again.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('80 rows') });
  expect((await nodropInProcess(['verify', run, `--dir=${dir}`])).code).toBe(0);
});

function hasTables(store: string): boolean {
  // This connection waits, since the consumer locks the whole file until it has a write-ahead log.
  const database = new DatabaseSync(store, { readOnly: true, timeout: 5_000 });
  const { count } = database
    .prepare("SELECT count(*) AS count FROM sqlite_schema WHERE type = 'view'")
    .get() as { count: number };
  database.close();
  return count === 1;
}

test('a full disk makes a run inconclusive, and a second consume completes the run', async () => {
  const dir = newDir();
  const run = newRun();
  const options = [`--run=${run}`, `--dir=${dir}`, at];
  const produced = await nodrop(['produce', '--messages=2000', '--payload-bytes=500', ...options]);
  expect(produced.code, produced.stderr).toBe(0);
  // A limit on file sizes (in blocks of 512 bytes) stands for a full disk.
  const limited = spawn('sh', [
    '-c',
    'ulimit -f 400; exec "$@"',
    'sh',
    process.execPath,
    program,
    'consume',
    '--until-drained',
    '--store-timeout=1s',
    ...options,
  ]);
  const [stderr, [code]] = (await Promise.all([text(limited.stderr), once(limited, 'close')])) as [
    string,
    [number],
  ];
  expect([code, stderr]).toEqual([69, expect.stringContaining('store.sqlite')]);
  const before = await nodropInProcess(['verify', run, '--json', `--dir=${dir}`]);
  expect([before.code, (JSON.parse(before.stdout) as Result).findings]).toEqual([2, []]);
  const again = await nodrop(['consume', '--until-drained', ...options]);
  expect(again.code, again.stderr).toBe(0);
  const after = await nodropInProcess(['verify', run, '--json', `--dir=${dir}`]);
  expect(JSON.parse(after.stdout)).toMatchObject({ verdict: 'pass', store: { rows: 2000 } });
});
