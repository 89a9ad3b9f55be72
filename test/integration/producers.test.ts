/** Several producers of one run: they share one plan, and each has its own sequences and ledger. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { newRun } from '../fixtures/new-run.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { nodrop, start, until } from '../fixtures/nodrop.ts';

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
