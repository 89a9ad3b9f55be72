import type { Counts } from '../../result/verdict.ts';
import { grouped } from './quantities.ts';

/** `3 superseded`, for each count of a rule that is not 0. Results of earlier versions have none. */
export const ruleCounts = ({
  repeated = 0,
  superseded = 0,
  unrooted = 0,
  dropped = 0,
}: Partial<Counts>): string[] =>
  Object.entries({ repeated, superseded, unrooted, dropped }).flatMap(([name, count]) =>
    count === 0 ? [] : [`${grouped(count)} ${name}`],
  );
