/** The data of an audit: kinds of findings, blame, counts and the verdict. */

export const findingKinds = [
  'lost',
  'stale',
  'duplicated',
  'misclassified',
  'corrupted',
  'reordered',
  'phantom',
  'offset-conflict',
  'rejected-but-written',
  'torn-transaction',
  'aborted-read',
  'wrongly-dead-lettered',
  'unexpected',
  'expired',
  'overcommitted',
  'stalled',
] as const;
export type FindingKind = (typeof findingKinds)[number];

export type Blame = 'producer' | 'broker' | 'consumer' | 'store' | 'unknown';

/** Settings and events that an audit can name as the cause of a finding. */
export const causes = [
  'acks=0',
  'acks=1',
  'unclean-election',
  'retention',
  'topic-recreated',
  'commit-before-write',
  'position-beyond-end',
  'dead-lettered',
] as const;
export type Cause = (typeof causes)[number];

/** An affected message: its `id`, or `partition` and `offset` if it has none, and all else that is known about it. */
export interface Example {
  id?: string;
  producer?: string;
  sequence?: number;
  state?: string;
  /** Only in checks of several sinks: how the user names the sink. */
  sink?: string;
  /** Only if the run has several topics. */
  topic?: string;
  partition?: number;
  offset?: number;
  /** The value or fact found instead, in a few words. */
  detail?: string;
}

export const examplesMax = 10;

/** One entry per kind and blame. `count` counts messages, or partitions if the kind is about partitions. */
export interface Finding {
  kind: FindingKind;
  blame: Blame;
  /** Only in runs of a user's pipeline: the hop or sink at which it shows, and not at the one before. */
  hop?: string;
  count: number;
  examples: Example[];
  cause?: Cause;
  /** The user allowed this cause to lose messages: the finding does not fail the run. */
  allowed?: true;
}

/** A finding about a single message or partition. */
export interface SingleFinding extends Example {
  kind: FindingKind;
  blame: Blame;
  hop?: string;
  cause?: Cause;
}

export type Verdict = 'pass' | 'fail' | 'inconclusive';

export interface LedgerCounts {
  sent: number;
  acked: number;
  rejected: number;
  unknown: number;
  unsent: number;
  /** Messages of aborted transactions; only if there were transactions. */
  aborted?: number;
}

export interface Counts {
  /**
   * Deliveries of this run's messages beyond the first of each, as far as the consumer's journal goes.
   * null: no consumer kept a journal.
   */
  redelivered: number | null;
  foreign: number;
  rejected: number;
  unsent: number;
  unknownWritten: number;
  unknownNotWritten: number;
  /** null: not measured. */
  refusedWrites: number | null;
  /** Under the rule `at-least-once`: how often messages came again, in the log or in the store. */
  repeated: number;
  /** Under the rule `latest`: messages without a row, of which a later one of the key is expected or stored. */
  superseded: number;
  /** Rows that no record explains, in a log that does not show the topic's whole life. */
  unrooted: number;
  /** Messages that a declared rule drops: no row is expected of them. */
  dropped: number;
}

/** Messages of one state. `logged`: they have a record that is not aborted. */
export interface HopCounts {
  sent: number;
  acked: number;
  logged: number;
  /** By the consumer's journal: delivered to a consumer, and seen committed in the store. null: there is no journal. */
  delivered: number | null;
  written: number | null;
}

/** How much of a hop's evidence exists: all, some, or nothing. */
export type EvidenceState = 'whole' | 'torn' | 'missing';

export interface EvidenceStates {
  ledger: EvidenceState;
  log: EvidenceState;
  /** The consumer's. */
  journal: EvidenceState;
  store: EvidenceState;
}

/** The fate of the acknowledged messages: the four counts add up to `ledger.acked`. */
export interface AckedFates {
  /** No finding names the message, and everything about it could be judged. */
  right: number;
  /** A finding names the message, but it is not lost. */
  wrong: number;
  /** Lost or expired. */
  lost: number;
  /** No finding names the message, and not everything about it could be judged. */
  unjudged: number;
}

/** Where a partition ends, and how far the consumer got. null: not known. */
export interface PartitionState {
  /** Only if the run has several topics. */
  topic?: string;
  partition: number;
  /** The log's start and end, as the scan found them. */
  start: number | null;
  end: number | null;
  /** The next offset in the store, and the group's committed offset. */
  stored: number | null;
  committed: number | null;
  /** Offsets from the store's next to the end, as far as a consumer may read. */
  lag: number | null;
}

export interface Audit {
  verdict: Verdict;
  /** How much of each hop could be read: the counts of a missing hop mean nothing. */
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
