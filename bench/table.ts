/** Tables in Markdown, and the format of figures in them. */
import type { Spread } from './spread.ts';

/** The first column holds names, the others figures. */
export function tableOf(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = columns.map((_, index) => (index === 0 ? '---' : '---:'));
  return [columns, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export const groupedDigits = (value: number): string =>
  String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');

/** `5.12 (4.90 to 5.31)` */
export function spreadText({ median, min, max }: Spread, digits = 2): string {
  if (min === max) return median.toFixed(digits);
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
}

export const reached = '✓';
export const missed = '✗';
/** For a measurement that failed. The bench has already printed why. */
export const failed = `failed ${missed}`;

/** `0.28 ✓ at most 0.3`; `shown` may contain more than the figure. */
export function atMost(value: number, limit: number, shown = value.toFixed(2)): string {
  return `${shown} ${value <= limit ? reached : missed} at most ${limit}`;
}

export const mebibytes = (bytes: number): number => Math.round(bytes / 1024 ** 2);

export const countMissed = (tables: readonly string[]): number =>
  tables.reduce((count, table) => count + table.split(missed).length - 1, 0);
