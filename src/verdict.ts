/** Finding kinds, blame, counts and the verdict: what an audit says, as data. */

export const findingKinds = [
  'lost',
  'duplicated',
  'misclassified',
  'corrupted',
  'reordered',
  'phantom',
  'offset-conflict',
  'rejected-but-written',
  'aborted-read',
  'wrongly-dead-lettered',
  'expired',
] as const;
export type FindingKind = (typeof findingKinds)[number];

export type Blame = 'producer' | 'broker' | 'consumer' | 'store' | 'unknown';

/** A message concerned: `id`, or `partition` and `offset` where it has none; what is known of it beside. */
export interface Example {
  id?: string;
  producer?: string;
  sequence?: number;
  state?: string;
  partition?: number;
  offset?: number;
  /** What was found instead, in a few words. */
  detail?: string;
}

export const examplesMax = 10;

/** One entry for each kind and blame. */
export interface Finding {
  kind: FindingKind;
  blame: Blame;
  count: number;
  examples: Example[];
  cause?: string;
}

export type Verdict = 'pass' | 'fail' | 'inconclusive';

export interface LedgerCounts {
  sent: number;
  acked: number;
  rejected: number;
  unknown: number;
  unsent: number;
}

export interface Counts {
  /** null: not measured, for want of the consumer's journal. */
  redelivered: number | null;
  foreign: number;
  rejected: number;
  unsent: number;
  unknownWritten: number;
  unknownNotWritten: number;
  /** null: not measured, for want of the consumer's journal. */
  refusedWrites: number | null;
}

export interface Audit {
  verdict: Verdict;
  ledger: LedgerCounts;
  /** Records of this run. */
  log: { records: number };
  /** Rows of this run, by category. */
  store: { rows: number; byCategory: Record<string, number>; deadLetters: number };
  counts: Counts;
  /** Expected category → stored category → messages. */
  confusion: Record<string, Record<string, number>>;
  findings: Finding[];
  notChecked: string[];
}
