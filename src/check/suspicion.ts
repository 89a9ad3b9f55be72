/** Whether a look at a sink calls for another one. */
import type { Audit } from '../result/verdict.ts';
import type { CheckRecord } from './check-record.ts';

/**
 * Whether the sink may only have been late. What the topic shows by itself does not change. In a sink that may have
 * removed rows, a late one is no finding, but is not judged.
 */
export const isSuspect = ({ findings, acknowledged }: Audit, { sinks }: CheckRecord): boolean =>
  findings.some(({ blame }) => blame !== 'producer' && blame !== 'broker') ||
  (acknowledged.unjudged > 0 && sinks.some(({ looks }) => looks.at(-1)!.holes.length > 0));

export const standing = ({ findings, acknowledged }: Audit): string =>
  [
    ...findings.map(({ kind, blame, count }) => `${kind} ${blame} ${count}`),
    `unjudged ${acknowledged.unjudged}`,
  ].join(', ');
