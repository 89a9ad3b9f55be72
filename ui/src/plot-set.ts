/** The plots of a run, and the columns of each. */
import { latencyText, grouped } from '../../src/report/text/quantities.ts';
import type { JudgedThreshold } from '../../src/result/result.ts';
import type { LatencySeries, Series } from '../../src/watch/series.ts';
import { parseThreshold } from '../../src/result/thresholds.ts';

export interface Line {
  label: string;
  values: (number | null)[];
  /** A CSS variable. */
  color: string;
  dash?: number[];
}

export interface Plot {
  title: string;
  /** In seconds since the epoch. */
  xs: number[];
  lines: Line[];
  /** The thresholds that the plot shows. */
  limits: Limit[];
  text: (value: number) => string;
  logarithmic?: boolean;
  /** Whether each value holds until the next. */
  stepped?: boolean;
}

const dashes = [undefined, [8, 3], [3, 3], [1, 3], [12, 3, 2, 3], [6, 6]];
const looks = dashes.length;

export interface Limit {
  metric: string;
  /** The threshold as the user wrote it. */
  text: string;
  value: number;
}

interface Known {
  thresholds: readonly JudgedThreshold[];
  isJournalKept: boolean;
}

export function plotsOf(series: Series, { thresholds, isJournalKept }: Known): Plot[] {
  const { sent, acked, consumed, stored, lag, latency } = series;
  const xs = series.startMs.map((ms) => ms / 1_000);
  const limits = thresholds.map(({ threshold }): Limit => {
    const { metric, limit, text } = parseThreshold(threshold);
    return { metric, text, value: limit };
  });
  const limitsOf = (...metrics: string[]): Limit[] =>
    limits.filter(({ metric }) => metrics.some((each) => metric.startsWith(each)));
  const latencies = ['p', 'max', 'mean'];
  const beyond: Plot[] = [
    {
      title: 'Lag: acknowledged but not stored',
      xs,
      text: grouped,
      lines: [{ label: 'messages', values: lag, color: '--look-2' }],
      limits: [],
    },
    {
      ...latencyPlot('Until stored', xs, latency.stored),
      limits: limitsOf(...latencies.map((each) => `stored.${each}`)),
    },
  ];
  return [
    {
      title: 'Messages per second',
      xs,
      text: grouped,
      lines: linesOf([
        ['sent', sent],
        ['acknowledged', acked],
        ...(isJournalKept
          ? ([
              ['delivered', consumed],
              ['stored', stored],
            ] as [string, number[]][])
          : []),
      ]),
      limits: limitsOf('acked.rate', 'stored.rate'),
    },
    ...(isJournalKept ? beyond.slice(0, 1) : []),
    {
      ...latencyPlot('Until acknowledged', xs, latency.acked),
      limits: limitsOf(...latencies.map((each) => `acked.${each}`)),
    },
    ...(isJournalKept ? beyond.slice(1) : []),
    ...leadersPlot(series),
  ];
}

/** From the first step to the last, in seconds; the length of one step if there is only one. */
export function rangeOf({ startMs, stepMs }: Series): [number, number] {
  const [first, last] = [startMs[0] ?? 0, startMs.at(-1) ?? 0];
  return [first / 1_000, Math.max(last, first + (stepMs[0] ?? 1_000)) / 1_000];
}

const linesOf = (columns: [string, (number | null)[]][]): Line[] =>
  columns.map(([label, values], index) => {
    const dash = dashes[index % looks];
    return { label, values, color: `--look-${index % looks}`, ...(dash && { dash }) };
  });

function latencyPlot(title: string, xs: number[], { p50, p90, p99, max, ...rest }: LatencySeries): Plot {
  const lines = linesOf([
    ['p50', p50],
    ['p90', p90],
    ['p99', p99],
    ['p99.9', rest['p99.9']],
  ]);
  return {
    title,
    xs,
    text: latencyText,
    limits: [],
    logarithmic: true,
    lines: [...lines, { label: 'max', values: max, color: '--faint' }],
  };
}

/** The number of partitions that each broker leads; no plot if one broker led all of them all the time. */
function leadersPlot(series: Series): Plot[] {
  const { leaders } = series;
  const ids = [...new Set(leaders.flatMap((each) => each.leaders))].sort((a, b) => a - b);
  if (ids.length < 2) return [];
  const last = leaders.at(-1)!;
  const shown = [...leaders, { ...last, time: Math.max(last.time, rangeOf(series)[1] * 1_000) }];
  const ledBy = (id: number): number[] =>
    shown.map((each) => each.leaders.filter((leader) => leader === id).length);
  return [
    {
      title: 'Partitions led',
      xs: shown.map(({ time }) => time / 1_000),
      text: grouped,
      limits: [],
      stepped: true,
      lines: linesOf(ids.map((id) => [id === -1 ? 'no leader' : `broker ${id}`, ledBy(id)])),
    },
  ];
}
