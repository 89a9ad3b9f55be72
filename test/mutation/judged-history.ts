import type { Evidence } from '../../src/audit/evidence.ts';
import type { Audit, Cause, SingleFinding } from '../../src/result/verdict.ts';

/** The result of an audit, and each single finding that it reported. */
export interface Outcome extends Audit {
  told: SingleFinding[];
}

export interface JudgedHistory {
  /** Called again for each audit. */
  evidence: () => Evidence;
  allowed?: readonly Cause[] | undefined;
  /** Whether the outcome of an audit is the expected one. */
  agrees: (outcome: Outcome) => boolean;
}
