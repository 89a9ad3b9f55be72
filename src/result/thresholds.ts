/** Requirements for a run's speed, such as `stored.p99<30ms`: parses them and judges whether the run met them. */
import { usageError } from '../errors.ts';
import type { JudgedThreshold, Latency, Measurements, Timings } from './result.ts';

export interface Threshold {
  /** As the user wrote it. */
  text: string;
  metric: string;
  operator: Operator;
  /** In the metric's unit. */
  limit: number;
}

interface Metric {
  takes: Unit;
  valueOf(measured: Measured): number | null;
}

type Measured = Measurements & { timings: Timings };
export type Unit = 'duration' | 'rate' | 'count';
type Kind = 'acked' | 'stored';

const operators = {
  '<=': (value: number, limit: number) => value <= limit,
  '>=': (value: number, limit: number) => value >= limit,
  '<': (value: number, limit: number) => value < limit,
  '>': (value: number, limit: number) => value > limit,
};
type Operator = keyof typeof operators;

/** The suffixes that a number may have, and the factor of each. */
const suffixes: Record<Unit, Record<string, number>> = {
  duration: { us: 0.001, ms: 1, s: 1_000, m: 60_000 },
  rate: { '': 1, '/s': 1 },
  count: { '': 1 },
};
const examples: Record<Unit, string> = {
  duration: 'a duration such as 500us, 30ms or 1.5s',
  rate: 'a number, as messages a second',
  count: 'a number',
};

/** Incomplete logs lack some messages: percentiles of the others are not the run's. */
const isWhole = ({ latency }: Measured, kind: Kind): boolean => latency.missing[kind].length === 0;
const latencyMetric = (kind: Kind, field: keyof Latency, takes: Unit): Metric => ({
  takes,
  valueOf: (measured) => (isWhole(measured, kind) ? (measured.latency[kind]?.[field] ?? null) : null),
});
const rateMetric = (kind: Kind): Metric => ({
  takes: 'rate',
  valueOf: (measured) => (isWhole(measured, kind) ? measured.rates[kind] : null),
});
const timeMetric = (timing: Exclude<keyof Timings, 'readMs'>): Metric => ({
  takes: 'duration',
  valueOf: ({ timings }) => timings[timing],
});

const metricsOf = (kind: Kind): [string, Metric][] => [
  ...(['p50', 'p90', 'p99', 'p99.9', 'max', 'mean'] as const).map((field): [string, Metric] => [
    `${kind}.${field}`,
    latencyMetric(kind, field, 'duration'),
  ]),
  [`${kind}.rate`, rateMetric(kind)],
  [`${kind}.count`, latencyMetric(kind, 'count', 'count')],
];

const metrics = new Map<string, Metric>([
  ...metricsOf('acked'),
  ...metricsOf('stored'),
  ['produce.time', timeMetric('produceMs')],
  ['drain.time', timeMetric('drainMs')],
  ['audit.time', timeMetric('auditMs')],
  ['total.time', timeMetric('totalMs')],
]);

/** Throws `usage` with the metrics that exist. */
export function parseThreshold(text: string): Threshold {
  const match = /^\s*([^\s<>=]+)\s*([<>]=?)\s*(\d+(?:\.\d+)?)\s*([a-z/]*)\s*$/.exec(text);
  if (match === null) {
    throw usageError(
      `--threshold takes METRIC, <, <=, > or >=, and a limit, such as 'stored.p99<30ms'; not '${text}'.`,
      `The metrics: ${[...metrics.keys()].join(', ')}.`,
    );
  }
  const [, name = '', operator, number, suffix = ''] = match;
  const metric = metrics.get(name);
  if (metric === undefined) {
    throw usageError(
      `--threshold '${text}': there is no metric ${name}.`,
      `The metrics: ${[...metrics.keys()].join(', ')}.`,
    );
  }
  const factor = suffixes[metric.takes][suffix];
  if (factor === undefined)
    throw usageError(`--threshold '${text}': ${name} takes ${examples[metric.takes]}.`);
  return { text: text.trim(), metric: name, operator: operator as Operator, limit: Number(number) * factor };
}

/** A threshold whose metric could not be measured is not met. */
export function judgeThresholds(thresholds: readonly Threshold[], measured: Measured): JudgedThreshold[] {
  return thresholds.map(({ text, metric, operator, limit }) => {
    const value = metrics.get(metric)!.valueOf(measured);
    return { threshold: text, value, met: value !== null && operators[operator](value, limit) };
  });
}

/** The unit of a threshold's metric: milliseconds, messages a second, or messages. */
export const unitOf = (threshold: string): Unit => metrics.get(parseThreshold(threshold).metric)!.takes;
