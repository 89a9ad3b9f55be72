/** The type of a defect in a live pipeline: its scenario, how it is planted, and the expected result of the audit. */
import type { Result } from '../../result/result.ts';
import type { Blame, Cause, FindingKind } from '../../result/verdict.ts';
import type { LivePipeline } from './live-pipeline.ts';
import type { ChangeOrders } from './orders.ts';
import type { EvidencePart } from '../histories/history-edits.ts';
import type { SabotageKind } from '../sabotage/sabotage.ts';

/** Damages a pipeline from outside, and returns whether that took effect. */
export type Change = (pipeline: LivePipeline) => Promise<boolean>;

/** The damage to a pipeline, by the step at which it is done. Each part given must take effect. */
export interface Planting {
  /** In a stage's own process, to a message that is chosen by the seed. */
  sabotage?: SabotageKind;
  /** When half is published and stored, and no producer is at work. */
  betweenHalves?: Change;
  /** When all is published, but not all is consumed. */
  beforeConsuming?: Change;
  /** When all is stored, but nothing is audited. */
  afterConsuming?: Change;
  /** In a check of orders: to what the sink holds, or the topic. */
  orders?: ChangeOrders;
  /** `half`: the rest is not published. `unread`: the rest is published, but not consumed. */
  endsWith?: 'half' | 'unread';
}

/** The outcome of a trial. */
export interface Trial {
  cameAbout: boolean;
  /** undefined if there was none: `said` shows why. */
  result: Result | undefined;
  said: string;
}

/** The steps from the first send to the audit. Without a planting, the audit must find nothing. */
export interface Scenario {
  /** The same for scenarios with the same steps, which share one clean twin. */
  name: string;
  go(pipeline: LivePipeline, planting: Planting): Promise<Trial>;
}

export interface LiveFinding {
  kind: FindingKind;
  blame: Blame;
  cause?: Cause;
  /** The only message that is named; without it, any may be. */
  id?: string;
  /** Further kinds as which the same defect is found, with the same blame. */
  besides?: readonly FindingKind[];
}

export interface LiveDefect {
  /** In plain words, for a table. */
  name: string;
  /** The hop whose evidence shows the defect. */
  hop: EvidencePart;
  /** `inconclusive`: nothing is wrong, but the verdict must not be a pass. */
  expected: LiveFinding | 'inconclusive';
  /**
   * If the producer writes transactions: what is expected then, or `left-out` if they prevent the defect, or if their
   * markers blur its outcome. Without it, the same is expected.
   */
  transactional?: LiveFinding | 'left-out';
  scenario: Scenario;
  planting: Planting;
  /** The defect stops the shared broker, so nothing else may run meanwhile. */
  isAlone?: true;
  /** Looks like the defect but is not one. Without it, the twin is the scenario with nothing planted. */
  twin?: { scenario: Scenario; planting: Planting };
}

/** The defects for pipelines whose producer writes transactions, each with what is expected then. */
export const inTransactions = (defects: readonly LiveDefect[]): LiveDefect[] =>
  defects.flatMap(({ transactional, ...defect }) =>
    transactional === 'left-out' ? [] : [{ ...defect, expected: transactional ?? defect.expected }],
  );

/** `found`: the kind was found. `blamedRightly`: with the expected blame and cause, and nothing else was found. */
export function judgeLive(
  expected: LiveDefect['expected'],
  { verdict, findings }: Pick<Result, 'verdict' | 'findings'>,
): { found: boolean; blamedRightly: boolean } {
  if (expected === 'inconclusive') {
    const found = verdict === 'inconclusive';
    return { found, blamedRightly: found && findings.length === 0 };
  }
  const { kind, blame, cause, id, besides = [] } = expected;
  const found = findings.some((finding) => finding.kind === kind);
  const isRight = findings.every(
    (finding) =>
      finding.blame === blame &&
      (id === undefined || finding.examples.every((example) => example.id === id)) &&
      (finding.kind === kind ? finding.cause === cause : besides.includes(finding.kind)),
  );
  // A pipeline that stalls proves nothing, so its verdict is inconclusive.
  const isVerdict = verdict === (kind === 'stalled' ? 'inconclusive' : 'fail');
  return { found, blamedRightly: found && isRight && isVerdict };
}
