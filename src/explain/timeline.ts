/**
 * The timeline of one message: what each hop says of it, as one document. `explain --json` prints it.
 * Times are ms since the epoch by the clock of whoever noted them, null where nobody did. Events stand in the
 * order of the hops, and within one in the order of their times: clocks of different processes may differ.
 */
import type { Outcome } from '../run-folder/ledger/outcome.ts';
import type { Place } from '../workload/place.ts';
import type { SingleFinding, Verdict } from '../result/verdict.ts';

interface OfMessage {
  /** Another than the document's: a message that stands, or stood, in the same place. null: it bears none. */
  id: string | null;
}

/** The producer was about to send it. */
export interface IntentEvent extends OfMessage {
  hop: 'intent';
  time: number | null;
  producer: string;
  session: number;
}

/** What became of an attempt. */
export interface OutcomeEvent extends OfMessage {
  hop: 'outcome';
  time: number | null;
  producer: string;
  session: number;
  outcome: Outcome;
  /** Where it was acknowledged; null where no place was named. */
  partition: number | null;
  offset: number | null;
  /** Kafka's name for it; null where there was none. */
  error: string | null;
  /** False: the producer noted none, so it is unknown. */
  isNoted: boolean;
}

/** A record in the log. `time` is the record's own. */
export interface LogEvent extends OfMessage, Place {
  hop: 'log';
  time: number | null;
  /** 1 for the first copy of the message, 2 for the second. */
  copy: number;
  session: number | null;
  isAborted: boolean;
  isCrcBad: boolean;
  /** How it differs from what was to be sent, in sentences; null where nobody knows what that was. */
  differs: string[] | null;
}

/** It was handed to a consumer. */
export interface DeliveryEvent extends Place {
  hop: 'delivery';
  time: number | null;
  /** The number of the consumer's journal. */
  consumer: number;
  /** The group's generation. */
  epoch: number;
  /** 1 for the first time, 2 and more for redeliveries. */
  count: number;
}

/** The database's commit had returned. */
export interface WrittenEvent extends Place {
  hop: 'written';
  time: number | null;
  consumer: number;
  /** `dead-letters` for one of those; null: no row of the run was in it. */
  category: string | null;
}

/** The store refused it: another consumer had been there first. */
export interface RefusedEvent extends Place {
  hop: 'refused';
  time: number | null;
  consumer: number;
}

/** The store's next offset, or the group's, of a partition. */
export interface PositionEvent extends Place {
  hop: 'position' | 'commit';
  time: null;
  next: number;
  /** Whether `next` lies behind the record. */
  isPast: boolean;
}

/** A row of the store. `time` is when it was stored. */
export interface RowEvent extends OfMessage {
  hop: 'row';
  time: number | null;
  category: string;
  /** null where the row tells none. */
  partition: number | null;
  offset: number | null;
  /** How it differs from what it should be, in sentences; null where nobody knows what that is. */
  differs: string[] | null;
}

export interface DeadLetterEvent extends Place {
  hop: 'dead-letter';
  time: number | null;
  reason: string;
}

export type EventHop = Fact['hop'];

/** Instead of facts, one of three. */
export interface GapEvent {
  hop: EventHop;
  time: null;
  /** The evidence is there and has nothing of the message. In words. */
  nothing?: string;
  /** The evidence is missing, or not whole. Why. */
  missing?: string;
  /** At least so many events are left out. */
  more?: number;
}

export type Fact =
  | IntentEvent
  | OutcomeEvent
  | LogEvent
  | DeliveryEvent
  | WrittenEvent
  | RefusedEvent
  | PositionEvent
  | RowEvent
  | DeadLetterEvent;

export type TimelineEvent = Fact | GapEvent;

/** What a message was to be, by seed and plan. */
export interface ExpectedFacts {
  state: string;
  key: string;
  payloadBytes: number;
  producer: string;
  sequence: number;
}

/** The audit that the findings are of. */
export interface AuditOfTimeline {
  verdict: Verdict;
  /** When it was made. */
  time: number;
}

export interface Timeline {
  run: string;
  topic: string;
  /** As it was asked for: an id or a place. */
  asked: string;
  /** Of the message; the place where none of the run is known there. */
  id: string;
  /** null for what nobody planned. */
  expected: ExpectedFacts | null;
  timeline: TimelineEvent[];
  /** Whether nothing in the timeline is odd, as far as evidence is not missing. */
  asExpected: boolean;
  /** The audit's findings that name it. */
  findings: SingleFinding[];
  /** null: it was not audited, since it is under way. */
  audit: AuditOfTimeline | null;
  /** A command that shows the record; null where there is no record, or nobody to ask for it. */
  kcat: string | null;
  /** A command that shows it without a broker, by Kafka's own tool. */
  dumpLog: string | null;
  /** What is to be known of either, or why there is none. */
  note: string | null;
}

/** No hop has more of one message, but for what is broken beyond measure. */
export const eventsMax = 200;

export const isFact = (event: TimelineEvent): event is Fact =>
  !('nothing' in event || 'missing' in event || 'more' in event);

export const gap = {
  nothing: (hop: EventHop, nothing: string): GapEvent => ({ hop, time: null, nothing }),
  missing: (hop: EventHop, missing: string): GapEvent => ({ hop, time: null, missing }),
};

/** The first of many, and how many are known beside. */
export function limited<Event extends Fact>(hop: EventHop, events: readonly Event[]): (Event | GapEvent)[] {
  const more = events.length - eventsMax;
  return more <= 0 ? [...events] : [...events.slice(0, eventsMax), { hop, time: null, more }];
}
