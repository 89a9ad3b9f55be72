import type { Evidence } from '../../src/audit/evidence.ts';
import type { Audit, Cause, SingleFinding } from '../../src/result/verdict.ts';

/** What an audit comes to, and each single finding that it told. */
export interface Outcome extends Audit {
  told: SingleFinding[];
}

export interface JudgedHistory {
  /** Called again for each audit. */
  evidence: () => Evidence;
  allowed?: readonly Cause[] | undefined;
  /** Whether an audit of it comes to what it must. */
  agrees: (outcome: Outcome) => boolean;
}
