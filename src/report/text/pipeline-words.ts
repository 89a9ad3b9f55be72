/** What was expected and found at a destination of a user's pipeline, in words. */
import type { DestinationSummary, Result } from '../../result/result.ts';
import { grouped } from './quantities.ts';

export const ledgerRootText = 'the ledger: nodrop made the messages';

/**
 * As many rows may be there as are expected though a message is lost and another is doubled: findings decide, too. Messages of
 * unknown outcome may be there or not.
 */
export function isAsExpected(
  { name, rule, expected, found }: DestinationSummary,
  { ledger, findings }: Pick<Result, 'ledger' | 'findings'>,
): boolean {
  if (findings.some(({ hop, allowed }) => hop === name && allowed !== true)) return false;
  if (rule === 'latest') return true;
  return found === expected || (found > expected && (rule === 'at-least-once' || ledger.unknown > 0));
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
