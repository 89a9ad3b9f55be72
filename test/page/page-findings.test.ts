/** The choice of findings if a page cannot hold all: no kind hides another. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pageFindings } from '../../src/page/page-findings.ts';
import type { Finding, SingleFinding } from '../../src/result/verdict.ts';

function fileOf(findings: readonly (SingleFinding | string)[]): string {
  const path = join(mkdtempSync(join(tmpdir(), 'nodrop-findings-')), 'findings.jsonl');
  const lines = findings.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

const lostAt = (offset: number, partition = offset % 3): SingleFinding => ({
  kind: 'lost',
  blame: 'store',
  id: `p0-${offset}`,
  partition,
  offset,
  detail: 'not in the store',
});
const rare = (sequence: number): SingleFinding => ({
  kind: 'misclassified',
  blame: 'store',
  id: `p0-${sequence}`,
  partition: 1,
  offset: sequence,
});
const foundOf = (examples: SingleFinding[], count: number): Finding[] => [
  {
    kind: examples[0]!.kind,
    blame: examples[0]!.blame,
    count,
    examples: examples.map(({ kind: _kind, blame: _blame, ...example }) => example),
  },
];

test('the page holds all findings of a rare kind or partition, even if they come last in a long file', async () => {
  const many = Array.from({ length: 8_000 }, (_, offset) => lostAt(offset));
  const late = Array.from({ length: 63 }, (_, index) => rare(90_000 + index));
  const findings = await pageFindings(fileOf([...many, lostAt(7, 9), ...late]), [
    ...foundOf(many.slice(0, 10), 8_001),
    ...foundOf(late.slice(0, 10), 63),
  ]);
  expect(findings.length).toBeLessThanOrEqual(1_000);
  expect(findings.length).toBeGreaterThan(950);
  expect(findings.filter(({ kind }) => kind === 'misclassified')).toEqual(late);
  expect(findings).toContainEqual(lostAt(7, 9));
  const [first, second, third] = [0, 1, 2].map(
    (wanted) => findings.filter(({ partition, kind }) => kind === 'lost' && partition === wanted).length,
  );
  expect(Math.abs(first! - second!) + Math.abs(second! - third!)).toBeLessThanOrEqual(2);
});

test('the page holds each example of the result once, with the fields from the file', async () => {
  const many = Array.from({ length: 5_000 }, (_, offset) => lostAt(offset));
  const example = { ...lostAt(0), cause: 'acks=1' as const };
  const unwritten = lostAt(70_000);
  const findings = await pageFindings(
    fileOf([example, ...many.slice(1)]),
    foundOf([lostAt(0), lostAt(4_999), unwritten], 5_001),
  );
  expect(findings.filter(({ id }) => id === 'p0-0')).toEqual([example]);
  expect(findings.filter(({ id }) => id === 'p0-4999')).toEqual([lostAt(4_999)]);
  expect(findings).toContainEqual(unwritten);
  expect(findings.length).toBeLessThanOrEqual(1_000);
});

test('a few findings are all on the page, in the order of the result and of their offsets', async () => {
  const all = [rare(9), lostAt(4), lostAt(1), lostAt(3)];
  const found = [...foundOf([lostAt(1)], 3), ...foundOf([rare(9)], 1)];
  const findings = await pageFindings(fileOf(all), found);
  expect(findings).toEqual([lostAt(3), lostAt(1), lostAt(4), rare(9)]);
});

test('damaged lines are skipped, and a partition quoted in a text is not taken for a field', async () => {
  const quoting = { ...lostAt(1), detail: '","partition":7,"' };
  const path = fileOf(['{', 'null', '7', quoting, '{"kind":"lost","blame":"store","id":"cut']);
  expect(await pageFindings(path, foundOf([quoting], 1))).toEqual([quoting]);
});

test('with 60 000 findings in 300 partitions, the page holds findings of each partition', async () => {
  const all = Array.from({ length: 60_000 }, (_, index) => lostAt(index, index % 300));
  const findings = await pageFindings(fileOf(all), foundOf([lostAt(0, 0)], all.length));
  expect(new Set(findings.map(({ partition }) => partition)).size).toBe(300);
  expect(findings.length).toBeGreaterThan(990);
});

test('without a findings file the page holds the examples of the result', async () => {
  expect(await pageFindings('/nowhere/findings.jsonl', foundOf([lostAt(1)], 1))).toEqual([lostAt(1)]);
});

test('a message that is lost at two hops is there twice, and no hop hides another', async () => {
  const lostAtHop = (hop: string, sequence: number): SingleFinding => ({
    kind: 'lost',
    blame: 'consumer',
    id: `demo-${sequence}`,
    sequence,
    hop,
  });
  const many = Array.from({ length: 5_000 }, (_, sequence) => lostAtHop('search', sequence));
  const table = [lostAtHop('table', 7), lostAtHop('table', 8)];
  const found = [
    { hop: 'search', ...foundOf(many.slice(0, 10), 5_000)[0]! },
    { hop: 'table', ...foundOf(table, 2)[0]! },
  ];
  const findings = await pageFindings(fileOf([...many, ...table]), found);
  expect(findings.filter(({ id }) => id === 'demo-7').map(({ hop }) => hop)).toEqual(['search', 'table']);
  expect(findings.filter(({ hop }) => hop === 'table')).toEqual(table);
});
