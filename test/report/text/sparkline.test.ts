import { expect, test } from 'vitest';
import { sparkline } from '../../../src/report/text/sparkline.ts';

test.each([
  [[], ''],
  [[0], '▁'],
  [[0, 1, 2, 4, 8], '▁▂▃▅█'],
  [[5, 5], '██'],
  [[-3, 10], '▁█'],
])('the sparkline of %j is %s', (values, line) => expect(sparkline(values)).toBe(line));
