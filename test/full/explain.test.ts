/** `nodrop explain` on runs with a killed consumer and with poison. `test/integration/explain.test.ts` has the other runs. */
import { expect, test } from 'vitest';
import { explain, linesOf, only } from '../fixtures/explained.ts';
import { quickGroup } from '../fixtures/faulted-run.ts';
import { newRun } from '../fixtures/new-run.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { nodrop, startUpTo } from '../fixtures/nodrop.ts';

test('the timeline of a message that was delivered twice shows both deliveries, each with its consumer', async () => {
  const { dir, run, options } = newRun();
  const produced = await nodrop(['produce', '--messages=60', '--partitions=1', ...options]);
  expect(produced.code, produced.stderr).toBe(0);
  const victim = startUpTo('before-store-commit', 1, [
    'consume',
    '--until-drained',
    ...quickGroup,
    ...options,
  ]);
  await victim.reached;
  victim.child.kill('SIGKILL');
  await victim.ended;
  const again = await nodrop(['consume', '--until-drained', ...options]);
  expect(again.code, again.stderr).toBe(0);
  // The run has no audit yet: explain audits it without a scan, and writes no result.
  const unscanned = await explain({ dir, run }, 'p0-3');
  expect(only(unscanned, 'log')).toEqual([
    { hop: 'log', time: null, missing: 'the topic was not scanned to its end' },
  ]);
  expect(unscanned).toMatchObject({ findings: [], audit: { verdict: 'inconclusive' } });
  await nodropInProcess(['verify', run, `--dir=${dir}`]);
  const timeline = await explain({ dir, run }, 'p0-3');
  expect(only(timeline, 'delivery')).toMatchObject([
    { consumer: 1, count: 1 },
    { consumer: 2, count: 2 },
  ]);
  expect(only(timeline, 'written')).toMatchObject([{ consumer: 2 }]);
  expect(timeline).toMatchObject({ asExpected: true, findings: [] });
});

test('a dead letter is found by its partition and offset, and explained with its reason', async () => {
  const { dir, run, options } = newRun();
  const poisoned = ['--rate=400', '--messages=1200', '--fault=poison@1s', '--keep-topic'];
  const { code, stderr } = await nodrop(['run', ...poisoned, ...options]);
  expect(code, stderr).toBe(0);
  const { stdout } = await nodropInProcess(['messages', run, '--dead-letters', '--json', `--dir=${dir}`]);
  const letter = JSON.parse(stdout.split('\n')[0]!) as { partition: number; offset: number; reason: string };
  const place = `${letter.partition}:${letter.offset}`;
  const timeline = await explain({ dir, run }, place);
  expect(timeline).toMatchObject({ id: place, expected: null, findings: [], asExpected: true });
  expect(only(timeline, 'log')).toMatchObject([{ id: null, differs: null }]);
  expect(only(timeline, 'written')).toMatchObject([{ category: 'dead-letters' }]);
  expect(only(timeline, 'dead-letter')).toMatchObject([{ reason: letter.reason }]);
  expect(await linesOf({ dir, run }, place)).toContain('  The run has no known message at this position.');
});
