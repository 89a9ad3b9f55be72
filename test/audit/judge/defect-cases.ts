import { expect, test } from 'vitest';
import type { Verdict } from '../../../src/result/verdict.ts';
import { auditOf, findingsOf, type Change } from './healthy-history.ts';

/** A defect as it is planted into the healthy history, what it is called, and a clean twin. */
export interface DefectCase {
  name: string;
  defect: Change[];
  /** `kind blame: ids`. */
  found: string[];
  twin: Change[];
  /** What the twin comes to, where it is not a pass. */
  twinVerdict?: Verdict;
}

/** Tests that each defect is found and blamed, and that its clean twin is silent. */
export function testDefects(cases: DefectCase[]): void {
  test.each(cases)('$name', async ({ defect, found, twin, twinVerdict = 'pass' }) => {
    const audit = await auditOf(...defect);
    expect(findingsOf(audit)).toEqual(found);
    expect(audit.verdict).toBe('fail');
    const clean = await auditOf(...twin);
    expect(findingsOf(clean)).toEqual([]);
    expect(clean.verdict).toBe(twinVerdict);
  });
}
