/**
 * Annotations for GitHub Actions, as workflow commands, a line each. GitHub shows ten errors, ten warnings and ten
 * notices of a step and silently drops the rest, so there are never more.
 */
import { printable } from '../../text/printable.ts';
import type { Result } from '../../result/result.ts';
import { pipelineProvenanceText, scopeText } from '../text/check-words.ts';
import { findingLines, findingText } from '../text/finding-text.ts';
import { thresholdValueText } from '../text/quantities.ts';
import { shortList, shortText } from '../text/shorten.ts';
import { sentenceOf } from '../text/verdict-sentence.ts';

const annotationsMax = 10;
const examplesShown = 3;

export interface Annotation {
  title: string;
  message: string;
}

export interface Annotations {
  errors: readonly Annotation[];
  warnings: readonly Annotation[];
  notices: readonly Annotation[];
}

/** Lines without a newline at their end; the last is the verdict. */
export function githubLines(result: Result): string[] {
  const { run, verdict, findings, notChecked, thresholds } = result;
  const annotationsOf = (isAllowed: boolean): Annotation[] =>
    findings
      .filter(({ allowed = false }) => allowed === isAllowed)
      .map((finding) => ({
        title: findingText(finding),
        message: findingLines(finding, examplesShown).join('\n'),
      }));
  const missed = thresholds
    .filter(({ met }) => !met)
    .map((judged) => ({
      title: 'threshold missed',
      message: `${shortText(judged.threshold)}: ${thresholdValueText(judged)}`,
    }));
  // A pass did not need what it did not check.
  const doubts = verdict === 'pass' ? [] : shortList(notChecked, annotationsMax);
  return annotationLines(
    run.id,
    {
      errors: [...annotationsOf(false), ...missed],
      warnings: doubts.map((message) => ({ title: 'not checked', message })),
      notices: annotationsOf(true),
    },
    { title: verdict.toUpperCase(), message: verdictText(result) },
  );
}

/** A check and a run of a user's pipeline say what was read, since nothing else is proven. */
function verdictText(result: Result): string {
  const { check, pipeline } = result;
  const scope = [
    ...(check === undefined ? [] : [scopeText({ ...result, check })]),
    ...(pipeline === undefined ? [] : [pipelineProvenanceText(result)]),
  ];
  return [sentenceOf(result), ...scope].map(shortText).join('\n');
}

/** `last` is a notice, and always shown. */
export function annotationLines(
  subject: string,
  { errors, warnings, notices }: Annotations,
  last: Annotation,
): string[] {
  const command = (level: string) => (annotation: Annotation) => commandLine(level, subject, annotation);
  return [
    ...bounded(errors, annotationsMax).map(command('error')),
    ...bounded(warnings, annotationsMax).map(command('warning')),
    ...bounded(notices, annotationsMax - 1).map(command('notice')),
    command('notice')(last),
  ];
}

function bounded(annotations: readonly Annotation[], max: number): Annotation[] {
  if (annotations.length <= max) return [...annotations];
  const others = annotations.slice(max - 1);
  return [
    ...annotations.slice(0, max - 1),
    { title: `and ${others.length} more`, message: others.map(({ title }) => title).join('\n') },
  ];
}

function commandLine(level: string, subject: string, { title, message }: Annotation): string {
  return `::${level} title=${property(`nodrop ${shortText(subject)}: ${title}`)}::${data(message)}`;
}

const data = (text: string): string =>
  text
    .split('\n')
    .map(printable)
    .join('\n')
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
