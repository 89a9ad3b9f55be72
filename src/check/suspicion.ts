/** Whether a check looks again: what is wrong must be so in two looks, one after the other. */
import type { CheckRecord } from './check-record.ts';
import type { JudgedFacts } from './judge-facts.ts';

/**
 * Whether the sink may only have been late, or was changing. What the topic shows by itself does not change. In a sink
 * that may have removed rows, a late one is no finding, but is not judged.
 */
export const isSuspect = ({ audit, tallies }: JudgedFacts, { sinks }: CheckRecord): boolean =>
  tallies.some(({ vanished }) => vanished > 0) ||
  audit.findings.some(({ blame }) => blame !== 'producer' && blame !== 'broker') ||
  (audit.acknowledged.unjudged > 0 && sinks.some(({ looks }) => looks.at(-1)!.holes.length > 0));

/** What two looks have in common if nothing came, went or changed between them. */
export const standing = ({ audit, tallies }: JudgedFacts): string =>
  [
    ...audit.findings.map(({ kind, blame, count }) => `${kind} ${blame} ${count}`),
    ...tallies.map(({ vanished }) => `vanished ${vanished}`),
    `unjudged ${audit.acknowledged.unjudged}`,
  ].join(', ');
