/**
 * A result as a list of independent checks: one for each kind of finding, one for the evidence, one for each fault and
 * one for each threshold. If the exit code is not 0, at least one check is `failed` or `undecided`. If something could
 * not be judged, a kind without findings is `skipped`, not `passed`.
 */
import type { FaultRecord, JudgedThreshold, Result } from '../../result/result.ts';
import { examplesMax, findingKinds, type FindingKind } from '../../result/verdict.ts';
import { findingLines, findingsText } from '../text/finding-text.ts';
import { thresholdValueText } from '../text/quantities.ts';
import { shortList, shortText } from '../text/shorten.ts';

export interface Check {
  group: 'findings' | 'evidence' | 'faults' | 'thresholds';
  /** Unique within the group. */
  name: string;
  state: 'passed' | 'failed' | 'undecided' | 'skipped';
  /** The reason, in one line; empty if the check passed. */
  message: string;
  /** Details in addition to the message. */
  lines: string[];
  ms: number;
}

export const checksOf = (result: Result): Check[] => [
  ...kindsOf(result).map((kind) => findingCheck(kind, result)),
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

/** Why findings of a kind cannot be found by this check; undefined if they can. */
function notCompared(kind: FindingKind, { check }: Result): string | undefined {
  if (check === undefined) return undefined;
  if (kind === 'misclassified' && check.category === undefined) return 'No categories were compared.';
  const hasValues = Object.keys(check.forms).some((place) => place !== 'id');
  if (kind === 'corrupted' && !hasValues) return 'No values were compared.';
  if (kind !== 'phantom' || check.isWholeLife) return undefined;
  return 'Rows that no record explains were not judged: the topic held other records before or since.';
}

/** The limit for faults, and for thresholds. */
const checksMax = 1_000;

function findingCheck(kind: FindingKind, result: Result): Check {
  const found = result.findings.filter((finding) => finding.kind === kind);
  const charged = found.filter(({ allowed }) => allowed !== true);
  const check = { group: 'findings', name: kind, ms: 0 } as const;
  const lines = found.flatMap((finding) => findingLines(finding, examplesMax));
  if (charged.length > 0) return { ...check, state: 'failed', message: findingsText(charged), lines };
  const why = notCompared(kind, result);
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
