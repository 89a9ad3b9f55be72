/** An event of a timeline in words: what it is, and what is to be said of it. */
import {
  isFact,
  type Fact,
  type Hop,
  type OutcomeEvent,
  type Timeline,
  type TimelineEvent,
} from '../timeline.ts';

export interface EventText {
  label: string;
  text: string;
  /** Whether it says that something is not as it was to be. */
  isOdd: boolean;
}

const labels: Record<Hop, string> = {
  intent: 'intent',
  outcome: 'outcome',
  log: 'log',
  delivery: 'delivered',
  written: 'written',
  refused: 'refused',
  position: 'position',
  commit: 'commit',
  row: 'row',
  'dead-letter': 'dead letter',
};

export function eventText(event: TimelineEvent, timeline: Timeline): EventText {
  if (isFact(event)) return factText(event, timeline);
  const label = labels[event.hop];
  if (event.missing !== undefined) return { label, text: `not known: ${event.missing}`, isOdd: true };
  if (event.more !== undefined) return { label, text: `at least ${event.more} more`, isOdd: false };
  return { label, text: event.nothing ?? '', isOdd: false };
}

function factText(fact: Fact, { id }: Timeline): EventText {
  const label = fact.hop === 'outcome' ? fact.outcome : labels[fact.hop];
  const right = (text: string): EventText => ({ label, text, isOdd: false });
  switch (fact.hop) {
    case 'intent':
      return right(`${fact.producer}, session ${fact.session}, was about to send it`);
    case 'outcome': {
      const isOther = fact.id !== id;
      return { label, text: `${isOther ? `${fact.id}, ` : ''}${outcomeText(fact)}`, isOdd: isOther };
    }
    case 'log':
      return { label, ...logText(fact, id) };
    case 'delivery':
      return right(
        `${at(fact)} to consumer ${fact.consumer}, epoch ${fact.epoch}` +
          (fact.count > 1 ? `, delivery ${fact.count} of the same record` : ''),
      );
    case 'written':
      return fact.category === null
        ? right(`${at(fact)} by consumer ${fact.consumer}, without a row of the run`)
        : right(`${at(fact)} by consumer ${fact.consumer}, as ${fact.category}`);
    case 'refused':
      return right(`${at(fact)} of consumer ${fact.consumer}: another had been there first`);
    case 'position':
      return right(`the store goes on at ${fact.partition}:${fact.next}, ${pastText(fact.isPast)}`);
    case 'commit':
      return right(`the group had committed ${fact.partition}:${fact.next}, ${pastText(fact.isPast)}`);
    case 'row':
      return { label, ...rowText(fact, id) };
    case 'dead-letter':
      break;
  }
  return { label, text: `${at(fact)}: ${fact.reason}`, isOdd: true };
}

const at = ({ partition, offset }: { partition: number | null; offset: number | null }): string =>
  `${partition ?? '?'}:${offset ?? '?'}`;

const pastText = (isPast: boolean): string => (isPast ? 'past it' : 'not past it');

function outcomeText({ outcome, partition, offset, error, isNoted }: OutcomeEvent): string {
  if (!isNoted) return 'the ledger has no outcome: its producer ended before one came';
  if (outcome === 'acked') return offset === null ? 'without an offset' : `at ${at({ partition, offset })}`;
  return error ?? (outcome === 'unknown' ? 'no answer said whether it was written' : 'it was refused');
}

function logText(fact: Fact & { hop: 'log' }, id: string): Omit<EventText, 'label'> {
  if (fact.id !== id) {
    const what = fact.id === null ? 'a record of none of its messages' : fact.id;
    const ofItself = fact.differs?.length ? `; ${fact.differs.join('; ')}` : '';
    return { text: `${at(fact)} is ${what}${ofItself}`, isOdd: true };
  }
  const odd = [
    fact.copy > 1 ? `copy ${fact.copy} of it` : '',
    fact.isAborted ? 'aborted' : '',
    fact.isCrcBad ? 'its batch fails its checksum' : '',
    ...(fact.differs ?? ['nobody planned it']),
  ].filter(Boolean);
  return odd.length === 0
    ? { text: `${at(fact)}, as it was to be sent`, isOdd: false }
    : { text: `${at(fact)}: ${odd.join('; ')}`, isOdd: true };
}

function rowText(fact: Fact & { hop: 'row' }, id: string): Omit<EventText, 'label'> {
  const where = `${fact.category} at ${at(fact)}`;
  if (fact.id !== id)
    return { text: `${where} is ${fact.id ?? 'a row of none of its messages'}`, isOdd: true };
  if (fact.differs === null) return { text: `${where}: nobody planned it`, isOdd: true };
  return fact.differs.length === 0
    ? { text: `${where}, as it should be`, isOdd: false }
    : { text: `${where}: ${fact.differs.join('; ')}`, isOdd: true };
}
