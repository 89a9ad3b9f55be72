/**
 * A result as a list of checks, each of which came out by itself: one for each kind of finding, one for the
 * evidence, one for each fault and each threshold. One at least is `failed` or `undecided` wherever the exit
 * code is not 0. And what could not be judged is not called passed: as long as something is missing, a kind of
 * which nothing bad was found is `skipped`.
 */
import type { FaultRecord, JudgedThreshold, Result } from '../../result/result.ts';
import { examplesMax, findingKinds, type FindingKind } from '../../result/verdict.ts';
import { findingLines, findingsText } from '../text/finding-text.ts';
import { thresholdValueText } from '../text/quantities.ts';
import { shortList, shortText } from '../text/shorten.ts';

export interface Check {
  group: 'findings' | 'evidence' | 'faults' | 'thresholds';
  /** Unlike that of any other of its group. */
  name: string;
  state: 'passed' | 'failed' | 'undecided' | 'skipped';
  /** Why, in a line; empty where it passed. */
  message: string;
  /** What there is to tell beside that. */
  lines: string[];
  ms: number;
}

export const checksOf = (result: Result): Check[] => [
  ...findingKinds.map((kind) => findingCheck(kind, result)),
  evidenceCheck(result),
  ...result.faults
    .slice(0, checksMax)
    .map((fault, index) => faultCheck(fault, result.faults.slice(0, index))),
  ...result.thresholds
    .slice(0, checksMax)
    .map((judged, index) => thresholdCheck(judged, result.thresholds.slice(0, index))),
];

/** Of faults, and of thresholds. */
const checksMax = 1_000;

function findingCheck(kind: FindingKind, result: Result): Check {
  const found = result.findings.filter((finding) => finding.kind === kind);
  const charged = found.filter(({ allowed }) => allowed !== true);
  const check = { group: 'findings', name: kind, ms: 0 } as const;
  const lines = found.flatMap((finding) => findingLines(finding, examplesMax));
  if (charged.length > 0) return { ...check, state: 'failed', message: findingsText(charged), lines };
  if (isJudged(result)) return { ...check, state: 'passed', message: '', lines };
  const soFar = found.length === 0 ? 'Nothing of that kind was found' : 'What was found is allowed';
  const message = `${soFar}, but not everything could be judged.`;
  return { ...check, state: 'skipped', message, lines };
}

/** What a pass did not check, it did not have to. Beside a failure nobody says whether it had to. */
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
