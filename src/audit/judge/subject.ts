/** A message before the judge: its trail, and what the evidence as a whole can prove about it. */
import type { Evidence, Messages } from '../evidence.ts';
import type { Outcome } from '../../run-folder/ledger/outcome.ts';
import type { Place } from '../../workload/place.ts';
import type { Blame, Cause } from '../../result/verdict.ts';
import type { Partitions } from './partitions.ts';
import type { WrittenJournal } from './read-journal.ts';
import type { LogReading } from './read-log.ts';
import {
  hasPlace,
  standsAtOneOf,
  type Bytes,
  type LogRecord,
  type JudgedRow,
  type Trail,
  type Written,
} from './trail.ts';
import type { Trails } from './trails.ts';

export interface Subject extends Trail {
  message: number;
  /** undefined: no intent is known. */
  outcome: Outcome | undefined;
  /** Plan or ledger know it. */
  isKnown: boolean;
  isPlanned: boolean;
  /** Acked by an ack that names no position: any one is right. */
  isAckedAnywhere: boolean;
  isReordered: boolean;
  /** Where it was sent, if no ack names a place; undefined where nobody says. */
  topic: number | undefined;
  /** Of its records. An aborted one counts as not in the log. */
  committed: LogRecord[];
  aborted: LogRecord[];
  expected: Bytes;
  category: number | undefined;
  /** What the consumer's journal says was written. */
  written: Written[];
  /** The journal names it by its id. */
  isNamedWritten: boolean;
}

export function subjectOf(
  message: number,
  { messages }: Evidence,
  trails: Trails,
  { reordered }: LogReading,
  journal: WrittenJournal,
): Subject {
  const trail = trails.trail(message);
  const { acks, records, rows } = trail;
  return {
    message,
    acks,
    records,
    rows,
    outcome: trails.outcome(message),
    isKnown: trails.isKnown(message),
    isPlanned: messages.isPlanned(message),
    isAckedAnywhere: trails.isAckedAnywhere(message),
    isReordered: reordered.has(message),
    topic: messages.topicOf?.(message),
    committed: records.filter(({ aborted }) => !aborted),
    aborted: records.filter(({ aborted }) => aborted),
    expected: trails.expectedBytes(message),
    category: messages.expectedCategory(message),
    written: journal.of(message, trail),
    isNamedWritten: journal.names(message),
  };
}

/** What the evidence as a whole can prove: how far each hop was read. */
export class Proof {
  readonly planWhole: boolean;
  readonly ledgerWhole: boolean;
  readonly logWhole: boolean;
  /** Nothing has come to the log since it was read. */
  readonly logFinal: boolean;
  readonly storeWhole: boolean;
  readonly rowsTellPlaces: boolean;
  /** Whether the journal cannot lack a delivery, or a write. */
  readonly deliveriesWhole: boolean;
  readonly writtenWhole: boolean;
  /** Whether there is a journal of writes at all, and whether it has any of which it does not say whose. */
  readonly isWrittenKept: boolean;
  readonly hasNameless: boolean;
  /** Where the log ends now is where it has ended: it has not grown since it was scanned, and Kafka cut nothing. */
  readonly isEndKnown: boolean;
  /** Keys of tombstones of which nobody knows where they stand. */
  readonly tombstonesAnywhere: ReadonlySet<number>;
  /** The log is that of another topic, and whether that one was read to its end. */
  readonly topicRecreated: boolean;
  readonly otherTopicWhole: boolean;
  /** The setting, if there is one, by which Kafka may lose what it acknowledged. */
  readonly weakSetting: Cause | undefined;
  readonly partitions: Partitions;
  readonly #messages: Messages;
  readonly #somePositions: boolean;
  readonly #areDeliveriesKept: boolean;
  readonly #deliveriesSpanHoles: boolean;
  readonly #accountsFor: NonNullable<Evidence['written'] & {}>['accountsFor'];

  constructor(
    { plan, ledger, log, store, deliveries, written, commits, settings, messages }: Evidence,
    partitions: Partitions,
    trails: Trails,
    journal: WrittenJournal,
    isLogContradicted: boolean,
  ) {
    this.planWhole = plan.whole;
    this.ledgerWhole = ledger.whole && !trails.loggedWithoutIntent;
    this.topicRecreated = log.topicRecreated === true;
    this.otherTopicWhole = this.topicRecreated && log.whole && !isLogContradicted;
    this.logWhole = log.whole && !isLogContradicted && !this.topicRecreated;
    this.logFinal = log.isFinal !== false;
    this.storeWhole = store.whole;
    this.rowsTellPlaces = store.tellsPlaces === true;
    this.deliveriesWhole = deliveries?.whole === true;
    this.writtenWhole = written?.whole === true;
    this.isWrittenKept = written !== undefined;
    this.hasNameless = journal.hasNameless;
    this.weakSetting = weakSettingOf(settings);
    this.isEndKnown = this.logWhole && this.logFinal && this.weakSetting === undefined;
    this.tombstonesAnywhere = trails.tombstonesAnywhere;
    this.partitions = partitions;
    this.#messages = messages;
    const positions = store.positions.size + (store.oddPositions?.length ?? 0);
    this.#somePositions = positions + (commits?.size ?? 0) > 0;
    this.#areDeliveriesKept = deliveries !== undefined;
    this.#deliveriesSpanHoles = deliveries?.spansHoles === true;
    this.#accountsFor = written?.accountsFor;
  }

  describe(content: number): string {
    const words = this.#messages.describeContent?.(content);
    return words === undefined ? '' : `: ${words}`;
  }

  placeText({ partition, offset }: Place): string {
    return this.partitions.of(partition).placeText(offset);
  }

  /** Whether retention removed anything that the run may have written to a topic, or to any. */
  isSomeRemoved(topic: number | undefined): boolean {
    return this.partitions
      .ofTopic(topic)
      .some(({ range }) => range !== undefined && range.start > range.base);
  }

  /** Whether the log would show a record there, if it still were; of one without a place, anywhere in the topic. */
  wouldShow(place: Place, topic?: number): boolean {
    if (!this.logWhole) return false;
    if (!hasPlace(place)) return !this.isSomeRemoved(topic);
    const { range } = this.partitions.of(place.partition);
    return range === undefined || place.offset >= Math.max(range.start, range.base);
  }

  /** No record of the run can ever have stood there. */
  isBeforeRun({ partition, offset }: Place): boolean {
    return offset < (this.partitions.of(partition).range?.base ?? 0);
  }

  isRemoved(place: Place): boolean {
    return hasPlace(place) && place.offset < (this.partitions.of(place.partition).range?.start ?? 0);
  }

  /**
   * Whether the consumer has read past a record there: below its position, or after the drain if no partition
   * has one. Of another topic than it read, nobody can say.
   */
  isConsumed(place: Place): boolean {
    if (this.topicRecreated) return false;
    if (!hasPlace(place)) return !this.#somePositions;
    const { position, range } = this.partitions.of(place.partition);
    if (place.offset >= (range?.stableEnd ?? Infinity)) return false;
    return this.#somePositions ? position !== undefined && place.offset < position : true;
  }

  isDelivered(place: Place): boolean {
    return hasPlace(place) && this.partitions.of(place.partition).delivered.timesAt(place.offset) > 0;
  }

  /** Delivered, and not just passed over where compaction had left a hole. */
  isSurelyDelivered(place: Place): boolean {
    const mayBeHole = this.#deliveriesSpanHoles && this.partitions.of(place.partition).range?.compacted;
    return mayBeHole !== true && this.isDelivered(place);
  }

  /**
   * Whether the consumer left a record there out, by its own journal, though that is not whole: it tells what
   * became of the offset, or it knows all rows of the partition, and nothing of this offset.
   */
  isLeftOut(place: Place): boolean {
    if (this.#accountsFor?.(place.partition, place.offset) === true) return true;
    if (!this.#areDeliveriesKept || this.isDelivered(place)) return false;
    return !this.partitions.of(place.partition).hasUndeliveredRow;
  }

  /** Whether another acknowledged record may have stood where one stands now. */
  mayReplace({ partition }: Place): boolean {
    return this.weakSetting !== undefined || this.partitions.of(partition).isRewritten;
  }

  /** Whether journal or position show that the consumer never came to a record there. */
  isNotReached(place: Place): boolean {
    if (!hasPlace(place) || this.isDelivered(place)) return false;
    const { position } = this.partitions.of(place.partition);
    return this.deliveriesWhole || (position !== undefined && position <= place.offset);
  }
}

/**
 * Who did it: the store, where the journal shows so. Where a journal that is not whole says nothing of the
 * message, nobody can tell; where there is none, the less exact blame stands.
 */
export function blamed(
  { written }: Subject,
  { isWrittenKept, writtenWhole }: Proof,
  { store, else: other }: { store: boolean; else: Blame },
): Blame {
  if (store) return 'store';
  return isWrittenKept && !writtenWhole && written.length === 0 ? 'unknown' : other;
}

/** Refused for certain: a ledger that is not whole may lack an attempt that was not. */
export const isRejected = ({ outcome }: Subject, { ledgerWhole }: Proof): boolean =>
  outcome === 'rejected' && ledgerWhole;

/** Neither plan nor ledger know it, and both are whole. */
export const isStranger = ({ isKnown }: Subject, { planWhole, ledgerWhole }: Proof): boolean =>
  !isKnown && planWhole && ledgerWhole;

/** Whether the store must hold it: acked, unless aborted wherever it was acked; or seen in the log. */
export function isExpectedInStore(subject: Subject, proof: Proof): boolean {
  const { outcome, acks, aborted, committed } = subject;
  if (committed.length > 0) return !isRejected(subject, proof) && !isStranger(subject, proof);
  const isAborted = aborted.length > 0 && acks.every((ack) => standsAtOneOf(ack, aborted));
  return outcome === 'acked' && !isAborted;
}

/** Whether an aborted record is all that a row can have come from. */
export const isOfAborted = ({ aborted, committed }: Subject, row: JudgedRow, proof: Proof): boolean =>
  standsAtOneOf(row, aborted) || (aborted.length > 0 && committed.length === 0 && proof.wouldShow(row));

/** The rows that stand for themselves: an aborted record does not account for them. */
export const ownRows = (subject: Subject, proof: Proof): JudgedRow[] =>
  subject.rows.filter((row) => !isOfAborted(subject, row, proof));

function weakSettingOf(settings: Evidence['settings']): Cause | undefined {
  if (settings?.acks === '0' || settings?.acks === '1') return `acks=${settings.acks}`;
  return settings?.uncleanElection === true ? 'unclean-election' : undefined;
}
