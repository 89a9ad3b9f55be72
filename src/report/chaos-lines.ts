/** Days of chaos for a person at a terminal: a line each, and what there was in all. */
import { exitCodes } from '../errors.ts';
import type { Verdict } from '../verdict.ts';
import type { Palette } from './palette.ts';
import { findingsText } from './finding-text.ts';
import type { Result } from '../result.ts';
import { durationText } from './quantities.ts';
import { wrap } from './wrap.ts';

/** What is told of a day. */
export interface DayReport {
  exitCode: number;
  /** undefined where it ended before there was one. */
  result: Pick<Result, 'verdict' | 'findings' | 'notChecked'> | undefined;
  /** The last that it said. */
  said: string;
  faults: readonly string[];
  /** The folder of what it left, where it was not all well. */
  evidence: string;
  ms: number;
}

const wordWidth = 13;
const nameWidth = 36;
const countWidth = 11;

/** `number`: from 1. */
export function dayLines(number: number, of: number | undefined, day: DayReport, palette: Palette): string[] {
  const { exitCode, result, faults, evidence, ms } = day;
  const place = of === undefined ? String(number) : `${number}/${of}`;
  const word = result?.verdict ?? `ended: ${exitCode}`;
  const head = `  ${place.padStart(7)}  ${paintOf(result?.verdict, palette)(word.padEnd(wordWidth))}${durationText(ms).padStart(7)}`;
  const [first = '', ...rest] = wrap(faults.join(' '), ' '.repeat(34));
  const lines = [`${head}  ${first.trim()}`, ...rest];
  if (exitCode === exitCodes.pass) return lines;
  return [...lines, ...wrap(whyOf(day), '           '), ...wrap(`Evidence: ${evidence}`, '           ')];
}

function whyOf({ result, said }: DayReport): string {
  if (result === undefined) return said.split('\n').at(-1) ?? '';
  if (result.findings.length > 0) return `${findingsText(result.findings)}.`;
  return result.notChecked.join(' ');
}

const paintOf = (
  verdict: Verdict | undefined,
  { good, bad, doubtful }: Palette,
): ((text: string) => string) => (verdict === 'pass' ? good : verdict === 'inconclusive' ? doubtful : bad);

/** By fault, in how many runs it acted and was felt in each phase. */
export function coverageLines(
  table: Readonly<Record<string, Readonly<Record<string, number>>>>,
  phases: readonly string[],
  palette: Palette,
): string[] {
  return [
    palette.faint(
      `  ${'felt in so many runs'.padEnd(nameWidth)}${phases.map((phase) => phase.padStart(countWidth)).join('')}`,
    ),
    ...Object.entries(table).map(([name, counts]) => {
      const cells = phases.map((phase) => String(counts[phase] || '·').padStart(countWidth));
      return `  ${name.padEnd(nameWidth)}${cells.join('')}`;
    }),
  ];
}
