/** The days of `nodrop chaos` for machines: as JUnit and GitHub reports, with a case or an annotation for each day. */
import { exitCodes } from '../../errors.ts';
import { outcomeText, whyOf, wordOf, type ChaosReport, type DayReport } from '../terminal/chaos-lines.ts';
import { findingLines } from '../text/finding-text.ts';
import { annotationLines, type Annotation } from './github.ts';
import { junitDocument, type JunitCase } from './junit.ts';
import { shortText } from '../text/shorten.ts';

const examplesShown = 3;

/** A document of JUnit XML, without a newline at its end. Names are the same from one series to the next. */
export const chaosJunit = ({ days }: ChaosReport): string =>
  junitDocument('nodrop chaos', {
    ms: days.reduce((sum, { ms }) => sum + ms, 0),
    properties: { seed: days[0]?.seed ?? null },
    cases: days.map(caseOf),
  });

const caseOf = (day: DayReport, index: number): JunitCase => {
  const { exitCode, faults, ms } = day;
  const isFailure = exitCode === exitCodes.fail;
  return {
    group: 'chaos',
    name: `run ${index + 1}`,
    ms,
    state: exitCode === exitCodes.pass ? 'passed' : isFailure ? 'failed' : 'undecided',
    type: wordOf(day),
    message: shortText(whyOf(day)),
    lines: [...faults, ...detailsOf(day)],
  };
};

function detailsOf({ result, said, evidence }: DayReport): string[] {
  const findings = (result?.findings ?? []).flatMap((finding) => findingLines(finding, examplesShown));
  return [
    ...findings,
    ...(result === undefined ? said.split('\n').map(shortText) : []),
    ...(evidence === undefined ? [] : [`Evidence: ${evidence}`]),
  ];
}

/** Annotations for GitHub Actions: an error for a day that failed, a warning for one that neither passed nor failed. */
export function chaosGithub(report: ChaosReport): string {
  const numbered = report.days.map((day, index) => ({ day, number: index + 1 }));
  const annotationOf = ({ day, number }: { day: DayReport; number: number }): Annotation => ({
    title: `run ${number}: ${shortText(whyOf(day))}`,
    message: [`Faults: ${day.faults.join(' ')}`, ...detailsOf(day)].join('\n'),
  });
  const isFailure = ({ exitCode }: DayReport): boolean => exitCode === exitCodes.fail;
  const isPass = ({ exitCode }: DayReport): boolean => exitCode === exitCodes.pass;
  return annotationLines(
    'chaos',
    {
      errors: numbered.filter(({ day }) => isFailure(day)).map(annotationOf),
      warnings: numbered.filter(({ day }) => !isFailure(day) && !isPass(day)).map(annotationOf),
      notices: [],
    },
    { title: report.days.every(isPass) ? 'PASS' : 'NOT PASSED', message: `${outcomeText(report)}.` },
  ).join('\n');
}
