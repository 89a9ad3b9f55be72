/**
 * If Kafka does not tell whether a topic is compacted, there are two cases: it is, or it is not. Each message is judged in
 * both, and only what holds in both is a finding.
 */
import type { Charge, DoubtKind, Opinion } from './charge.ts';
import { judge } from './judge.ts';
import type { Keys } from './latest.ts';
import type { Proof } from './proof.ts';
import type { Subject } from './subject.ts';

export interface Case {
  proof: Proof;
  /** Only under the rule `latest`. Compaction decides which messages are of a key. */
  keys: Keys | undefined;
}

/** One case; or two, if it is not known of a partition: the first is that it is compacted, the second that it is not. */
export type Cases = readonly [Case, ...Case[]];

/** A message as it is in one case. */
export interface SubjectInCase {
  subject: Subject;
  proof: Proof;
}

/** `subject`: as it is in the first case. */
export const subjectsIn = ([first, ...others]: Cases, subject: Subject): SubjectInCase[] => [
  { subject, proof: first.proof },
  ...others.map(({ proof, keys }) => ({
    subject: { ...subject, standing: keys?.standingOf(subject.message) },
    proof,
  })),
];

/** What holds in each case. */
export const judgeInAll = (subjects: readonly SubjectInCase[]): Opinion[] =>
  subjects.map(({ subject, proof }) => judge(subject, proof)).reduce(agreed);

/** The charges of both cases, and all doubts. A charge of only one case is a doubt. */
function agreed(ifCompacted: readonly Opinion[], ifNot: readonly Opinion[]): Opinion[] {
  let charges = chargesOf(ifCompacted);
  const others = chargesOf(ifNot);
  const shared: Charge[] = [];
  // A kind may be there twice, with two blames.
  for (const isSame of [isEqual, isOfOneKind]) {
    charges = charges.filter((charge) => {
      const index = others.findIndex((other) => isSame(charge, other));
      if (index < 0) return true;
      shared.push(merged(charge, others.splice(index, 1)[0]!));
      return false;
    });
  }
  const doubts = new Set([...doubtsOf(ifCompacted), ...doubtsOf(ifNot)]);
  let isOpen = charges.length + others.length > 0;
  // These two say that the partition is compacted.
  for (const kind of ['compacted', 'compactionUnclear'] as const) {
    if (!doubts.has(kind) || doubtsOf(ifNot).includes(kind)) continue;
    doubts.delete(kind);
    isOpen ||= kind === 'compactionUnclear';
  }
  if (isOpen) doubts.add('compactionUnknown');
  return [...shared, ...Array.from(doubts, (doubt) => ({ doubt }))];
}

const chargesOf = (opinions: readonly Opinion[]): Charge[] =>
  opinions.filter((opinion) => opinion !== undefined && 'kind' in opinion);

const doubtsOf = (opinions: readonly Opinion[]): DoubtKind[] =>
  opinions.flatMap((opinion) => (opinion !== undefined && 'doubt' in opinion ? opinion.doubt : []));

const isOfOneKind = (a: Charge, b: Charge): boolean => a.kind === b.kind;
const isEqual = (a: Charge, b: Charge): boolean => isOfOneKind(a, b) && a.blame === b.blame;

/** Hop and cause are told only if the cases agree. */
function merged(charge: Charge, other: Charge): Charge {
  if (isEqual(charge, other) && charge.cause === other.cause) return charge;
  const { kind, blame, detail } = charge;
  return { kind, blame: blame === other.blame ? blame : 'unknown', ...(detail !== undefined && { detail }) };
}
