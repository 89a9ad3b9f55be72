import { isFact, type ExpectedFacts, type Fact, type TimelineEvent } from './timeline.ts';

/**
 * Whether a message's timeline shows nothing odd: sent and stored once, right, and alone in its place; or not at
 * all. The audit is the judge, and weighs what this does not; this says when the last one may be out of date.
 */
export function isAsExpected(
  id: string,
  expected: ExpectedFacts | null,
  events: readonly TimelineEvent[],
): boolean {
  if (expected === null) return false;
  const facts = events.filter(isFact);
  if (facts.some((fact) => fact.hop === 'dead-letter' || isStranger(fact, id) || isSpoilt(fact)))
    return false;
  const outcomes = facts.flatMap((fact) => (fact.hop === 'outcome' ? [fact.outcome] : []));
  const countOf = (hop: Fact['hop']): number => facts.filter((fact) => fact.hop === hop).length;
  const [records, rows] = [countOf('log'), countOf('row')];
  const isAcked = outcomes.includes('acked');
  const isMissing = (hop: Fact['hop']): boolean =>
    events.some((event) => event.hop === hop && 'missing' in event);
  const isUnknown = outcomes.includes('unknown') || isMissing('intent');
  // Without the log, the store alone tells whether one in doubt was written.
  const written = Math.min(isMissing('log') ? rows : records, 1);
  const wanted = isAcked ? 1 : isUnknown ? written : 0;
  return (isMissing('row') || rows === wanted) && (isMissing('log') || records === wanted);
}

const isStranger = (fact: Fact, id: string): boolean => 'id' in fact && fact.id !== id;

const isSpoilt = (fact: Fact): boolean =>
  (fact.hop === 'log' && (fact.isAborted || fact.isCrcBad || isOther(fact.differs))) ||
  (fact.hop === 'row' && isOther(fact.differs));

const isOther = (differs: string[] | null): boolean => differs !== null && differs.length > 0;
