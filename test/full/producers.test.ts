/** Several producers of one run by hand. `test/integration/producers.test.ts` has those that `run` starts. */
import { expect, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { newRun } from '../fixtures/new-run.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { nodrop, start } from '../fixtures/nodrop.ts';

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
