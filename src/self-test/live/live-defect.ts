/** What a defect of a live pipeline is: on which way it is planted, how, and what an audit has to say of it. */
import type { Result } from '../../result/result.ts';
import type { Blame, Cause, FindingKind } from '../../result/verdict.ts';
import type { LivePipeline } from './live-pipeline.ts';
import type { EvidencePart } from '../histories/history-edits.ts';
import type { SabotageKind } from '../sabotage/sabotage.ts';

/** Does something to a pipeline from without, and tells whether that came about. */
export type Change = (pipeline: LivePipeline) => Promise<boolean>;

/** What is done to a pipeline on its way. Whatever there is of it has to come about. */
export interface Planting {
  /** In a stage's own process. Of which message, chance decides. */
  sabotage?: SabotageKind;
  /** While no producer is at work, and half is published and stored. */
  betweenHalves?: Change;
  /** All is published, and not all is consumed. */
  beforeConsuming?: Change;
  /** All is stored, and nothing is audited. */
  afterConsuming?: Change;
  /** `half`: nobody publishes the rest. `unread`: nobody consumes it. */
  endsWith?: 'half' | 'unread';
}

/** How a trial came out. */
export interface Trial {
  cameAbout: boolean;
  /** undefined where there was none: `said` tells why. */
  result: Result | undefined;
  said: string;
}

/** A way from the first send to the audit. Without a planting there is nothing to be found at its end. */
export interface Scenario {
  /** The same for the same way: such have one clean twin. */
  name: string;
  go(pipeline: LivePipeline, planting: Planting): Promise<Trial>;
}

export interface LiveFinding {
  kind: FindingKind;
  blame: Blame;
  cause?: Cause;
  /** Kinds that the same defect is as well, by the same blame. */
  besides?: readonly FindingKind[];
}

export interface LiveDefect {
  /** In plain words; it stands in a table. */
  name: string;
  /** Whose evidence shows it. */
  hop: EvidencePart;
  /** `inconclusive`: nothing is wrong, and yet it must be no pass. */
  expected: LiveFinding | 'inconclusive';
  scenario: Scenario;
  planting: Planting;
  /** It takes the broker away meanwhile. */
  isAlone?: true;
  /** What looks like it and is none. Without one: its scenario with nothing planted. */
  twin?: { scenario: Scenario; planting: Planting };
}

/** What was found is of the kind, and it is blamed on whom it must be, for the right cause, and on nobody else. */
export function judgeLive(
  expected: LiveDefect['expected'],
  { verdict, findings }: Pick<Result, 'verdict' | 'findings'>,
): { found: boolean; blamedRightly: boolean } {
  if (expected === 'inconclusive') {
    const found = verdict === 'inconclusive';
    return { found, blamedRightly: found && findings.length === 0 };
  }
  const { kind, blame, cause, besides = [] } = expected;
  const found = findings.some((finding) => finding.kind === kind);
  const isRight = findings.every(
    (finding) =>
      finding.blame === blame &&
      (finding.kind === kind ? finding.cause === cause : besides.includes(finding.kind)),
  );
  // Where nothing moves, nothing is proven.
  const isVerdict = verdict === (kind === 'stalled' ? 'inconclusive' : 'fail');
  return { found, blamedRightly: found && isRight && isVerdict };
}
