import type { Blame, Cause, FindingKind } from '../../result/verdict.ts';

/** Why something could not be judged, or does not need to be. The sentences are in `not-checked.ts`. */
export const doubtKinds = [
  'notDrained',
  'unordered',
  'fellBack',
  'storeUnread',
  'unknownUnread',
  'strangerUnjudged',
  'rejectedUnjudged',
  'withoutIntent',
  'positionUnread',
  'compactionUnclear',
  'compactionUnknown',
  'compacted',
  'removedButStored',
  'unknownWithoutRecord',
  'journalAlone',
] as const;
export type DoubtKind = (typeof doubtKinds)[number];

export interface Charge {
  kind: FindingKind;
  blame: Blame;
  cause?: Cause;
  /**
   * Its cause is that the consumer commits before it writes, if one of these partitions is overcommitted: all parts of the
   * evidence decide that together. `cause` is what this part knows.
   */
  maybeOvercommitted?: readonly number[];
  /** The observation, in a few words. */
  detail?: string;
}

/** The result of one check of one message: a charge, a doubt, or nothing. */
export type Opinion = Charge | { doubt: DoubtKind } | undefined;
