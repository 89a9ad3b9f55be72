/**
 * The audit: from evidence to a verdict. It takes the evidence part by part, and each part is a whole for its messages:
 * it is judged, counted, and let go of before the next. If the evidence proves a defect, the verdict is a failure,
 * even if other evidence is missing. If anything could not be judged, the verdict is never a pass.
 */
import type { Evidence } from '../evidence.ts';
import type { Audit, Cause, SingleFinding } from '../../result/verdict.ts';
import { judgePart } from './judge-part.ts';
import { Totals } from './totals.ts';

export interface AuditOptions {
  /** Findings of these causes are reported, but do not fail the run. */
  allowed?: readonly Cause[];
  /**
   * Called with each single finding, of which the audit keeps only the first of a kind. If the evidence has several parts, a
   * finding may lack the cause `commit-before-write`, which the parts decide together.
   */
  onFinding?: (finding: SingleFinding) => void;
  /** Whether a finding about a message follows from one at an earlier hop, and so does not count here. */
  isConsequence?: (finding: SingleFinding) => boolean;
}

export const audit = (evidence: Evidence, options?: AuditOptions): Promise<Audit> =>
  auditParts([evidence], options);

/** The parts are those of one run's evidence. There is at least one; several must have the log as their root. */
export async function auditParts(
  parts: Iterable<Evidence> | AsyncIterable<Evidence>,
  { allowed = [], ...hooks }: AuditOptions = {},
): Promise<Audit> {
  const iterator = Symbol.asyncIterator in parts ? parts[Symbol.asyncIterator]() : parts[Symbol.iterator]();
  try {
    const totals = await judgeNext(iterator, undefined, hooks);
    if (totals === undefined) throw new Error('bug: an audit of no evidence');
    while ((await judgeNext(iterator, totals, hooks)) !== undefined);
    return totals.audit(allowed);
  } finally {
    await iterator.return?.();
  }
}

/** A function of its own: V8 keeps what the variables of a loop hold while the loop waits for the next part. */
async function judgeNext(
  parts: Iterator<Evidence> | AsyncIterator<Evidence>,
  before: Totals | undefined,
  hooks: Omit<AuditOptions, 'allowed'>,
): Promise<Totals | undefined> {
  const next = await parts.next();
  if (next.done === true) return undefined;
  const part = next.value;
  // A ledger's acks and the order of its messages are compared with those of all others.
  if (before !== undefined && part.root !== 'log') throw new Error('bug: a ledger in parts');
  const totals = before ?? new Totals(part, hooks);
  await judgePart(part, totals);
  return totals;
}
