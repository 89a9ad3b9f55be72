/** Defects and crashes that `test/integration/sabotage.test.ts` leaves out, since they take longer. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { quickGroup } from '../fixtures/faulted-run.ts';
import { newRun } from '../fixtures/new-run.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { nodrop, start, until } from '../fixtures/nodrop.ts';
import { evidenceOf, found, runWith } from '../fixtures/sabotaged-run.ts';

test('a poison record without a dead letter is a loss, blamed on the consumer', async () => {
  const poison = ['--rate=400', '--messages=1200', '--fault=poison@1s'];
  const { code, result, stderr } = await runWith('drop-dead-letter:3', ...poison);
  expect(code, stderr).toBe(1);
  expect(found(result)).toEqual(['lost consumer 1']);
  expect(result.findings[0]!.examples[0]!.detail).toBe('published by poison@1s; it is no dead letter');
  expect(result.faults).toMatchObject([{ tookEffect: true }]);
});

test('after a consumer was killed the journals are whole, and include the records that were delivered twice', async () => {
  const { dir, run, options } = newRun();
  const produced = await nodrop(['produce', '--messages=20000', ...options]);
  expect(produced.code, produced.stderr).toBe(0);
  const limits = ['-X', 'fetch.max.bytes=20000', '-X', 'max.partition.fetch.bytes=5000'];
  const killed = start(['consume', '--until-drained', ...limits, ...quickGroup, ...options]);
  const journal = join(dir, 'runs', run, 'journal-1.bin');
  await until('it is at work', () => (statSync(journal, { throwIfNoEntry: false })?.size ?? 0) > 2000);
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(existsSync(`${journal}.sha256`)).toBe(false);
  const again = await nodrop(['consume', '--until-drained', ...options]);
  expect(again.code, again.stderr).toBe(0);
  const { code, stdout } = await nodropInProcess(['verify', run, '--json', `--dir=${dir}`]);
  const result = JSON.parse(stdout) as Result;
  expect([code, result]).toMatchObject([0, { verdict: 'pass', findings: [] }]);
  // If the kill came between a commit and its entry in the journal, that write alone is in doubt.
  const doubt =
    /^The evidence of the consumer's writes is not whole: no journal says that .* was written, or not/;
  expect(result.notChecked.filter((sentence) => !doubt.test(sentence))).toEqual([]);
  const { deliveries, delivered } = await evidenceOf({ dir, run });
  expect(deliveries.problem).toBe('');
  expect(deliveries.whole).toBe(true);
  expect(delivered).toBeGreaterThanOrEqual(20_000);
});
