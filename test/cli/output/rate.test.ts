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
