/**
 * Annotations for GitHub Actions, as workflow commands, a line each. Of a step GitHub shows ten errors, ten
 * warnings and ten notices, and passes over what comes after them in silence: so there are no more here.
 */
import type { Result } from '../result.ts';
import { findingLines, findingText } from './finding-text.ts';
import { thresholdValueText } from './quantities.ts';
import { shortList, shortText } from './short.ts';
import { sentenceOf } from './verdict-sentence.ts';

const annotationsMax = 10;
const examplesShown = 3;

interface Annotation {
  title: string;
  message: string;
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
  // What a pass did not check, it did not have to.
  const doubts = verdict === 'pass' ? [] : shortList(notChecked, annotationsMax);
  const last = { title: verdict.toUpperCase(), message: shortText(sentenceOf(result)) };
  const command = (level: string) => (annotation: Annotation) => commandLine(level, run.id, annotation);
  return [
    ...bounded([...annotationsOf(false), ...missed], annotationsMax).map(command('error')),
    ...doubts.map((message) => ({ title: 'not checked', message })).map(command('warning')),
    ...bounded(annotationsOf(true), annotationsMax - 1).map(command('notice')),
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

function commandLine(level: string, run: string, { title, message }: Annotation): string {
  return `::${level} title=${property(`nodrop ${shortText(run)}: ${title}`)}::${data(message)}`;
}

const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
