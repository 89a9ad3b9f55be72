/** The faults of a run, and whether each took effect. */
import type { FaultRecord } from '../../result/result.ts';
import type { Palette } from '../text/colours.ts';
import { wrap } from '../text/wrap.ts';

export function faultLines(faults: readonly FaultRecord[], palette: Palette): string[] {
  if (faults.length === 0) return [];
  return [
    '',
    palette.faint('  fault'),
    ...faults.flatMap(({ schedule, target, startMs, endMs, tookEffect, evidence }) => {
      const mark = tookEffect ? palette.good('✓') : palette.bad('✗');
      const when = [target, timesOf(startMs, endMs)].filter((part) => part !== null).join(', ');
      return [
        `  ${mark} ${schedule}${when === '' ? '' : palette.faint(`  ${when}`)}`,
        ...evidence.flatMap((fact) => wrap(fact, '    ')),
      ];
    }),
  ];
}

function timesOf(startMs: number | null, endMs: number | null): string | null {
  if (startMs === null) return null;
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  return endMs === null ? `from ${seconds(startMs)} on` : `${seconds(startMs)} to ${seconds(endMs)}`;
}
