import { expect, test } from 'vitest';
import { noMeasurements, noTimings, exitCodeOf, type Measurements } from '../../src/result/result.ts';
import { judgeThresholds, parseThreshold } from '../../src/result/thresholds.ts';

const percentiles = { p50: 2, p90: 4, p99: 9.5, 'p99.9': 20, max: 31, mean: 3 };
const measured: Measurements = {
  rates: { acked: 5_000, stored: 4_990.5 },
  latency: {
    acked: { count: 100, ...percentiles },
    stored: null,
    missing: { acked: [], stored: [] },
  },
};
const timings = { ...noTimings(), drainMs: 1_500 };
const judge = (text: string, measurements = measured): { value: number | null; met: boolean } => {
  const [{ value, met } = { value: null, met: false }] = judgeThresholds([parseThreshold(text)], {
    ...measurements,
    timings,
  });
  return { value, met };
};

test.each([
  ['acked.p99<10ms', 9.5, true],
  ['acked.p99<9500us', 9.5, false],
  ['acked.p99 <= 9.5ms', 9.5, true],
  ['acked.p99.9<0.02s', 20, false],
  ['acked.max>=31ms', 31, true],
  ['acked.mean<1m', 3, true],
  ['acked.count>=100', 100, true],
  ['acked.rate>4999/s', 5_000, true],
  ['stored.rate>5000', 4_990.5, false],
  ['drain.time<=1.5s', 1_500, true],
])('the threshold %s has the value %d, and met is %s', (text, value, met) => {
  expect(judge(text)).toEqual({ value, met });
});

test('a threshold whose metric was not measured, or only in part, is not met', () => {
  expect(judge('stored.p99<1m')).toEqual({ value: null, met: false });
  expect(judge('total.time<1m')).toEqual({ value: null, met: false });
  const missing = { acked: ['latency-acked-p1.hlog: it is not there'], stored: [] };
  const partly = { ...measured, latency: { ...measured.latency, missing } };
  expect(judge('acked.p99<1m', partly)).toEqual({ value: null, met: false });
  expect(judge('acked.rate>1', partly)).toEqual({ value: null, met: false });
  expect(judge('stored.rate>1', partly)).toEqual({ value: 4_990.5, met: true });
  expect(judge('acked.count>=0', noMeasurements())).toEqual({ value: null, met: false });
});

test.each([
  ['acked.p98<1ms', 'no metric acked.p98'],
  ['stored.p99=1ms', 'METRIC, <, <=, > or >='],
  ['stored.p99<30', 'takes a duration'],
  ['stored.p99<30h', 'takes a duration'],
  ['stored.rate>3ms', 'takes a number, as messages a second'],
  ['acked.count>3/s', 'takes a number'],
  ['', 'METRIC'],
])('the threshold %j is a usage error', (text, why) => {
  expect(() => parseThreshold(text)).toThrow(why);
});

test('a missed threshold changes the exit code (3) only if the run passes', () => {
  const missed = [{ threshold: 'acked.p99<1ms', value: 9.5, met: false }];
  const met = [{ threshold: 'acked.p99<1s', value: 9.5, met: true }];
  expect(exitCodeOf({ verdict: 'pass', thresholds: [...met, ...missed] })).toBe(3);
  expect(exitCodeOf({ verdict: 'pass', thresholds: met })).toBe(0);
  expect(exitCodeOf({ verdict: 'fail', thresholds: missed })).toBe(1);
  expect(exitCodeOf({ verdict: 'inconclusive', thresholds: missed })).toBe(2);
});
