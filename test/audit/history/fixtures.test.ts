/** Histories of real failures and their clean twins: the audit of each is compared with the expectation. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readHistory } from '../../../src/audit/history/read-history.ts';
import type { Audit, Blame, Counts, FindingKind, Verdict } from '../../../src/result/verdict.ts';
import { audit } from '../../../src/audit/judge/audit.ts';

interface Expected {
  verdict: Verdict;
  findings: { kind: FindingKind; blame: Blame; count: number; cause?: string; ids: string[] }[];
  counts?: Partial<Counts>;
  clean: { verdict: Verdict; counts?: Partial<Counts> };
}

const folder = join(import.meta.dirname, '../../fixtures/histories');
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.expected.json'))
  .map((name) => name.replace('.expected.json', ''));

const auditOf = async (name: string): Promise<Audit> =>
  await audit(await readHistory([join(folder, `${name}.jsonl`)]));
const expectedOf = (name: string): Expected =>
  JSON.parse(readFileSync(join(folder, `${name}.expected.json`), 'utf8')) as Expected;

test('every history in test/fixtures/histories has a clean twin and an expectation', () => {
  const histories = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  expect(histories.sort()).toEqual(names.flatMap((name) => [`${name}.clean.jsonl`, `${name}.jsonl`]).sort());
  expect(names.length).toBeGreaterThan(40);
});

test.each(names)('the history %s has the expected verdict and findings', async (name) => {
  const expected = expectedOf(name);
  const result = await auditOf(name);
  const found = result.findings.map(({ kind, blame, count, cause, examples }, index) => ({
    kind,
    blame,
    count,
    ...(expected.findings[index]?.cause !== undefined && { cause }),
    ids: examples.flatMap(({ id }) => id ?? []),
  }));
  expect({ verdict: result.verdict, findings: found }).toEqual({
    verdict: expected.verdict,
    findings: expected.findings,
  });
  expect(result.counts).toMatchObject(expected.counts ?? {});
});

test.each(names)('the clean twin of the history %s has no findings', async (name) => {
  const { clean } = expectedOf(name);
  const result = await auditOf(`${name}.clean`);
  expect(result.findings).toEqual([]);
  expect([result.verdict, result.notChecked]).toEqual([clean.verdict, expect.anything()]);
  expect(result.counts).toMatchObject(clean.counts ?? {});
});
