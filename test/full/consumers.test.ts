/** Consumers that take over from a killed one. `test/integration/consumers.test.ts` has several that live. */
import { expect, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { quickGroup } from '../fixtures/faulted-run.ts';
import { journals, newRun } from '../fixtures/new-run.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { nodrop, start, until } from '../fixtures/nodrop.ts';

test('consume --consumers prints one summary, and its consumers take over from a killed member of the group', async () => {
  const { folder, options } = newRun();
  const produced = await nodrop([
    'produce',
    '--messages=20000',
    '--batch-size=500',
    '--partitions=4',
    ...options,
  ]);
  expect(produced.code, produced.stderr).toBe(0);
  const limits = ['-X', 'max.partition.fetch.bytes=10000', ...quickGroup];
  const victim = start(['consume', '--until-drained', ...limits, ...options]);
  await until('it is at work', () => journals(folder) === 1);
  const { ended } = start(['consume', '--until-drained', '--consumers=2', '--json', ...limits, ...options]);
  await until('the others are there', () => journals(folder) === 3);
  victim.child.kill('SIGKILL');
  const { code, stdout, stderr } = await ended;
  expect(code, stderr).toBe(0);
  const summary = JSON.parse(stdout) as { stored: number; deadLetters: number };
  expect(summary).toMatchObject({ run: folder.id, deadLetters: 0 });
  expect(summary.stored).toBeLessThanOrEqual(20_000);
  const { stdout: document } = await nodropInProcess([
    'verify',
    folder.id,
    '--json',
    `--dir=${folder.path}/../..`,
  ]);
  expect(JSON.parse(document) as Result).toMatchObject({ verdict: 'pass', store: { rows: 20_000 } });
});
