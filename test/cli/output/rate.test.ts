import { expect, test } from 'vitest';
import { Rate } from '../../../src/cli/output/rate.ts';

test('each whole second has its own count, and a second without messages has 0', () => {
  const rate = new Rate();
  rate.add(10, 5_000);
  expect(rate.seconds(5_900)).toEqual([]);
  rate.add(40, 5_500);
  expect(rate.seconds(6_000)).toEqual([40]);
  rate.add(100, 6_200);
  expect(rate.seconds(8_100)).toEqual([40, 60, 0]);
});

test('only the last 12 seconds are kept', () => {
  const rate = new Rate();
  rate.add(1, 0);
  expect(rate.seconds(3_600_000)).toHaveLength(12);
});

test('the time left follows from the mean of the last seconds', () => {
  const rate = new Rate();
  rate.add(0, 0);
  rate.add(100, 900);
  expect(rate.secondsLeft(1_000, 1_500)).toBeUndefined();
  rate.add(300, 1_900);
  expect(rate.secondsLeft(1_000, 2_000)).toBeCloseTo(700 / 150);
  expect(rate.secondsLeft(300, 2_000)).toBeUndefined();
});

test('a count that begins again, as that of a second look, is no step back', () => {
  const rate = new Rate();
  rate.add(100, 0);
  rate.add(10, 1_100);
  rate.add(30, 1_900);
  expect(rate.seconds(2_000)).toEqual([100, 20]);
});
