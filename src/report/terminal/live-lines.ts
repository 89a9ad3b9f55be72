/** A run in progress for a person at a terminal, in at most twelve lines: progress, speed, states and faults. */
import type { FaultRecord } from '../../result/result.ts';
import { plural } from '../../text/counted.ts';
import { printable } from '../../text/printable.ts';
import type { HopProgress, RunProgress } from '../../watch/run-progress.ts';
import { latencyText, grouped } from '../text/quantities.ts';
import { sparkline } from '../text/sparkline.ts';

const barCells = 16;
const statesShown = 5;
const faultsShown = 3;
const labelWidth = 12;
const countWidth = 13;
const hops = ['sent', 'acked', 'consumed', 'stored'] as const;

export interface LiveRates {
  /** Messages in each of the last seconds, the latest last. */
  acked: readonly number[];
  stored: readonly number[];
}

/** Lines without a newline at their end. */
export function liveLines(progress: RunProgress, rates: LiveRates): string[] {
  const { acked, stored, planned, consumers } = progress;
  if (progress.pipeline !== undefined) return pipelineLines(progress, rates);
  if (progress.sent.count + progress.consumed.count === 0 && consumers === 0) return [];
  return [
    barLine('acked', acked.count, planned, rates.acked),
    barLine('stored', stored.count, planned, rates.stored),
    ...stateLines(progress),
    ...faultLines(progress.faults),
  ];
}

/**
 * nodrop sees what it hands over, and the faults. Empty once that is over: then the progress of reading hops and sinks is
 * shown instead.
 */
function pipelineLines(progress: RunProgress, rates: LiveRates): string[] {
  const { acked, planned, phase, faults } = progress;
  if (phase !== 'publishing' && !faults.some(({ endMs }) => endMs === null)) return [];
  return [barLine('acked', acked.count, planned, rates.acked), ...lostLine(progress), ...faultLines(faults)];
}

/** `total`: null if it is not known. */
export function barLine(
  label: string,
  done: number,
  total: number | null,
  seconds: readonly number[],
): string {
  const latest = seconds.at(-1);
  const speed = latest === undefined ? '' : `  ${sparkline(seconds)} ${grouped(latest)}/s`;
  if (total === null) return `${label.padEnd(8)} ${grouped(done)}${speed}`;
  const filled = total === 0 ? barCells : Math.round((Math.min(done, total) / total) * barCells);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barCells - filled)}`;
  return `${label.padEnd(8)} ${bar} ${grouped(done)}/${grouped(total)}${speed}`;
}

/** The first states only; the counts above include the others. */
function stateLines(progress: RunProgress): string[] {
  const names = [...new Set(hops.flatMap((hop) => Object.keys(progress[hop].byState)))];
  const rows = names.slice(0, statesShown).map((name) => {
    const counts = hops.map((hop) => grouped(progress[hop].byState[name] ?? 0).padStart(countWidth));
    return `${shortened(printable(name)).padEnd(labelWidth)}${counts.join('')}`;
  });
  const more = names.length - statesShown;
  return [
    `${''.padEnd(labelWidth)}${hops.map((hop) => hop.padStart(countWidth)).join('')}`,
    ...rows,
    ...(more > 0 ? [`and ${more} more`] : []),
    ...lostLine(progress),
  ];
}

const lostLine = ({ unknown, rejected, aborted, refusedWrites }: RunProgress): string[] => {
  const parts = [
    some(unknown, 'unknown'),
    some(rejected, 'rejected'),
    some(aborted, 'aborted'),
    some(refusedWrites, `${plural(refusedWrites, 'write')} refused`),
  ];
  const text = parts.filter((part) => part !== '').join(', ');
  return text === '' ? [] : [text];
};

/** The latest faults, under way or over. */
function faultLines(faults: readonly FaultRecord[]): string[] {
  const shown = faults.slice(-faultsShown);
  return shown.map(({ schedule, target, startMs, endMs }) => {
    const acts = target === null ? '' : ` on ${printable(target)}`;
    const time =
      endMs === null || startMs === null ? 'under way' : `over after ${latencyText(endMs - startMs)}`;
    return `fault    ${schedule}${acts}, ${time}`;
  });
}

const shortened = (name: string): string =>
  name.length < labelWidth ? name : `${name.slice(0, labelWidth - 2)}…`;

const some = (count: HopProgress['count'], what: string): string =>
  count === 0 ? '' : `${grouped(count)} ${what}`;
