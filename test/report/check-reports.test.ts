/** The reports of a check: each says from which root, in which sink and over which range. */
import { describe, expect, test } from 'vitest';
import { checksOf } from '../../src/report/ci/checks.ts';
import { githubLines } from '../../src/report/ci/github.ts';
import { junitText } from '../../src/report/ci/junit.ts';
import { summaryLines } from '../../src/report/terminal/summary.ts';
import { noColors } from '../../src/report/text/colours.ts';
import { rangesText } from '../../src/report/text/check-words.ts';
import type { CheckSummary, Result } from '../../src/result/result.ts';
import { passed } from './results.ts';

const summary: CheckSummary = {
  sink: 'postgres://127.0.0.1:5432/shop',
  sinks: [{ label: '1', name: 'postgres://127.0.0.1:5432/shop' }],
  rows: 'rows',
  records: 1000,
  rule: 'once',
  id: 'header:event-id',
  sinkId: 'column:event_id',
  category: 'json:status',
  forms: { id: 'as texts, byte for byte', 'json:amount=column:amount': 'as numbers' },
  isWholeLife: true,
  looks: 1,
  sampled: null,
  ranges: [
    { topic: 'orders', partition: 0, from: 0, to: 600 },
    { topic: 'orders', partition: 1, from: 20, to: 420 },
  ],
};
const checked: Result = {
  ...passed,
  root: 'log',
  provenance: { log: 'read', store: 'read' },
  check: summary,
  run: { id: 'shop', seed: null, topic: 'orders', messages: 1000, batchSize: null },
  store: { rows: 1000, byCategory: { paid: 400, open: 600, '(none)': 0 }, deadLetters: 0 },
  confusion: { paid: { paid: 400 }, open: { open: 600 } },
  timings: { ...passed.timings, readMs: 1_200, auditMs: 300, totalMs: 1_900 },
};
const failed: Result = {
  ...checked,
  verdict: 'fail',
  findings: [
    {
      kind: 'lost',
      blame: 'consumer',
      count: 2,
      examples: [{ id: "it's-1", state: 'paid', partition: 1, offset: 59, detail: 'not in the store' }],
    },
  ],
};
const linesOf = (result: Result): string[] =>
  summaryLines(result, { evidence: '.nodrop/runs/shop' }, noColors);
const foreign = /acknowledg|ledger|\bsent\b|produce|dead letter|dead-letters|\(none\)|seed|byte for byte/;

describe('the summary', () => {
  test('of a pass says what was read, and nothing of what a check does not see', () => {
    const text = linesOf(checked).join('\n');
    expect(text).toContain('PASS  From the topic on: 1 000 of 1 000 records of orders are in');
    expect(text).toMatch(/topic +1 000 records/);
    expect(text).toMatch(/sink +1 000 rows/);
    expect(text).toMatch(/root +the topic: nothing before it was looked at/);
    expect(text).toMatch(/range +orders 0:0-599, 1:20-419/);
    expect(text).toMatch(/provenance +topic and sink were read by nodrop/);
    expect(text).toContain('Time: read 1.2 s, judge 0.3 s, total 1.9 s');
    expect(text).toMatch(/paid +400 +400 +✓/);
    expect(text).not.toMatch(foreign);
  });

  test('counts declared drops and superseded records apart: they are not in the sink', () => {
    const counts = { ...checked.counts, dropped: 30, superseded: 1 };
    const text = linesOf({ ...checked, counts })
      .join(' ')
      .replaceAll(/\s+/g, ' ');
    expect(text).toContain(
      '1 000 of 1 000 records of orders are right: 969 are in postgres://127.0.0.1:5432/shop once, 30 are declared drops, 1 is superseded.',
    );
  });

  test('of several sinks speaks of rows that were expected, and names the sink of each finding', () => {
    const sinks = ['a', 'b'].map((label) => ({ label, name: `file:${label}.csv` }));
    const two = { ...summary, sink: 'file:a.csv, file:b.csv', sinks, records: 500 };
    const lost = {
      ...failed.findings[0]!,
      examples: [{ id: 'order-1', sink: 'b', partition: 0, offset: 1 }],
    };
    const text = linesOf({ ...failed, check: two, findings: [lost] }).join('\n');
    expect(text.replaceAll(/\s+/g, ' ')).toContain('of 1 000 expected rows of orders are right');
    expect(text).toMatch(/topic +500 records/);
    expect(text).toMatch(/sinks +a: file:a.csv, b: file:b.csv/);
    expect(text).toContain('order-1 at 0:1 in sink b');
  });

  test('leaves the categories out if they are not compared', () => {
    const { category: _, ...plain } = summary;
    const text = linesOf({ ...checked, check: plain }).join('\n');
    expect(text).not.toContain('category');
  });

  test('of a failure names an id as a shell takes it, and who is meant by the blame', () => {
    const text = linesOf(failed).join('\n');
    expect(text).toContain(`Look closer: nodrop explain shop 'it'\\''s-1'`);
    expect(text).toContain('consumer stands for all between topic and sink');
    const dashed = { ...failed.findings[0]!, examples: [{ id: '-5' }] };
    expect(linesOf({ ...failed, findings: [dashed] }).join('\n')).toContain('nodrop explain shop -- -5');
  });

  test('has 80 columns at most', () => {
    const commits = { ...checked, check: { ...summary, group: 'a-group-with-a-long-name' } };
    const long: Result = { ...commits, provenance: { log: 'read', store: 'reported', commits: 'reported' } };
    for (const line of [...linesOf(failed), ...linesOf(long)]) expect(line.length).toBeLessThanOrEqual(80);
  });
});

test('JUnit has root, sink, range and provenance as properties, and a case for each kind that a check knows', () => {
  const text = junitText(failed);
  expect(text).toContain('name="root" value="log: from the topic on"');
  expect(text).toContain('name="sink" value="postgres://127.0.0.1:5432/shop"');
  expect(text).toContain('name="range" value="orders 0:0-599, 1:20-419"');
  expect(text).toContain('name="provenance"');
  expect(text).not.toContain('torn-transaction');
  expect(text).not.toContain('reordered');
});

test('what was not compared is skipped, and not passed', () => {
  const { category: _, ...plain } = { ...summary, forms: { id: 'as texts' }, isWholeLife: false };
  const states = new Map(checksOf({ ...checked, check: plain }).map(({ name, state }) => [name, state]));
  for (const kind of ['misclassified', 'corrupted', 'phantom']) expect(states.get(kind)).toBe('skipped');
  expect(states.get('lost')).toBe('passed');
  const sorted = { ...summary, forms: { id: 'as texts', category: 'as texts' } };
  const some = new Map(checksOf({ ...checked, check: sorted }).map(({ name, state }) => [name, state]));
  expect([some.get('misclassified'), some.get('corrupted')]).toEqual(['passed', 'skipped']);
  const all = new Map(checksOf(checked).map(({ name, state }) => [name, state]));
  for (const kind of ['misclassified', 'corrupted', 'phantom']) expect(all.get(kind)).toBe('passed');
});

test('the last annotation on GitHub names root, sink, range and provenance', () => {
  const last = githubLines(failed).at(-1)!;
  expect(last).toContain('From the topic on');
  expect(last).toContain('postgres://127.0.0.1:5432/shop');
  expect(last).toContain('orders 0:0-599, 1:20-419');
  expect(last).toContain('topic and sink were read by nodrop');
});

test('a range of many partitions is shortened, and an empty one is said to be empty', () => {
  const ranges = Array.from({ length: 12 }, (_, partition) => ({
    topic: 'orders',
    partition,
    from: 5,
    to: partition === 1 ? 5 : 9,
  }));
  expect(rangesText({ ...summary, ranges })).toBe('orders 0:5-8, 1: nothing, 2:5-8 and 9 more partitions');
});
