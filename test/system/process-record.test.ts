import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { endLeftover, leftoverProcess, recordProcess } from '../../src/system/process-record.ts';
import { spawnSupervised, type Supervised } from '../../src/system/supervise.ts';

let dir: string;
let child: Supervised;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodrop-test-'));
  child = await spawnSupervised('sleep', ['60'], { output: 'pipe' });
  child.output!.resume();
});
afterEach(async () => {
  await child.end(0);
  await rm(dir, { recursive: true, force: true });
});

test('a recorded process is found and ended', async () => {
  await recordProcess(dir, child.pid, 'sleep 60');
  expect(await leftoverProcess(dir)).toBe(child.pid);
  expect(await endLeftover(dir)).toBe(true);
  expect(await child.exited).toBe(137);
  expect(await leftoverProcess(dir)).toBeUndefined();
  expect(await endLeftover(dir)).toBe(false);
});

test('another process with the recorded id is not ended', async () => {
  const file = join(dir, 'process.json');
  await recordProcess(dir, child.pid, 'sleep 60');
  const record = JSON.parse(await readFile(file, 'utf8'));
  for (const other of [{ startedAt: '1' }, { marker: 'kafka' }]) {
    await writeFile(file, JSON.stringify({ ...record, ...other }));
    expect(await endLeftover(dir)).toBe(false);
  }
  process.kill(child.pid, 0);
});

test('without a record, or with a truncated one, there is no leftover process', async () => {
  expect(await leftoverProcess(dir)).toBeUndefined();
  await writeFile(join(dir, 'process.json'), '{"pid":');
  expect(await leftoverProcess(dir)).toBeUndefined();
});
