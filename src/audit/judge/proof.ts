/** What the evidence as a whole can prove about a message, and about places in the log. */
import type { Evidence, Messages } from '../evidence.ts';
import type { Rule } from '../rules.ts';
import type { TransactionEnd } from '../../run-folder/ledger/outcome.ts';
import type { Place } from '../../workload/place.ts';
import type { Cause } from '../../result/verdict.ts';
import type { Partitions } from './partitions.ts';
import type { WrittenJournal } from './read-journal.ts';
import { hasPlace } from './trail.ts';
import type { Trails } from './trails.ts';
import type { Sending, Transactions } from './transactions.ts';

/** How far each hop was read, and what follows from that. */
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
  /** Whether the log has all that the topic ever held. */
  readonly logWholeLife: boolean;
  /** Whether no record outside of the log that was read can be one of a message within. */
  readonly logHasAllCopies: boolean;
  /** Whether the log is that of another topic, and whether that one was read to its end. */
  readonly topicRecreated: boolean;
  readonly otherTopicWhole: boolean;
  /** The setting, if there is one, that allows Kafka to lose acknowledged records. */
  readonly weakSetting: Cause | undefined;
  readonly rule: Rule;
  /** The log is the first hop that is believed. */
  readonly isOfLog: boolean;
  readonly partitions: Partitions;
  readonly #unknownIsCompacted: boolean;
  readonly #messages: Messages;
  readonly #transactions: Transactions | undefined;
  readonly #somePositions: boolean;
  readonly #areDeliveriesKept: boolean;
  readonly #deliveriesSpanHoles: boolean;
  readonly #accountsFor: NonNullable<Evidence['written'] & {}>['accountsFor'];

  /** `unknownIsCompacted`: the case that it is about, if it is not known whether a partition is compacted. */
  constructor(
    {
      plan,
      ledger,
      log,
      store,
      deliveries,
      written,
      commits,
      settings,
      messages,
      root,
      rule = 'once',
    }: Evidence,
    partitions: Partitions,
    trails: Trails,
    journal: WrittenJournal,
    isLogContradicted: boolean,
    unknownIsCompacted: boolean,
  ) {
    this.#unknownIsCompacted = unknownIsCompacted;
    this.planWhole = plan.whole;
    this.ledgerWhole = ledger.whole && !trails.loggedWithoutIntent;
    this.topicRecreated = log.topicRecreated === true;
    this.otherTopicWhole = this.topicRecreated && log.whole && !isLogContradicted;
    this.logWhole = log.whole && !isLogContradicted && !this.topicRecreated;
    this.logFinal = log.isFinal !== false;
    this.logWholeLife = log.isWholeLife !== false;
    this.logHasAllCopies = log.hasAllCopies !== false;
    this.storeWhole = store.whole;
    this.rowsTellPlaces = store.tellsPlaces === true;
    this.deliveriesWhole = deliveries?.whole === true;
    this.writtenWhole = written?.whole === true;
    this.isWrittenKept = written !== undefined;
    this.hasNameless = journal.hasNameless;
    this.weakSetting = weakSettingOf(settings);
    this.isEndKnown = this.logWhole && this.logFinal && this.weakSetting === undefined;
    this.tombstonesAnywhere = trails.keys.tombstonesAnywhere;
    this.rule = rule;
    this.isOfLog = root === 'log';
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

  isCompacted({ partition }: Place): boolean {
    const { range } = this.partitions.of(partition);
    return range?.compacted === true && (this.#unknownIsCompacted || range.compactionUnknown !== true);
  }

  /** Whether the place was certainly delivered: compaction may have left a hole there, which a range spans. */
  isSurelyDelivered(place: Place): boolean {
    const mayBeHole = this.#deliveriesSpanHoles && this.isCompacted(place);
    return !mayBeHole && this.isDelivered(place);
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

function weakSettingOf(settings: Evidence['settings']): Cause | undefined {
  if (settings?.acks === '0' || settings?.acks === '1') return `acks=${settings.acks}`;
  return settings?.uncleanElection === true ? 'unclean-election' : undefined;
}
