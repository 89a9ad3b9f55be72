/** What the summary of a run ends with where something was found. */
import { expect, test } from 'vitest';
import { noColors } from '../../src/report/palette.ts';
import { summaryLines } from '../../src/report/summary.ts';
import type { Result } from '../../src/result.ts';
import type { Example } from '../../src/verdict.ts';
import { passed } from './results.ts';

const resultOf = (examples: Example[], seed: number | null = 7): Result => ({
  ...passed,
  verdict: 'fail',
  run: { ...passed.run, seed },
  findings: examples.length === 0 ? [] : [{ kind: 'lost', blame: 'store', count: examples.length, examples }],
});

const lastLine = (examples: Example[], evidence = '.nodrop/runs/demo', seed?: number | null): string =>
  summaryLines(resultOf(examples, seed), { evidence }, noColors).at(-1)!;

test('it says how to look closer at the first message that was found', () => {
  expect(lastLine([{ id: 'p0-17' }, { id: 'p0-18' }])).toBe('  Look closer: nodrop explain demo p0-17');
  const spaced = "  Look closer: nodrop explain --dir '/my runs' demo p0-17";
  expect(lastLine([{ id: 'p0-17' }], '/my runs/runs/demo')).toBe(spaced);
  const unreadable = { id: 'a record of unreadable origin at 0:9', partition: 0, offset: 9 };
  expect(lastLine([unreadable])).toBe('  Look closer: nodrop explain demo 0:9');
});

test('it says nothing of that where there is no message to name, or no run to find it in', () => {
  for (const examples of [[], [{ partition: 0, offset: 9 }], [{ id: 'a row without id' }]]) {
    expect(lastLine(examples)).toMatch(/^ {2}Time:/);
  }
  expect(lastLine([{ id: 'a1' }], 'histories', null)).toMatch(/^ {2}Time:/);
});
