/** What the summary of a run ends with where something was found. */
import { expect, test } from 'vitest';
import type { Palette } from '../../src/report/palette.ts';
import { summaryLines } from '../../src/report/summary.ts';
import { noMeasurements, noTimings, type Result } from '../../src/result.ts';
import type { Example } from '../../src/verdict.ts';

const as = (text: string): string => text;
const plain: Palette = { good: as, bad: as, doubtful: as, strong: as, faint: as };

const resultOf = (examples: Example[], seed: number | null = 7): Result => ({
  schema: 1,
  verdict: 'fail',
  run: { id: 'demo', seed, topic: 'nodrop-demo', messages: 1, batchSize: 1 },
  ledger: { sent: 1, acked: 1, rejected: 0, unknown: 0, unsent: 0 },
  log: { records: 1 },
  store: { rows: 0, byCategory: {}, deadLetters: 0 },
  counts: {
    redelivered: null,
    foreign: 0,
    rejected: 0,
    unsent: 0,
    unknownWritten: 0,
    unknownNotWritten: 0,
    refusedWrites: null,
  },
  confusion: {},
  findings: examples.length === 0 ? [] : [{ kind: 'lost', blame: 'store', count: examples.length, examples }],
  notChecked: [],
  allowed: [],
  faults: [],
  ...noMeasurements(),
  timings: noTimings(),
  thresholds: [],
  environment: { kafka: null, client: '', node: '', java: null },
});

const lastLine = (examples: Example[], evidence = '.nodrop/runs/demo', seed?: number | null): string =>
  summaryLines(resultOf(examples, seed), evidence, plain).at(-1)!;

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
