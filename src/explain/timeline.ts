/**
 * The timeline of one message: what each hop says about it, as one document. `explain --json` prints it.
 * Times are ms since the epoch by the clock of the process that noted them; null if none was noted. Events are in the
 * order of the hops, and within a hop in the order of their times: clocks of different processes may differ.
 */
import type { Outcome, TransactionEnd } from '../run-folder/ledger/outcome.ts';
import type { Place } from '../workload/place.ts';
import type { SingleFinding, Verdict } from '../result/verdict.ts';

interface OfMessage {
  /** If it is not the document's id, it is that of another message in the same place. null: the record has no id. */
  id: string | null;
}

/** The producer was about to send it. */
export interface IntentEvent extends OfMessage {
  hop: 'intent';
  time: number | null;
  producer: string;
  session: number;
}

/** The outcome of an attempt. */
export interface OutcomeEvent extends OfMessage {
  hop: 'outcome';
  time: number | null;
  producer: string;
  session: number;
  outcome: Outcome;
  /** The place of the ack; null if the broker named none. */
  partition: number | null;
  offset: number | null;
  /** Kafka's name for the error; null if there was none. */
  error: string | null;
  /** False: the producer noted no outcome, so it is unknown. */
  isNoted: boolean;
  /** Only if it was sent in a transaction: the number in the plan, and how the transaction ended. */
  transaction?: { number: number; end: TransactionEnd };
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
  /** How the record differs from the planned message, in sentences; null if there is no planned message. */
  differs: string[] | null;
}

/** A delivery to a consumer. */
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

/** A write whose commit in the database has returned. */
export interface WrittenEvent extends Place {
  hop: 'written';
  time: number | null;
  consumer: number;
  /** `dead-letters` for a dead letter; null: the write had no row of the run for this place. */
  category: string | null;
}

/** A write that the store refused, because another consumer had been first; or a record that retention took first. */
export interface RefusedEvent extends Place {
  hop: 'refused' | 'skipped';
  time: number | null;
  consumer: number;
}

/** The store's next offset, or the group's, of a partition. */
export interface PositionEvent extends Place {
  hop: 'position' | 'commit';
  time: null;
  next: number;
  /** Whether `next` is higher than the record's offset. */
  isPast: boolean;
}

/** A row of the store. `time` is when it was stored. */
export interface RowEvent extends OfMessage {
  hop: 'row';
  time: number | null;
  category: string;
  /** null if the row has none. */
  partition: number | null;
  offset: number | null;
  /** How the row differs from the right one, in sentences; null if there is no planned message. */
  differs: string[] | null;
}

export interface DeadLetterEvent extends Place {
  hop: 'dead-letter';
  time: number | null;
  reason: string;
}

/** A record of a topic that was checked. */
export interface RecordEvent extends OfMessage, Place {
  hop: 'record';
  time: null;
  topic: string;
  /** null: it has none, or categories are not compared. */
  category: string | null;
  isAborted: boolean;
  isCrcBad: boolean;
  /** It has no value. */
  isTombstone: boolean;
  /** A declared drop. */
  isDropped: boolean;
  /** It came after the range that is checked. */
  isLater: boolean;
}

/** A row in one look at a sink. */
export interface SinkRowEvent extends OfMessage {
  hop: 'sink-row';
  time: null;
  /** How the user names the sink; null if there is one. */
  sink: string | null;
  /** 1 for the first look. */
  look: number;
  category: string | null;
  /** How it differs from the record, in a few words each. */
  differs: string[];
}

/** A dead letter of the record, by the record's place in its headers, or by the id. */
export interface LetterEvent extends OfMessage {
  hop: 'letter';
  time: null;
  /** Where it is, without user and secrets. */
  where: string;
}

export type EventHop = Fact['hop'];

/** One of three fields, instead of facts. */
export interface GapEvent {
  hop: EventHop;
  time: null;
  /** The evidence is whole and has nothing about the message. In words. */
  nothing?: string;
  /** Why the evidence is missing or not whole. */
  missing?: string;
  /** How many events are left out, at least. */
  more?: number;
  /** Only in a user's pipeline: the hop or sink that has nothing. */
  sink?: string;
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
  | DeadLetterEvent
  | RecordEvent
  | SinkRowEvent
  | LetterEvent;

export type TimelineEvent = Fact | GapEvent;

/** The planned message, made from seed and plan. */
export interface ExpectedFacts {
  state: string;
  key: string;
  payloadBytes: number;
  producer: string;
  sequence: number;
}

/** The audit that made the findings. */
export interface AuditOfTimeline {
  verdict: Verdict;
  /** The time of the audit. */
  time: number;
}

/** What a check adds to a timeline: only the user's own topic and sink are known. */
export interface CheckOfTimeline {
  /** What was expected, in a sentence. */
  expected: string;
  /** Whether the message was judged, and nothing is wrong with it. */
  isRight: boolean;
  /** Why it was not judged, in sentences. */
  notJudged: string[];
  /** A statement for each sink in a database, which shows the row. */
  sql: string[];
}

export interface Timeline {
  run: string;
  /** Only for a check, which knows neither plan nor producer nor consumer. */
  check?: CheckOfTimeline;
  /** Only for a run of a user's pipeline: its name. */
  pipeline?: string;
  topic: string;
  /** The request: an id or a place. */
  asked: string;
  /** The id of the message; the requested place if no message of the run is known there. */
  id: string;
  /** null for a message that was not planned. */
  expected: ExpectedFacts | null;
  timeline: TimelineEvent[];
  /** Whether nothing in the timeline is odd, as far as there is evidence. */
  asExpected: boolean;
  /** The audit's findings that name the message. */
  findings: SingleFinding[];
  /** null: the run was not audited, since it is under way. */
  audit: AuditOfTimeline | null;
  /** A command that shows the record; null if there is no record, or no broker. */
  kcat: string | null;
  /** A command that shows the record without a broker, with Kafka's own tool. */
  dumpLog: string | null;
  /** A remark on the commands, or why there is none. */
  note: string | null;
}

/** The limit of events for each hop: only a badly broken run has more for one message. */
export const eventsMax = 200;

export const isFact = (event: TimelineEvent): event is Fact =>
  !('nothing' in event || 'missing' in event || 'more' in event);

export const gap = {
  nothing: (hop: EventHop, nothing: string): GapEvent => ({ hop, time: null, nothing }),
  missing: (hop: EventHop, missing: string): GapEvent => ({ hop, time: null, missing }),
};

/** The first events, and how many more are known. */
export function limited<Event extends Fact>(hop: EventHop, events: readonly Event[]): (Event | GapEvent)[] {
  const more = events.length - eventsMax;
  return more <= 0 ? [...events] : [...events.slice(0, eventsMax), { hop, time: null, more }];
}
