/** The findings that an audit of a tampered run may have, and those that it must have. */
import type { Blame, FindingKind, SingleFinding, Verdict } from '../../src/result/verdict.ts';

export interface Charge {
  /** The ids of the messages concerned: a finding may name any of them. Left out if it need not name one. */
  ids?: readonly string[];
  /** Whether a finding may also name a row with the run's id that is not one of its messages. */
  orStranger?: boolean;
  kinds: readonly FindingKind[];
  blames: readonly Blame[];
  /** Whether one of them must be found. */
  must: boolean;
  /** The reason in a few words, by which complaints are sorted. */
  why: string;
}

export interface Truth {
  charges: Charge[];
  /** Whether the audit may be inconclusive. If it is, no finding is required. */
  mayDoubt: boolean;
  /** Whether the run may pass. If not, the audit must be inconclusive or have a finding. */
  mayPass: boolean;
}

/** The outcome of an audit: its verdict and all findings, or its error. */
export type Outcome =
  | { verdict: Verdict; findings: SingleFinding[]; notChecked: string[] }
  | { refused: string }
  | { crashed: string };

/** The faults of the outcome, as sentences: those of the same kind begin alike. */
export function complaintsOf(outcome: Outcome, { charges, mayDoubt, mayPass }: Truth): string[] {
  if ('crashed' in outcome) return [`crashed: ${outcome.crashed}`];
  if ('refused' in outcome) return [`refused: ${outcome.refused}`];
  const { verdict, findings } = outcome;
  const complaints = findings
    .filter((finding) => !charges.some((charge) => isCharged(finding, charge)))
    .map((finding) => unexpected(finding, charges));
  const due = charges.filter(({ must }) => must);
  for (const charge of due) {
    if (findings.some((finding) => isOfCharge(finding, charge))) continue;
    if (mayDoubt && verdict === 'inconclusive') continue;
    complaints.push(`${verdict} without ${charge.kinds.join('/')}: ${charge.why}`);
  }
  if (verdict === 'inconclusive' && !mayDoubt) complaints.push(`inconclusive: ${reasonsOf(charges)}`);
  if (verdict === 'pass' && !mayPass && due.length === 0) complaints.push(`pass: ${reasonsOf(charges)}`);
  return complaints;
}

const isOf = ({ id }: SingleFinding, { ids, orStranger = false }: Charge): boolean =>
  ids === undefined || id === undefined || ids.includes(id) || (orStranger && !/^p\d+-\d+$/.test(id));

const isOfCharge = (finding: SingleFinding, charge: Charge): boolean =>
  isOf(finding, charge) && charge.kinds.includes(finding.kind);

const isCharged = (finding: SingleFinding, charge: Charge): boolean =>
  isOfCharge(finding, charge) && charge.blames.includes(finding.blame);

function unexpected(finding: SingleFinding, charges: readonly Charge[]): string {
  const ofKind = charges.find((charge) => isOfCharge(finding, charge));
  if (ofKind !== undefined) return `${finding.kind} blamed on ${finding.blame}: ${ofKind.why}`;
  const ofMessage = charges.filter(({ ids }) => finding.id !== undefined && ids?.includes(finding.id));
  const why =
    ofMessage.length > 0
      ? reasonsOf(ofMessage)
      : `of a message that nothing happened to (${reasonsOf(charges)})`;
  return `${finding.kind} (${finding.blame}): ${why}`;
}

const reasonsOf = (charges: readonly Charge[]): string =>
  [...new Set(charges.map(({ why }) => why))].sort().join('; ') || 'nothing that matters';

/** The results that are allowed for tampered evidence. */
export interface Allowed {
  verdicts: readonly (Verdict | 'refused')[];
  /** The allowed findings, by kind or blame. */
  findings: 'none' | 'any' | 'of the store' | 'overcommitted';
}

const none = 'none';
export const allowed = {
  pass: { verdicts: ['pass'], findings: none },
  passOrDoubt: { verdicts: ['pass', 'inconclusive'], findings: none },
  passDoubtOrRefuse: { verdicts: ['pass', 'inconclusive', 'refused'], findings: none },
  doubt: { verdicts: ['inconclusive'], findings: none },
  noPass: { verdicts: ['fail', 'inconclusive'], findings: 'any' },
  failOfStoreOrDoubt: { verdicts: ['fail', 'inconclusive'], findings: 'of the store' },
  passOrFailOfStore: { verdicts: ['pass', 'fail'], findings: 'of the store' },
  overcommitted: { verdicts: ['fail', 'inconclusive'], findings: 'overcommitted' },
  anything: { verdicts: ['pass', 'fail', 'inconclusive'], findings: 'any' },
  anythingOfStore: { verdicts: ['pass', 'fail', 'inconclusive'], findings: 'of the store' },
} as const satisfies Record<string, Allowed>;
export type AllowedName = keyof typeof allowed;

export function complaintsOfEvidence(outcome: Outcome, { verdicts, findings: kinds }: Allowed): string[] {
  if ('crashed' in outcome) return [`crashed: ${outcome.crashed}`];
  const { verdict, findings } =
    'refused' in outcome ? { verdict: 'refused' as const, findings: [] } : outcome;
  const complaints = verdicts.includes(verdict) ? [] : [`${verdict} in place of ${verdicts.join(' or ')}`];
  const strange = findings.filter(
    ({ kind, blame }) =>
      kinds === 'none' ||
      (kinds === 'overcommitted' && kind !== kinds) ||
      (kinds === 'of the store' && (blame === 'producer' || blame === 'broker')),
  );
  const told = new Set(strange.map(({ kind, blame }) => `${kind} (${blame})`));
  return told.size === 0 ? complaints : [...complaints, `found: ${[...told].sort().join(', ')}`];
}
