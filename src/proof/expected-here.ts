/** What an expectation of a message means at one destination. */
import type { Expectation, Rule } from '../config/config.ts';
import type { Destination } from './destinations.ts';

export type ExpectedHere =
  | { rule: Rule }
  /** A declared rule drops it, or names other destinations. */
  | { dropped: string }
  /** It belongs at another of several. */
  | 'elsewhere';

export function expectedHere(
  expectation: Expectation | undefined,
  { name, kind, deadLetters }: Destination,
): ExpectedHere {
  // A source topic has all that was handed over.
  if (kind === 'source') return { rule: 'once' };
  if (expectation === undefined) return deadLetters ? { dropped: 'no dead letter' } : { rule: 'once' };
  if ('dropped' in expectation) return { dropped: expectation.dropped };
  if ('deadLettered' in expectation)
    return deadLetters ? { rule: 'once' } : { dropped: expectation.deadLettered };
  if ('oneOf' in expectation) {
    if (expectation.oneOf === name) return { rule: 'once' };
    if (expectation.among.includes(name)) return 'elsewhere';
    return deadLetters ? { dropped: 'no dead letter' } : { rule: 'once' };
  }
  const rule = expectation.at[name];
  if (rule === undefined) return { dropped: 'not meant for it' };
  return timesOf(rule) === 0 ? { dropped: 'no times' } : { rule };
}

/** How often a message is expected. */
export const timesOf = (rule: Rule): number => (typeof rule === 'object' && 'times' in rule ? rule.times : 1);

/** The rule of the audit that a destination's messages share. */
export function auditRuleOf(rule: Rule): 'once' | 'at-least-once' | 'latest' {
  if (rule === 'at-least-once') return rule;
  return typeof rule === 'object' && 'latest' in rule ? 'latest' : 'once';
}
