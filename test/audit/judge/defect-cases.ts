import { expect, test } from 'vitest';
import type { Verdict } from '../../../src/result/verdict.ts';
import { auditOf, findingsOf, type Change } from './healthy-history.ts';

/** A defect that is planted into the healthy history, its name, and a clean twin. */
export interface DefectCase {
  name: string;
  defect: Change[];
  /** `kind blame: ids`. */
  found: string[];
  twin: Change[];
  /** The verdict of the twin; a pass if left out. */
  twinVerdict?: Verdict;
}

/** Tests that each defect is found and blamed, and that its clean twin has no findings. */
export function testDefects(cases: DefectCase[]): void {
  test.each(cases)(
    '$name: the audit finds $found, and nothing in the clean twin',
    async ({ defect, found, twin, twinVerdict = 'pass' }) => {
      const audit = await auditOf(...defect);
      expect(findingsOf(audit)).toEqual(found);
      expect(audit.verdict).toBe('fail');
      const clean = await auditOf(...twin);
      expect(findingsOf(clean)).toEqual([]);
      expect(clean.verdict).toBe(twinVerdict);
    },
  );
}
