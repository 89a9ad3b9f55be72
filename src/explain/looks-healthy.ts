import { isFact, type ExpectedFacts, type Fact, type OutcomeEvent, type TimelineEvent } from './timeline.ts';

/**
 * Whether a message's timeline shows nothing odd: it was sent and stored once, correct, and alone in its place; or
 * not at all. Only the audit judges, and it considers more; this function says when the last audit may be out of date.
 */
export function isAsExpected(
  id: string,
  expected: ExpectedFacts | null,
  events: readonly TimelineEvent[],
): boolean {
  if (expected === null) return false;
  const facts = events.filter(isFact);
  const mayAbort = mayBeAborted(events);
  if (facts.some((fact) => fact.hop === 'dead-letter' || isStranger(fact, id) || isSpoilt(fact, mayAbort)))
    return false;
  const outcomes = facts.flatMap((fact) => (fact.hop === 'outcome' ? [wholeOutcomeOf(fact)] : []));
  const countOf = (hop: Fact['hop']): number =>
    facts.filter((fact) => fact.hop === hop && !(fact.hop === 'log' && fact.isAborted)).length;
  const [records, rows] = [countOf('log'), countOf('row')];
  const isAcked = outcomes.includes('acked');
  const isMissing = (hop: Fact['hop']): boolean =>
    events.some((event) => event.hop === hop && 'missing' in event);
  const isUnknown = outcomes.includes('unknown') || isMissing('intent');
  // Without the log, only the store shows whether a send in doubt was written.
  const written = Math.min(isMissing('log') ? rows : records, 1);
  const wanted = isAcked ? 1 : isUnknown ? written : 0;
  return (isMissing('row') || rows === wanted) && (isMissing('log') || records === wanted);
}

const isStranger = (fact: Fact, id: string): boolean => 'id' in fact && fact.id !== id;

/** Whether a transaction of the message was not committed, as far as its ledger tells. */
export const mayBeAborted = (events: readonly TimelineEvent[]): boolean =>
  events.some((event) => isFact(event) && event.hop === 'outcome' && isUncommitted(event));

const isUncommitted = ({ transaction }: OutcomeEvent): boolean =>
  transaction !== undefined && transaction.end !== 'committed';

/** The outcome of an attempt and of its transaction together. */
const wholeOutcomeOf = (event: OutcomeEvent): string =>
  isUncommitted(event) && event.outcome !== 'rejected' ? event.transaction!.end : event.outcome;

const isSpoilt = (fact: Fact, mayAbort: boolean): boolean =>
  (fact.hop === 'log' && ((fact.isAborted && !mayAbort) || fact.isCrcBad || isOther(fact.differs))) ||
  (fact.hop === 'row' && isOther(fact.differs));

const isOther = (differs: string[] | null): boolean => differs !== null && differs.length > 0;
