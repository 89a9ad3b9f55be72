/** A message to judge: its trail, and what the evidence as a whole can prove about it. */
import type { Evidence, Messages } from '../evidence.ts';
import type { TransactionEnd } from '../../run-folder/ledger/outcome.ts';
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
import type { MessageOutcome, Sending, Transactions } from './transactions.ts';

export interface Subject extends Trail {
  message: number;
  /** undefined: there is no intent. */
  outcome: MessageOutcome | undefined;
  /** What was sent, by transaction; empty if nothing was sent in one. */
  sendings: Sending[];
  /** Whether plan or ledger have the message. */
  isKnown: boolean;
  isPlanned: boolean;
  /** Acked without a position: any position is right. */
  isAckedAnywhere: boolean;
  isReordered: boolean;
  /** The topic to which it was sent, if no ack names a place; undefined if it is not known. */
  topic: number | undefined;
  /** Its committed records. An aborted record counts as not in the log. */
  committed: LogRecord[];
  aborted: LogRecord[];
  expected: Bytes;
  category: number | undefined;
  /** The writes in the consumer's journal. */
  written: Written[];
  /** Whether the journal names it by its id. */
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
    sendings: trails.transactions?.sendingsOf(message, trails) ?? [],
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
  /** No record has reached the log since it was read. */
  readonly logFinal: boolean;
  readonly storeWhole: boolean;
  readonly rowsTellPlaces: boolean;
  /** Whether the journal certainly has all deliveries, and all writes. */
  readonly deliveriesWhole: boolean;
  readonly writtenWhole: boolean;
  /** Whether there is a journal of writes, and whether it has any without a message. */
  readonly isWrittenKept: boolean;
  readonly hasNameless: boolean;
  /** The scanned end is the highest that the log ever had: it did not grow later, and Kafka cut nothing off. */
  readonly isEndKnown: boolean;
  /** Keys of tombstones whose place is not known. */
  readonly tombstonesAnywhere: ReadonlySet<number>;
  /** Whether the log is that of another topic, and whether that one was read to its end. */
  readonly topicRecreated: boolean;
  readonly otherTopicWhole: boolean;
  /** The setting, if there is one, that allows Kafka to lose acknowledged records. */
  readonly weakSetting: Cause | undefined;
  readonly partitions: Partitions;
  readonly #messages: Messages;
  readonly #transactions: Transactions | undefined;
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
    this.#transactions = trails.transactions;
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

  /** How many transactions the ledger names. Each has left a marker behind its records. */
  get transactions(): number {
    return this.#transactions?.count ?? 0;
  }

  endOf(transaction: number): TransactionEnd | undefined {
    return this.#transactions?.endOf(transaction);
  }

  isCommitted({ transaction }: Sending): boolean {
    return this.endOf(transaction) === 'committed';
  }

  /** Whether a part of the transaction stands committed in the log. */
  isPartlyCommitted(transaction: number): boolean {
    return this.#transactions?.partlyCommitted.has(transaction) === true;
  }

  /** Whether retention removed records that the run may have written to this topic; undefined: to any topic. */
  isSomeRemoved(topic: number | undefined): boolean {
    return this.partitions
      .ofTopic(topic)
      .some(({ range }) => range !== undefined && range.start > range.base);
  }

  /** Whether the log would show a record at a place, if it still existed; without a place: anywhere in the topic. */
  wouldShow(place: Place, topic?: number): boolean {
    if (!this.logWhole) return false;
    if (!hasPlace(place)) return !this.isSomeRemoved(topic);
    const { range } = this.partitions.of(place.partition);
    return range === undefined || place.offset >= Math.max(range.start, range.base);
  }

  /** Whether the place existed before the run, so that no record of the run can have been there. */
  isBeforeRun({ partition, offset }: Place): boolean {
    return offset < (this.partitions.of(partition).range?.base ?? 0);
  }

  isRemoved(place: Place): boolean {
    return hasPlace(place) && place.offset < (this.partitions.of(place.partition).range?.start ?? 0);
  }

  /**
   * Whether the consumer has read past a record at a place: below its position, or after the drain if no partition has
   * a position. If the topic was recreated, the evidence does not show it.
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

  /** Whether the place was certainly delivered: compaction may have left a hole there, which a range spans. */
  isSurelyDelivered(place: Place): boolean {
    const mayBeHole = this.#deliveriesSpanHoles && this.partitions.of(place.partition).range?.compacted;
    return mayBeHole !== true && this.isDelivered(place);
  }

  /**
   * Whether the consumer skipped a record at a place, according to its journal, even if that is not whole: the journal
   * accounts for the offset, or it knows all rows of the partition, but has no delivery of this offset.
   */
  isLeftOut(place: Place): boolean {
    if (this.#accountsFor?.(place.partition, place.offset) === true) return true;
    if (!this.#areDeliveriesKept || this.isDelivered(place)) return false;
    return !this.partitions.of(place.partition).hasUndeliveredRow;
  }

  /** Whether another acknowledged record may have been at this place before. */
  mayReplace({ partition }: Place): boolean {
    return this.weakSetting !== undefined || this.partitions.of(partition).isRewritten;
  }

  /** Whether journal or position show that the consumer never reached a record at this place. */
  isNotReached(place: Place): boolean {
    if (!hasPlace(place) || this.isDelivered(place)) return false;
    const { position } = this.partitions.of(place.partition);
    return this.deliveriesWhole || (position !== undefined && position <= place.offset);
  }
}

/**
 * The hop to blame: the store, if the journal shows that. If the journal is not whole and has no entry of the
 * message, the blame is unknown; if there is no journal, the less exact blame counts.
 */
export function blamed(
  { written }: Subject,
  { isWrittenKept, writtenWhole }: Proof,
  { store, else: other }: { store: boolean; else: Blame },
): Blame {
  if (store) return 'store';
  return isWrittenKept && !writtenWhole && written.length === 0 ? 'unknown' : other;
}

/** Whether the message was certainly rejected: a ledger that is not whole may lack an attempt that was accepted. */
export const isRejected = ({ outcome }: Subject, { ledgerWhole }: Proof): boolean =>
  outcome === 'rejected' && ledgerWhole;

/** Whether the message was certainly aborted: a ledger that is not whole may lack an attempt that was committed. */
export const isAborted = ({ outcome }: Subject, { ledgerWhole }: Proof): boolean =>
  outcome === 'aborted' && ledgerWhole;

/** Whether neither plan nor ledger have the message, and both are whole. */
export const isStranger = ({ isKnown }: Subject, { planWhole, ledgerWhole }: Proof): boolean =>
  !isKnown && planWhole && ledgerWhole;

/**
 * Whether the store must have the message: acked, unless all acked records were aborted; or committed in the log. If the
 * commit of its transaction was acknowledged, the log must not have aborted it.
 */
export function isExpectedInStore(subject: Subject, proof: Proof): boolean {
  const { outcome, acks, aborted, committed, sendings } = subject;
  if (committed.length > 0) {
    return !isRejected(subject, proof) && !isAborted(subject, proof) && !isStranger(subject, proof);
  }
  const isPromised = sendings.some((sending) => sending.outcome === 'acked' && proof.isCommitted(sending));
  const areAllAborted = aborted.length > 0 && acks.every((ack) => standsAtOneOf(ack, aborted));
  return outcome === 'acked' && (isPromised || !areAllAborted);
}

/** Whether a row can only have come from an aborted record. */
export const isOfAborted = ({ aborted, committed }: Subject, row: JudgedRow, proof: Proof): boolean =>
  standsAtOneOf(row, aborted) || (aborted.length > 0 && committed.length === 0 && proof.wouldShow(row));

/** The rows that do not come from an aborted record. */
export const ownRows = (subject: Subject, proof: Proof): JudgedRow[] =>
  subject.rows.filter((row) => !isOfAborted(subject, row, proof));

function weakSettingOf(settings: Evidence['settings']): Cause | undefined {
  if (settings?.acks === '0' || settings?.acks === '1') return `acks=${settings.acks}`;
  return settings?.uncleanElection === true ? 'unclean-election' : undefined;
}
