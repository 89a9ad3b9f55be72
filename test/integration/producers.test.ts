/** Several producers of one run: they share one plan, and each has its own sequences and ledger. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { expect, inject, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop, start, until } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const newRun = (): { folder: RunFolder; options: string[]; dir: string } => {
  const [dir, run] = [newDir(), `m${randomUUID().slice(0, 8)}`];
  return { folder: new RunFolder(dir, run), options: [`--run=${run}`, `--dir=${dir}`, at], dir };
};

test('a run with three producers passes: they divide the messages, and send none twice', async () => {
  const { folder, options } = newRun();
  const { code, stdout, stderr } = await nodrop([
    'run',
    '--json',
    '--messages=10001',
    '--producers=3',
    ...options,
  ]);
  expect(code, stderr).toBe(0);
  const result = JSON.parse(stdout) as Result;
  expect(result).toMatchObject({ verdict: 'pass', ledger: { sent: 10_001, unsent: 0 }, notChecked: [] });
  expect(result.run.messages).toBe(10_001);
  expect(folder.readManifest()!.producers).toEqual({ p0: 3334, p1: 3334, p2: 3333 });
  for (const name of ['p0', 'p1', 'p2']) {
    expect(existsSync(folder.file(`ledger-${name}-0.bin.sha256`))).toBe(true);
  }
});

test('produce --producers prints one summary of all its producers', async () => {
  const { folder, options, dir } = newRun();
  const produced = await nodrop(['produce', '--json', '--messages=500', '--producers=2', ...options]);
  expect(produced.code, produced.stderr).toBe(0);
  expect(JSON.parse(produced.stdout)).toMatchObject({ run: folder.id, sent: 500, acked: 500 });
  const consumed = await nodrop(['consume', '--until-drained', ...options]);
  expect(consumed.code, consumed.stderr).toBe(0);
  expect((await nodropInProcess(['verify', folder.id, `--dir=${dir}`])).code).toBe(0);
  const again = await nodrop(['produce', '--producers=2', ...options]);
  expect([again.code, again.stderr]).toEqual([64, expect.stringContaining('exists already')]);
});

test('the consumer waits for every producer of the plan, and without one of them the run is inconclusive', async () => {
  const { folder, options, dir } = newRun();
  const common = ['--messages=400', '--producers=2', '--seed=1', ...options];
  const first = await nodrop(['produce', '--producer=0', ...common]);
  expect(first.code, first.stderr).toBe(0);
  const impatient = await nodrop(['consume', '--until-drained', '--timeout=2s', ...options]);
  expect([impatient.code, impatient.stderr]).toEqual([69, expect.stringContaining('not closed')]);
  const without = await nodropInProcess(['verify', folder.id, '--json', `--dir=${dir}`]);
  const { verdict, ledger } = JSON.parse(without.stdout) as Result;
  expect([verdict, ledger]).toMatchObject(['inconclusive', { sent: 200, unsent: 200 }]);

  const consumer = start(['consume', '--until-drained', ...options]);
  const second = await nodrop(['produce', '--producer=1', ...common]);
  expect(second.code, second.stderr).toBe(0);
  expect((await consumer.ended).code).toBe(0);
  const verified = await nodropInProcess(['verify', folder.id, '--rescan', '--json', `--dir=${dir}`]);
  expect(JSON.parse(verified.stdout)).toMatchObject({ verdict: 'pass', store: { rows: 400 } });
});

test('a producer other than the first waits for the first, and gives up at --timeout', async () => {
  const { folder, options } = newRun();
  const alone = start(['produce', '--producers=2', '--producer=1', '--timeout=2s', ...options]);
  await until('its ledger is there', () => existsSync(folder.file('ledger-p1-0.bin')));
  const { code, stderr } = await alone.ended;
  expect([code, stderr]).toEqual([69, expect.stringContaining('has not begun within 2000 ms')]);
  expect(existsSync(folder.file('ledger-p1-0.bin'))).toBe(false);
});

test('more producers than messages are wrong usage', async () => {
  const { options } = newRun();
  const { code, stderr } = await nodropInProcess(['run', '--messages=2', '--producers=3', ...options]);
  expect([code, stderr]).toEqual([64, expect.stringContaining('each producer needs a message')]);
});
