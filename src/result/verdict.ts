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
  'overcommitted',
  'stalled',
] as const;
export type FindingKind = (typeof findingKinds)[number];

export type Blame = 'producer' | 'broker' | 'consumer' | 'store' | 'unknown';

/** Settings and events that can be named as the cause of a finding. */
export const causes = [
  'acks=0',
  'acks=1',
  'unclean-election',
  'retention',
  'topic-recreated',
  'commit-before-write',
  'position-beyond-end',
] as const;
export type Cause = (typeof causes)[number];

/** A message concerned: `id`, or `partition` and `offset` where it has none; what is known of it beside. */
export interface Example {
  id?: string;
  producer?: string;
  sequence?: number;
  state?: string;
  /** Where there are several. */
  topic?: string;
  partition?: number;
  offset?: number;
  /** What was found instead, in a few words. */
  detail?: string;
}

export const examplesMax = 10;

/** One entry for each kind and blame. `count` is of messages; of partitions where the kind is about those. */
export interface Finding {
  kind: FindingKind;
  blame: Blame;
  count: number;
  examples: Example[];
  cause?: Cause;
  /** Somebody said that this cause may lose messages: it fails no run. */
  allowed?: true;
}

/** One message or partition of a finding, as it is found. */
export interface SingleFinding extends Example {
  kind: FindingKind;
  blame: Blame;
  cause?: Cause;
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
  /**
   * Deliveries of this run's messages beyond the first of each, as far as the consumer's journal goes.
   * null: nobody kept one.
   */
  redelivered: number | null;
  foreign: number;
  rejected: number;
  unsent: number;
  unknownWritten: number;
  unknownNotWritten: number;
  /** null: not measured. */
  refusedWrites: number | null;
}

/** Messages of one state. `logged`: they have a record that is not aborted. */
export interface HopCounts {
  sent: number;
  acked: number;
  logged: number;
  /** By the consumer's journal: handed to a consumer, and seen committed in the store. null: no journal tells. */
  delivered: number | null;
  written: number | null;
}

/** How much there is of the evidence of a hop: all, some, or nothing. */
export type EvidenceState = 'whole' | 'torn' | 'missing';

export interface EvidenceStates {
  ledger: EvidenceState;
  log: EvidenceState;
  /** The consumer's. */
  journal: EvidenceState;
  store: EvidenceState;
}

/** The fate of the messages that were acknowledged: the four add up to `ledger.acked`. */
export interface AckedFates {
  /** No finding names it, and nothing about it was left open. */
  right: number;
  /** A finding names it, though it is not lost. */
  wrong: number;
  /** Lost or expired. */
  lost: number;
  /** No finding names it, and not everything about it could be judged. */
  unjudged: number;
}

/** Where a partition ends, and how far the consumer came. null: not known. */
export interface PartitionState {
  /** Where there are several. */
  topic?: string;
  partition: number;
  /** The log's, as the scan found them. */
  start: number | null;
  end: number | null;
  /** The store's next offset, and the group's. */
  stored: number | null;
  committed: number | null;
  /** Offsets from the store's next to the end, as far as a consumer may read. */
  lag: number | null;
}

export interface Audit {
  verdict: Verdict;
  /** How much there was to read: a count of a hop that is missing says nothing. */
  evidence: EvidenceStates;
  ledger: LedgerCounts;
  acknowledged: AckedFates;
  /** Records of this run. */
  log: { records: number };
  /** Rows of this run, by category. */
  store: { rows: number; byCategory: Record<string, number>; deadLetters: number };
  counts: Counts;
  /** By state, or `dead-letters` for states that have no category. */
  states: Record<string, HopCounts>;
  partitions: PartitionState[];
  /** Expected category → stored category → messages. */
  confusion: Record<string, Record<string, number>>;
  findings: Finding[];
  notChecked: string[];
}
