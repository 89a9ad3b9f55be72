/** The first lines of a run's summary, and its hint where to look closer. */
import { expect, test } from 'vitest';
import { noColors } from '../../../src/report/text/colours.ts';
import { summaryLines } from '../../../src/report/terminal/summary.ts';
import type { Result } from '../../../src/result/result.ts';
import type { Example, Finding } from '../../../src/result/verdict.ts';
import { driven, lost, passed } from '../results.ts';

const resultOf = (examples: Example[], seed: number | null = 7): Result => ({
  ...passed,
  verdict: 'fail',
  run: { ...passed.run, seed },
  findings: examples.length === 0 ? [] : [{ kind: 'lost', blame: 'store', count: examples.length, examples }],
});

const closer = (
  examples: Example[],
  evidence = '.nodrop/runs/demo',
  seed?: number | null,
): string | undefined =>
  summaryLines(resultOf(examples, seed), { evidence }, noColors).find((line) => line.includes('Look closer'));

test('the summary begins with the verdict, the findings, the unchecked evidence, and then the report', () => {
  const result = { ...resultOf([{ id: 'p0-17' }]), notChecked: ['The deliveries: there is no journal.'] };
  const lines = summaryLines(result, { evidence: '.nodrop/runs/demo', report: 'report.html' }, noColors);
  expect(lines.slice(0, 11)).toEqual([
    '  FAIL  1 lost (store).',
    '',
    '  finding                    blame       messages',
    '  lost                       store              1',
    '    p0-17',
    '',
    '  not checked',
    '    The deliveries: there is no journal.',
    '',
    '  Report: report.html',
    '  Look closer: nodrop explain demo p0-17',
  ]);
  const good = summaryLines(passed, { evidence: '.nodrop/runs/demo', report: 'report.html' }, noColors);
  expect(good.slice(0, 4)).toEqual([
    '  PASS  1 000 of 1 000 acknowledged messages are stored once, in the right',
    '  category, byte for byte.',
    '  Report: report.html',
    '',
  ]);
});

test('the summary counts what a rule lets pass, and marks no category as wrong for it', () => {
  const counts = { ...passed.counts, repeated: 3, superseded: 2, unrooted: 1, dropped: 4 };
  const confusion = { failed: { failed: 400 }, completed: { completed: 600 } };
  const summaryOf = (rows: number): string =>
    summaryLines(
      {
        ...passed,
        counts,
        confusion,
        store: { rows, byCategory: { failed: 400, completed: rows - 400 }, deadLetters: 0 },
      },
      { evidence: '.nodrop/runs/demo' },
      noColors,
    ).join('\n');
  expect(summaryOf(1004)).toContain(
    '1 004 rows of this run, 3 repeated, 2 superseded, 1 unrooted, 4 dropped\n',
  );
  expect(summaryOf(1004)).toContain('stored as the rules say: 3\n  repeated, 2 superseded, 4 dropped.');
  expect(summaryOf(1004)).not.toContain('✗');
  expect(summaryOf(1005)).toContain('✗');
  const others = summaryLines(passed, { evidence: '.nodrop/runs/demo' }, noColors).join('\n');
  expect(others).not.toMatch(/repeated|superseded|unrooted|dropped/);
});

test('the summary gives the explain command for the first message of the findings', () => {
  expect(closer([{ id: 'p0-17' }, { id: 'p0-18' }])).toBe('  Look closer: nodrop explain demo p0-17');
  const spaced = "  Look closer: nodrop explain --dir '/my runs' demo p0-17";
  expect(closer([{ id: 'p0-17' }], '/my runs/runs/demo')).toBe(spaced);
  const unreadable = { id: 'a record of unreadable origin at 0:9', partition: 0, offset: 9 };
  expect(closer([unreadable])).toBe('  Look closer: nodrop explain demo 0:9');
});

test('the summary gives no explain command without a message in the findings, or without a run', () => {
  for (const examples of [[], [{ partition: 0, offset: 9 }], [{ id: 'a row without id' }]]) {
    expect(closer(examples)).toBeUndefined();
  }
  expect(closer([{ id: 'a1' }], 'histories', null)).toBeUndefined();
});

test('a hop whose evidence could not be read has no count', () => {
  const hopsOf = (evidence: Result['evidence']): string[] => {
    const lines = summaryLines({ ...passed, evidence }, { evidence: 'x' }, noColors);
    const first = lines.indexOf('  hop') + 1;
    return lines.slice(first, first + 3);
  };
  const { evidence } = passed;
  expect(hopsOf(evidence)).toEqual([
    '  ledger  1 000 sent, 1 000 acknowledged',
    '  log     1 000 records of this run',
    '  store   1 000 rows of this run',
  ]);
  expect(hopsOf({ ...evidence, log: 'missing', store: 'torn' })).toEqual([
    '  ledger  1 000 sent, 1 000 acknowledged',
    '  log     not known',
    '  store   1 000 rows of this run, as far as it could be read',
  ]);
  const unread = { ...passed, evidence: { ...evidence, store: 'missing' as const } };
  const table = summaryLines(unread, { evidence: 'x' }, noColors).filter((line) =>
    line.startsWith('  failed'),
  );
  expect(table).toEqual(['  failed                400            –']);
});

test('messages of unknown outcome explain rows of a pipeline beyond those that are expected, unless a finding does', () => {
  const lineOf = (found: number, unknown = 10, findings: Finding[] = []): string | undefined => {
    const ledger = { ...driven.ledger, acked: 990, unknown };
    const [source] = driven.pipeline!.destinations;
    const pipeline = { ...driven.pipeline!, destinations: [{ ...source!, expected: 990, found }] };
    const lines = summaryLines({ ...driven, findings, ledger, pipeline }, { evidence: 'demo' }, noColors);
    return lines.find((line) => line.startsWith('  source'));
  };
  expect(lineOf(990)).toMatch(/990 +990 +✓$/);
  expect(lineOf(1_000)).toMatch(/990 +1 000 +✓$/);
  expect(lineOf(1_000, 10, [{ ...lost, kind: 'duplicated', hop: 'source' }])).toMatch(/✗$/);
  expect(lineOf(991, 0)).toMatch(/✗$/);
  expect(lineOf(989)).toMatch(/✗$/);
  // One message may be lost, and another doubled.
  expect(lineOf(990, 0, [{ ...lost, count: 1, hop: 'source' }])).toMatch(/✗$/);
});
