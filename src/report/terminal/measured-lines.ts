/** How fast a run was, for the summary: a line for each latency and rate, then the thresholds. */
import type { Latency, Result } from '../../result/result.ts';
import type { Palette } from '../text/colours.ts';
import { latencyText, grouped, thresholdValueText } from '../text/quantities.ts';
import { wrap } from '../text/wrap.ts';

const shown = ['p50', 'p90', 'p99', 'p99.9', 'max'] as const;
const columnWidth = 10;
const rateWidth = 14;
const thresholdWidth = 30;
const valueWidth = 14;

/** Empty if nothing was measured. */
export function measuredLines({ latency, rates }: Result, palette: Palette): string[] {
  if (latency.acked === null && latency.stored === null) return [];
  const heads = shown.map((name) => name.padStart(columnWidth)).join('');
  return [
    '',
    palette.faint(`  latency ${heads}${'messages/s'.padStart(rateWidth)}`),
    ...lineOf('acked', latency.acked, rates.acked),
    ...lineOf('stored', latency.stored, rates.stored),
    ...[...latency.missing.acked, ...latency.missing.stored].flatMap((text) => wrap(`without ${text}`, '  ')),
  ];
}

function lineOf(name: string, latency: Latency | null, rate: number | null): string[] {
  if (latency === null) return [];
  const cells = shown.map((field) => latencyText(latency[field]).padStart(columnWidth)).join('');
  return [`  ${name.padEnd(7)} ${cells}${(rate === null ? '' : grouped(rate)).padStart(rateWidth)}`];
}

export function thresholdLines({ thresholds }: Result, palette: Palette): string[] {
  if (thresholds.length === 0) return [];
  const width = Math.max(thresholdWidth, ...thresholds.map(({ threshold }) => threshold.length));
  return [
    '',
    palette.faint(`  ${'threshold'.padEnd(width)}${'measured'.padStart(valueWidth)}`),
    ...thresholds.map((judged) => {
      const value = thresholdValueText(judged).padStart(valueWidth);
      return `  ${judged.threshold.padEnd(width)}${value}  ${judged.met ? palette.good('✓') : palette.bad('✗')}`;
    }),
  ];
}
