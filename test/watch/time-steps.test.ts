import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Steps, type Step } from '../../src/watch/time-steps.ts';

interface Counted extends Step {
  count: number;
}

const newSteps = (): Steps<Counted> =>
  new Steps<Counted>(
    (step) => ({ ...step, count: 0 }),
    (older, younger) => ({
      startMs: older.startMs,
      lengthMs: older.lengthMs + younger.lengthMs,
      count: older.count + younger.count,
    }),
  );

const day = 24 * 3_600_000;

test('half a minute has four steps per second, including empty ones', () => {
  const steps = newSteps();
  steps.at(1_000_500).count += 1;
  steps.at(1_029_999).count += 2;
  expect(steps.all).toHaveLength(118);
  expect(steps.all[0]).toEqual({ startMs: 1_000_500, lengthMs: 250, count: 1 });
  expect(steps.all.at(-1)).toEqual({ startMs: 1_029_750, lengthMs: 250, count: 2 });
});

test('a day has fewer than 1 500 steps: the latest are 250 ms long, the oldest more than a minute', () => {
  const steps = newSteps();
  for (let time = 0; time < day; time += 250) steps.at(time).count += 1;
  expect(steps.all.length).toBeLessThan(1_500);
  expect(steps.all.slice(-100).every(({ lengthMs }) => lengthMs === 250)).toBe(true);
  expect(steps.all[0]!.lengthMs).toBeGreaterThan(60_000);
});

test('for any sequence of times, steps have no gaps and no count is lost', () => {
  const times = fc.array(fc.integer({ min: 0, max: 5_000_000 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(times, (all) => {
      const steps = newSteps();
      for (const time of all) steps.at(time).count += 1;
      const { all: made } = steps;
      for (const [index, { startMs, lengthMs }] of made.slice(0, -1).entries()) {
        expect(made[index + 1]!.startMs).toBe(startMs + lengthMs);
        expect(made[index + 1]!.lengthMs).toBeLessThanOrEqual(lengthMs);
      }
      expect(made.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
    }),
  );
});

test('a time that lies years ahead, or before the first step, makes no new steps', () => {
  const steps = newSteps();
  steps.at(day * 10);
  steps.at(day * 10_000).count += 1;
  steps.at(day).count += 1;
  expect(steps.all).toEqual([{ startMs: day * 10, lengthMs: 250, count: 2 }]);
});
