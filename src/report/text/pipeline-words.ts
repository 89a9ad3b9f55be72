/** What was expected and found at a destination of a user's pipeline, in words. */
import type { DestinationSummary, Result } from '../../result/result.ts';
import { grouped } from './quantities.ts';

export const ledgerRootText = 'the ledger: nodrop made the messages';

/** Messages of unknown outcome may be there or not, so there may be as many more. */
export function isAsExpected(
  { rule, expected, found }: DestinationSummary,
  { ledger: { unknown } }: Pick<Result, 'ledger'>,
): boolean {
  if (rule === 'latest') return true;
  return found >= expected && (rule === 'at-least-once' || found <= expected + unknown);
}

/** What the two numbers need to be understood. */
export const destinationNotes = ({ rule, unrooted, looks }: DestinationSummary): string[] => [
  ...(rule === 'once' ? [] : [rule]),
  ...(unrooted === 0 ? [] : [`${grouped(unrooted)} of others`]),
  ...(looks === 1 ? [] : [`${looks} looks`]),
];

/** `8 (test orders are filtered), 4 (orders that cannot be read)`; empty if no rule drops anything. */
export const dropsText = (drops: Readonly<Record<string, number>>): string =>
  Object.entries(drops)
    .map(([reason, count]) => `${grouped(count)} (${reason})`)
    .join(', ');
