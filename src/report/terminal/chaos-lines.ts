/** The days of `nodrop chaos` for a person at a terminal: a line for each, and a summary. */
import { exitCodes } from '../../errors.ts';
import type { Result } from '../../result/result.ts';
import type { Verdict } from '../../result/verdict.ts';
import { findingsText } from '../text/finding-text.ts';
import type { Palette } from '../text/colours.ts';
import { latencyText } from '../text/quantities.ts';
import { wrap } from '../text/wrap.ts';
import { counted } from '../../text/counted.ts';

/** The report of one day. */
export interface DayReport {
  /** Id of its run. */
  run: string;
  seed: number;
  faults: readonly string[];
  exitCode: number;
  /** undefined if the run ended without a result. */
  result: Pick<Result, 'verdict' | 'findings' | 'notChecked'> | undefined;
  /** The end of the run's output on stderr. */
  said: string;
  /** The run's folder; undefined for a pass, which leaves none. */
  evidence: string | undefined;
  ms: number;
}

export interface ChaosReport {
  days: readonly DayReport[];
  /** The number of days that were requested; undefined if a duration was. */
  of: number | undefined;
  phases: readonly string[];
  /** By fault and phase: the number of runs in which the fault took effect; null if it cannot act in that phase. */
  coverage: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
}

const wordWidth = 13;
const nameWidth = 36;
const countWidth = 11;

/** `number`: from 1. */
export function dayLines(number: number, of: number | undefined, day: DayReport, palette: Palette): string[] {
  const { exitCode, result, faults, evidence, ms } = day;
  const place = of === undefined ? String(number) : `${number}/${of}`;
  const word = wordOf(day);
  const head = `  ${place.padStart(7)}  ${paintOf(result?.verdict, palette)(word.padEnd(wordWidth))}${latencyText(ms).padStart(7)}`;
  const [first = '', ...rest] = wrap(faults.join(' '), ' '.repeat(34));
  const lines = [`${head}  ${first.trim()}`, ...rest];
  if (exitCode === exitCodes.pass) return lines;
  return [...lines, ...wrap(whyOf(day), '           '), ...wrap(`Evidence: ${evidence}`, '           ')];
}

export const wordOf = ({ result, exitCode }: DayReport): string => result?.verdict ?? `ended: ${exitCode}`;

/** Why it did not pass, in a sentence or two. */
export function whyOf({ result, said }: DayReport): string {
  if (result === undefined) return said.split('\n').at(-1) ?? '';
  if (result.findings.length > 0) return `${findingsText(result.findings)}.`;
  return result.notChecked.join(' ');
}

const paintOf = (
  verdict: Verdict | undefined,
  { good, bad, doubtful }: Palette,
): ((text: string) => string) => (verdict === 'pass' ? good : verdict === 'inconclusive' ? doubtful : bad);

/** The coverage of faults by phases, and the outcome of the days. */
export const chaosSummary = (report: ChaosReport, palette: Palette): string[] => [
  ...coverageLines(report, palette),
  '',
  `  ${outcomeText(report)}`,
];

/** The whole report, for a reader who has not seen the lines of the days. */
export const chaosLines = (report: ChaosReport, palette: Palette): string[] => [
  ...report.days.flatMap((day, index) => dayLines(index + 1, report.of, day, palette)),
  '',
  ...chaosSummary(report, palette),
];

export function outcomeText({ days, coverage, phases }: ChaosReport): string {
  const count = (code: number): number => days.filter(({ exitCode }) => exitCode === code).length;
  const [passed, failed] = [count(exitCodes.pass), count(exitCodes.fail)];
  const others = days.length - passed - failed;
  const [first] = days;
  const cells = Object.values(coverage).flatMap((row) => phases.flatMap((phase) => row[phase] ?? []));
  const felt = cells.filter((runs) => runs > 0).length;
  return [
    `${counted(days.length, 'run')}${first === undefined ? '' : `, seed ${first.seed}`}: ${passed} passed, ${failed} failed`,
    ...(others === 0 ? [] : [`${others} without pass or fail`]),
    `${felt} of ${cells.length} fault-phase pairs covered`,
  ].join(', ');
}

function coverageLines({ coverage, phases }: ChaosReport, palette: Palette): string[] {
  return [
    palette.faint(
      `  ${'runs where it took effect'.padEnd(nameWidth)}${phases.map((phase) => phase.padStart(countWidth)).join('')}`,
    ),
    ...Object.entries(coverage).map(([name, counts]) => {
      const cells = phases.map((phase) => cellText(counts[phase]).padStart(countWidth));
      return `  ${name.padEnd(nameWidth)}${cells.join('')}`;
    }),
    palette.faint('  · not covered, – cannot act in this phase'),
  ];
}

const cellText = (runs: number | null | undefined): string =>
  runs === 0 ? '·' : typeof runs === 'number' ? String(runs) : '–';
