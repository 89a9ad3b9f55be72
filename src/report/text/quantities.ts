/** Numbers as a person reads them. */
import type { JudgedThreshold } from '../../result/result.ts';
import { unitOf } from '../../result/thresholds.ts';

/** `0.85 ms`, `12.3 ms`, `1.25 s`: three digits. */
export function latencyText(ms: number): string {
  return ms < 999.5 ? `${threeDigits(ms)} ms` : `${threeDigits(ms / 1_000)} s`;
}

const threeDigits = (value: number): string => value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);

/** `12 345`, without a fraction. */
export const grouped = (count: number): string =>
  Math.round(count).toLocaleString('en-US').replaceAll(',', ' ');

export function thresholdValueText({ threshold, value }: JudgedThreshold): string {
  if (value === null) return 'not measured';
  const unit = unitOf(threshold);
  if (unit === 'duration') return latencyText(value);
  return unit === 'rate' ? `${grouped(value)}/s` : grouped(value);
}
