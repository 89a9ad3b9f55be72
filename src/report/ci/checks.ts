/**
 * A result as a list of independent checks: one for each kind of finding, one for the evidence, one for each fault and
 * one for each threshold. If the exit code is not 0, at least one check is `failed` or `undecided`. If something could
 * not be judged, a kind without findings is `skipped`, not `passed`.
 */
import type { DestinationSummary, FaultRecord, JudgedThreshold, Result } from '../../result/result.ts';
import { examplesMax, findingKinds, type FindingKind } from '../../result/verdict.ts';
import { findingLines, findingsText } from '../text/finding-text.ts';
import { thresholdValueText } from '../text/quantities.ts';
import { shortList, shortText } from '../text/shorten.ts';

export interface Check {
  group: 'findings' | 'evidence' | 'faults' | 'thresholds';
  /** Unique within the group. */
  name: string;
  /** What the findings of the check are. Only in the group `findings`. */
  kind?: FindingKind;
  state: 'passed' | 'failed' | 'undecided' | 'skipped';
  /** The reason, in one line; empty if the check passed. */
  message: string;
  /** Details in addition to the message. */
  lines: string[];
  ms: number;
}

export const checksOf = (result: Result): Check[] => [
  ...soughtIn(result).map((sought) => findingCheck(sought, result)),
  evidenceCheck(result),
  ...result.faults
    .slice(0, checksMax)
    .map((fault, index) => faultCheck(fault, result.faults.slice(0, index))),
  ...result.thresholds
    .slice(0, checksMax)
    .map((judged, index) => thresholdCheck(judged, result.thresholds.slice(0, index))),
];

/** The kinds of which a check can say something. Others would look as if it had looked for them. */
const checkKinds: readonly string[] = [
  'lost',
  'duplicated',
  'misclassified',
  'corrupted',
  'phantom',
  'aborted-read',
  'wrongly-dead-lettered',
  'unexpected',
  'stale',
];

const kindsOf = ({ root, findings }: Result): readonly FindingKind[] =>
  root === undefined
    ? findingKinds
    : findingKinds.filter(
        (kind) => checkKinds.includes(kind) || findings.some((found) => found.kind === kind),
      );

/** What one check looks for. */
interface Sought {
  kind: FindingKind;
  /** The hop or sink of a user's pipeline; undefined: findings that name none. */
  at?: DestinationSummary;
}

/** In a user's pipeline, each hop has checks of its own. */
function soughtIn(result: Result): Sought[] {
  const { pipeline, findings } = result;
  if (pipeline === undefined) return kindsOf(result).map((kind) => ({ kind }));
  const foundAt = (kind: FindingKind, name?: string): boolean =>
    findings.some((found) => found.kind === kind && found.hop === name);
  return [
    ...pipeline.destinations.flatMap((at) =>
      findingKinds
        .filter((kind) => foundAt(kind, at.name) || (checkKinds.includes(kind) && canShowAt(kind, at)))
        .map((kind) => ({ kind, at })),
    ),
    ...findingKinds.filter((kind) => foundAt(kind)).map((kind) => ({ kind })),
  ];
}

function canShowAt(kind: FindingKind, { deadLetters, rule }: DestinationSummary): boolean {
  if (kind === 'wrongly-dead-lettered') return deadLetters;
  if (kind === 'unexpected') return !deadLetters;
  return kind !== 'stale' || rule === 'latest';
}

/** Why findings of a kind cannot be found by this check; undefined if they can. */
function notCompared({ kind, at }: Sought, { check }: Result): string | undefined {
  const forms = at?.forms ?? check?.forms;
  if (forms === undefined) return undefined;
  const category = at === undefined ? check?.category : forms['category'];
  if (kind === 'misclassified' && category === undefined) return 'No categories were compared.';
  const hasValues = Object.keys(forms).some((place) => place !== 'id' && place !== 'category');
  if (kind === 'corrupted' && !hasValues) return 'No values were compared.';
  if (at !== undefined) {
    return kind === 'phantom' && at.unrooted > 0
      ? 'Rows of no message of the run were not judged: others write there, too.'
      : undefined;
  }
  if (check === undefined) return undefined;
  if (kind !== 'phantom' || check.isWholeLife) return undefined;
  return 'Rows that no record explains were not judged: the topic held other records before or since.';
}

/** The limit for faults, and for thresholds. */
const checksMax = 1_000;

function findingCheck(sought: Sought, result: Result): Check {
  const { kind, at } = sought;
  const found = result.findings.filter((finding) => finding.kind === kind && finding.hop === at?.name);
  const charged = found.filter(({ allowed }) => allowed !== true);
  const name = at === undefined ? kind : `${kind} at ${at.name}`;
  const check = { group: 'findings', name, kind, ms: 0 } as const;
  const lines = found.flatMap((finding) => findingLines(finding, examplesMax));
  if (charged.length > 0) return { ...check, state: 'failed', message: findingsText(charged), lines };
  const why = notCompared(sought, result);
  if (why !== undefined) return { ...check, state: 'skipped', message: why, lines };
  if (isJudged(result)) return { ...check, state: 'passed', message: '', lines };
  const soFar =
    found.length === 0 ? 'There is no finding of this kind' : 'All findings of this kind are allowed';
  const message = `${soFar}, but not everything could be judged.`;
  return { ...check, state: 'skipped', message, lines };
}

/** A pass did not need what it did not check. For a failure, this is not known. */
const isJudged = ({ verdict, notChecked }: Result): boolean =>
  verdict === 'pass' || (verdict === 'fail' && notChecked.length === 0);

function evidenceCheck(result: Result): Check {
  const { verdict, notChecked, timings } = result;
  const lines = shortList(notChecked);
  const check = { group: 'evidence', name: 'everything could be judged', ms: timings.auditMs ?? 0 } as const;
  if (isJudged(result)) return { ...check, state: 'passed', message: '', lines };
  const message = notChecked.length === 1 ? lines[0]! : 'Not everything could be judged.';
  return { ...check, state: verdict === 'inconclusive' ? 'undecided' : 'skipped', message, lines };
}

function faultCheck(fault: FaultRecord, before: readonly FaultRecord[]): Check {
  const { schedule, target, startMs, endMs, tookEffect, evidence } = fault;
  const earlier = before.filter((other) => other.schedule === schedule).length;
  return {
    group: 'faults',
    name: numbered(`${schedule} took effect`, earlier),
    state: tookEffect ? 'passed' : 'failed',
    message: tookEffect ? '' : 'The fault had no observable effect.',
    lines: shortList(target === null ? evidence : [`on ${target}`, ...evidence]),
    ms: startMs === null || endMs === null ? 0 : endMs - startMs,
  };
}

function thresholdCheck(judged: JudgedThreshold, before: readonly JudgedThreshold[]): Check {
  const { threshold, met } = judged;
  const earlier = before.filter((other) => other.threshold === threshold).length;
  const measured = `measured: ${thresholdValueText(judged)}`;
  return {
    group: 'thresholds',
    name: numbered(threshold, earlier),
    state: met ? 'passed' : 'failed',
    message: met ? '' : measured,
    lines: [measured],
    ms: 0,
  };
}

const numbered = (name: string, earlier: number): string =>
  earlier === 0 ? shortText(name) : `${shortText(name)} (${earlier + 1})`;
