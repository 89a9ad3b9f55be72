/** An event of a timeline in words: its label and its description. */
import { mayBeAborted } from '../../explain/looks-healthy.ts';
import {
  isFact,
  type Fact,
  type EventHop,
  type OutcomeEvent,
  type Timeline,
  type TimelineEvent,
} from '../../explain/timeline.ts';

/**
 * How an event is shown. `fact`: it is as expected. `wrong`: it differs, or is absent although it was due. `absent`:
 * nothing was due. `unknown`: it is not known, or not yet.
 */
export type Look = 'fact' | 'wrong' | 'absent' | 'unknown';

export interface EventText {
  label: string;
  text: string;
  look: Look;
}

const labels: Record<EventHop, string> = {
  intent: 'intent',
  outcome: 'outcome',
  log: 'log',
  delivery: 'delivered',
  written: 'written',
  refused: 'refused',
  skipped: 'skipped',
  position: 'position',
  commit: 'commit',
  row: 'row',
  'dead-letter': 'dead letter',
  record: 'topic',
  'sink-row': 'sink',
  letter: 'dead letter',
};

/** A user's pipeline has topics on the way to its sinks. */
const labelOf = ({ hop }: TimelineEvent, { pipeline }: Timeline): string =>
  hop === 'sink-row' && pipeline !== undefined ? 'hop' : labels[hop];

export function eventText(event: TimelineEvent, timeline: Timeline): EventText {
  if (isFact(event)) {
    const { isOdd, ...said } = factText(event, timeline);
    return { ...said, look: isOdd && !isOfNobody(timeline) ? 'wrong' : 'fact' };
  }
  const isUnderWay = timeline.audit === null;
  const label = labelOf(event, timeline);
  if (event.more !== undefined) return { label, text: `at least ${event.more} more`, look: 'absent' };
  if (event.missing !== undefined) {
    // While the run goes on, a missing scan is normal: the topic is scanned after it.
    const isScanned = event.hop === 'log' || event.hop === 'commit';
    const why = isUnderWay && isScanned ? 'the topic is scanned for the audit' : event.missing;
    return { label, text: `${isUnderWay ? 'not yet known' : 'not known'}: ${why}`, look: 'unknown' };
  }
  const text = event.nothing ?? '';
  if (isUnderWay) return { label, text: `not yet: ${text}`, look: 'unknown' };
  return { label, text, look: isLostAt(event.hop, timeline, event.sink) ? 'wrong' : 'absent' };
}

/** If no message of the run is known at the position and no finding names it, nothing was due. */
const isOfNobody = ({ expected, findings, timeline, id }: Timeline): boolean =>
  expected === null && findings.length === 0 && !timeline.some((event) => 'id' in event && event.id === id);

/**
 * Whether something was due at a hop and is missing because it was lost there or before. `sink`: a hop or sink of a user's
 * pipeline, whose findings name it.
 */
const isLostAt = (hop: EventHop, { findings }: Timeline, sink?: string): boolean =>
  findings.some(
    ({ kind, blame, hop: where }) =>
      (sink === undefined || where === sink) &&
      (kind === 'lost' || kind === 'stale' || kind === 'expired') &&
      (hop === 'row' ||
        hop === 'sink-row' ||
        (hop === 'log' && blame === 'broker') ||
        ((hop === 'delivery' || hop === 'written') && blame === 'consumer')),
  );

interface FactText extends Pick<EventText, 'label' | 'text'> {
  /** Whether the text reports a difference from what was expected. */
  isOdd: boolean;
}

function factText(fact: Fact, timeline: Timeline): FactText {
  const { id } = timeline;
  const label = fact.hop === 'outcome' ? fact.outcome : labelOf(fact, timeline);
  const right = (text: string): FactText => ({ label, text, isOdd: false });
  switch (fact.hop) {
    case 'intent':
      return right(`${fact.producer}, session ${fact.session}, was about to send it`);
    case 'outcome': {
      const isOther = fact.id !== id;
      return {
        label,
        text: `${isOther ? `${fact.id}, ` : ''}${outcomeText(fact)}${inTransaction(fact)}`,
        isOdd: isOther,
      };
    }
    case 'log':
      return { label, ...logText(fact, id, mayBeAborted(timeline.timeline)) };
    case 'delivery':
      return right(
        `${at(fact)} to consumer ${fact.consumer}, epoch ${fact.epoch}` +
          (fact.count > 1 ? `, delivery ${fact.count} of the same record` : ''),
      );
    case 'written':
      return fact.category === null
        ? {
            label,
            text: `${at(fact)} by consumer ${fact.consumer}, without a row of the run`,
            isOdd: isLostAt('written', timeline),
          }
        : right(`${at(fact)} by consumer ${fact.consumer}, as ${fact.category}`);
    case 'refused':
      return right(`${at(fact)} of consumer ${fact.consumer}: another consumer had claimed the partition`);
    case 'skipped':
      return {
        label,
        text: `${at(fact)}: retention removed it before consumer ${fact.consumer} could read it`,
        isOdd: true,
      };
    case 'position':
      return right(`the store's next offset is ${fact.partition}:${fact.next}, ${pastText(fact.isPast)}`);
    case 'commit':
      return right(`the group had committed ${fact.partition}:${fact.next}, ${pastText(fact.isPast)}`);
    case 'row':
      return { label, ...rowText(fact, id) };
    case 'record':
      return { label, text: recordText(fact), isOdd: fact.isCrcBad };
    case 'sink-row':
      return { label, ...sinkRowText(fact) };
    case 'letter':
      return { label, text: `in ${fact.where}`, isOdd: timeline.findings.length > 0 };
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

/** `, in transaction 7, which was aborted` */
const inTransaction = ({ transaction }: OutcomeEvent): string =>
  transaction === undefined
    ? ''
    : `, in transaction ${transaction.number}, ${transaction.end === 'unknown' ? 'of unknown end' : `which was ${transaction.end}`}`;

function logText(fact: Fact & { hop: 'log' }, id: string, mayAbort: boolean): Omit<FactText, 'label'> {
  if (fact.id !== id) {
    const what = fact.id === null ? 'not a message of the run' : fact.id;
    const ofItself = fact.differs?.length ? `; ${fact.differs.join('; ')}` : '';
    return { text: `${at(fact)} is ${what}${ofItself}`, isOdd: true };
  }
  const odd = [
    fact.copy > 1 ? `copy ${fact.copy} of it` : '',
    fact.isAborted && !mayAbort ? 'aborted' : '',
    fact.isCrcBad ? 'its batch fails its checksum' : '',
    ...(fact.differs ?? ['the run did not plan it']),
  ].filter(Boolean);
  const expected = fact.isAborted ? 'aborted with its transaction' : 'as expected';
  return odd.length === 0
    ? { text: `${at(fact)}, ${expected}`, isOdd: false }
    : { text: `${at(fact)}: ${odd.join('; ')}`, isOdd: true };
}

function rowText(fact: Fact & { hop: 'row' }, id: string): Omit<FactText, 'label'> {
  const where = `${fact.category} at ${at(fact)}`;
  if (fact.id !== id) return { text: `${where} is ${fact.id ?? 'not a message of the run'}`, isOdd: true };
  if (fact.differs === null) return { text: `${where}: the run did not plan it`, isOdd: true };
  return fact.differs.length === 0
    ? { text: `${where}, as expected`, isOdd: false }
    : { text: `${where}: ${fact.differs.join('; ')}`, isOdd: true };
}

/** `0:17, paid; a declared drop` */
function recordText(record: Fact & { hop: 'record' }): string {
  const { topic, category, isAborted, isCrcBad, isTombstone, isDropped, isLater } = record;
  const facts = [
    isTombstone ? 'a tombstone' : '',
    isDropped ? 'a declared drop' : '',
    isAborted ? 'aborted with its transaction' : '',
    isLater ? 'behind the range' : '',
    isCrcBad ? 'its batch fails its checksum' : '',
  ].filter(Boolean);
  const what = `${topic} ${at(record)}${category === null ? '' : `, ${category}`}`;
  return facts.length === 0 ? what : `${what}: ${facts.join('; ')}`;
}

function sinkRowText({ sink, look, category, differs }: Fact & { hop: 'sink-row' }): Omit<FactText, 'label'> {
  const where = `${sink === null ? '' : `${sink}, `}look ${look}`;
  const isOther = differs[0]?.startsWith('category ') === true;
  const what = `${where}: a row${category === null || isOther ? '' : `, ${category}`}`;
  return { text: [what, ...differs].join('; '), isOdd: differs.length > 0 };
}
