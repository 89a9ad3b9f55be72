/** Days of chaos for a person at a terminal: a line each, and what there was in all. */
import { exitCodes } from '../../errors.ts';
import type { Result } from '../../result/result.ts';
import type { Verdict } from '../../result/verdict.ts';
import { findingsText } from '../text/finding-text.ts';
import type { Palette } from '../text/colours.ts';
import { latencyText } from '../text/quantities.ts';
import { wrap } from '../text/wrap.ts';
import { counted } from '../../text/counted.ts';

/** What is told of a day. */
export interface DayReport {
  /** Id of its run. */
  run: string;
  /** From 0. */
  seed: number;
  faults: readonly string[];
  exitCode: number;
  /** undefined where it ended before there was one. */
  result: Pick<Result, 'verdict' | 'findings' | 'notChecked'> | undefined;
  /** The last that it said. */
  said: string;
  /** The folder of what it left; undefined where all was well. */
  evidence: string | undefined;
  ms: number;
}

export interface ChaosReport {
  days: readonly DayReport[];
  /** How many there were to be; undefined for as many as there was time for. */
  of: number | undefined;
  phases: readonly string[];
  /** By fault, in how many runs it acted and was felt in each phase; null where it cannot act. */
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

/** What was covered, and how the days came out. */
export const chaosSummary = (report: ChaosReport, palette: Palette): string[] => [
  ...coverageLines(report, palette),
  '',
  `  ${outcomeText(report)}`,
];

/** All, where no day was told of before. */
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
    ...(others === 0 ? [] : [`${others} without a verdict that counts`]),
    `${felt} of ${cells.length} cells covered`,
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
    palette.faint('  · not covered, – cannot act then'),
  ];
}

const cellText = (runs: number | null | undefined): string =>
  runs === 0 ? '·' : typeof runs === 'number' ? String(runs) : '–';
