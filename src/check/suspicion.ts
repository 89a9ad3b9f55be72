/** Whether a check looks again: what is wrong must be so in two looks, one after the other. */
import type { JudgedFacts } from './judge-facts.ts';

/** Whether the sink may only have been late, or was changing. What the topic shows by itself does not change. */
export const isSuspect = ({ audit, tallies }: JudgedFacts): boolean =>
  tallies.some(({ vanished }) => vanished > 0) ||
  audit.findings.some(({ blame }) => blame !== 'producer' && blame !== 'broker');

/** What two looks have in common if nothing came, went or changed between them. */
export const standing = ({ audit, tallies }: JudgedFacts): string =>
  [
    ...audit.findings.map(({ kind, blame, count }) => `${kind} ${blame} ${count}`),
    ...tallies.map(({ vanished }) => vanished),
  ].join(', ');
