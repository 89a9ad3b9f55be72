/** The messages of a bucket, and the facts that say something of each. */
import type { MessageName, Messages } from '../../audit/evidence.ts';
import type { Times } from '../../audit/rules.ts';
import { deadLetterCategory, untold } from '../../audit/evidence.ts';
import { none } from '../../workload/place.ts';
import { factFlags } from '../facts/fact-format.ts';
import type { BucketFacts } from '../facts/fact-reader.ts';
import type { ComparedFacts } from '../facts/shown-values.ts';
import type { BucketSources } from './bucket-sources.ts';
import { DifferingRows } from './differing-rows.ts';
import type { IdentityTally } from './identity-tally.ts';
import { LaterRecords } from './later-records.ts';
import { RecordCopies } from './record-copies.ts';
import { KeyVersions } from './key-versions.ts';

/** The content of a record; each row with other values has a code of its own above it. */
const asRecorded = 1;

const noFacts: readonly number[] = [];
const once: Times = { min: 1, max: 1 };

/** The ids of a bucket: those of records first, then those that only rows have. */
export class BucketMessages implements Messages {
  readonly plannedCount = 0;
  readonly #sources: BucketSources;
  /** By message: its first fact, and its first committed one. */
  readonly #first: number[] = [];
  readonly #committed: number[] = [];
  /** The committed facts of messages that have more than one. */
  readonly #all = new Map<number, number[]>();
  readonly #copies = new Map<number, RecordCopies>();
  readonly later = new LaterRecords();
  #hasRow = new Uint8Array(1024);
  /** By message, under the rule `latest`: the first fact of its key. */
  readonly #keys: number[] = [];
  /** Set under the rule `latest`. */
  readonly versions: KeyVersions | undefined;
  /** Messages without a category whose dead letter is right. */
  readonly #rightLetters = new Set<number>();
  /** Messages that belong in another sink. */
  readonly #elsewhere = new Set<number>();
  /** Messages that were sent, and refused. */
  readonly #rejected = new Set<number>();
  /** Messages of which more than one row is expected, or may be. */
  readonly #times = new Map<number, Times>();
  /** The rows that differ from their record. */
  readonly #differing: DifferingRows;
  /** The facts of ids that only rows have. */
  readonly #strangers: { facts: BucketFacts; fact: number }[] = [];

  constructor(sources: BucketSources) {
    this.#sources = sources;
    this.#differing = new DifferingRows(sources.comparisons);
    if (sources.rule === 'latest') this.versions = new KeyVersions(sources, this);
  }

  get isVersioned(): boolean {
    return this.#sources.isVersioned;
  }

  /** The number of messages that have records. */
  get recorded(): number {
    return this.#first.length;
  }

  get count(): number {
    return this.#first.length + this.#strangers.length;
  }

  add(fact: number): number {
    this.#committed.push(none);
    return this.#first.push(fact) - 1;
  }

  /** Adds a version of a key, which its first fact stands for. */
  addVersion(fact: number, first: number): number {
    const message = this.add(fact);
    this.#keys.push(first);
    this.versions!.add(first, message);
    return message;
  }

  factOf = (message: number): number => this.#first[message]!;

  /** Notes a committed record. Beside a record that is to arrive, a declared drop with the same id counts for nothing. */
  noteRecord(message: number, fact: number, tally: IdentityTally): void {
    const first = this.#committed[message]!;
    const flags = this.#sources.records.flags(fact);
    if (first === none) {
      tally.ids += 1;
      tally.noteSeen('records', this.#sources.records, fact);
    }
    if (first === none || this.isDropped(message)) {
      if (first !== none && flags & factFlags.dropped) return;
      this.#committed[message] = fact;
      const isRemoval = this.versions !== undefined && (flags & factFlags.tombstone) !== 0;
      const needsCategory = !isRemoval && !(flags & factFlags.dropped);
      if (flags & factFlags.uncategorised && needsCategory) tally.uncategorised += 1;
      return;
    }
    if (flags & factFlags.dropped) return;
    tally.noteRecordAgain(this.#sources.records, fact);
    const all = this.#all.get(message);
    if (all === undefined) this.#all.set(message, [first, fact]);
    else all.push(fact);
  }

  noteRejected(message: number): void {
    this.#rejected.add(message);
  }

  isRejected = (message: number): boolean => this.#rejected.has(message);

  /** Notes that one more row of a message is expected; unless `isDue`, there may be one. */
  noteAgain(message: number, fact: number, isDue: boolean): void {
    const { min, max } = this.timesOf(message);
    this.#times.set(message, { min: min + Number(isDue), max: max + 1 });
    this.#all.set(message, [...this.recordsOf(message), fact]);
  }

  timesOf = (message: number): Times => this.#times.get(message) ?? once;

  noteElsewhere(message: number): void {
    this.#elsewhere.add(message);
  }

  isElsewhere = (message: number): boolean => this.#elsewhere.has(message);

  /** Whether rows have values that can differ from their records': those of comparisons, and versions. */
  get #comparesValues(): boolean {
    return this.#sources.comparisons.length > 0 || this.isVersioned;
  }

  /** The content of each record, and of a row with the same values. */
  get content(): number {
    return this.#comparesValues ? asRecorded : untold;
  }

  /** Whether the record at the place of this fact has a dead letter. */
  hasLetterAt(fact: number): boolean {
    const { records, letters } = this.#sources;
    const [partition, offset] = [records.partition(fact), records.offset(fact)];
    return letters?.places.some((places) => places.has(partition, offset)) === true;
  }

  /**
   * Whether a row is that of a record beyond the range: only such a record has its values, or the message has its row.
   * In the last look, each of these records has one row.
   */
  isOfLater(
    message: number,
    isLastLook: boolean,
    isSame: (facts: BucketFacts, fact: number) => boolean,
  ): boolean {
    const { records, later } = this.#sources;
    if (!isLastLook) return this.later.of(message).some((fact) => isSame(later, fact));
    const hasRow = this.hasRow(message);
    if (!hasRow && this.recordsOf(message).some((fact) => isSame(records, fact))) return false;
    return this.later.take(message, hasRow, (fact) => isSame(later, fact));
  }

  addStranger(facts: BucketFacts, fact: number): number {
    return this.recorded + this.#strangers.push({ facts, fact }) - 1;
  }

  firstCommitted(message: number): number {
    return this.#committed[message]!;
  }

  /** The committed fact of a message that has one and no other; `none` otherwise. */
  onlyRecordOf(message: number): number {
    return this.#all.size > 0 && this.#all.has(message) ? none : this.#committed[message]!;
  }

  recordsOf(message: number): readonly number[] {
    const all = this.#all.get(message);
    if (all !== undefined) return all;
    const first = this.#committed[message]!;
    return first === none ? noFacts : [first];
  }

  /** What the records of a message with several say. */
  copiesOf(message: number): RecordCopies {
    let copies = this.#copies.get(message);
    if (copies === undefined) {
      copies = new RecordCopies(this.#sources.records, this.recordsOf(message), this.categoryOfRecord);
      this.#copies.set(message, copies);
    }
    return copies;
  }

  /** Of the messages that have several records. */
  *allCopies(): Iterable<readonly [message: number, copies: RecordCopies]> {
    for (const message of this.#all.keys()) yield [message, this.copiesOf(message)];
  }

  hasRow(message: number): boolean {
    return this.#hasRow[message] === 1;
  }

  /** Whether a row of the look before the last counts: the message needs one, and the last look has none. */
  mayMiss(message: number): boolean {
    const isExpected = this.firstCommitted(message) !== none && !this.isDropped(message);
    return isExpected && !this.isTombstone(message) && !this.hasRow(message);
  }

  noteRow(message: number): void {
    if (message >= this.#hasRow.length) {
      const larger = new Uint8Array(Math.max(message + 1, this.#hasRow.length * 2));
      larger.set(this.#hasRow);
      this.#hasRow = larger;
    }
    this.#hasRow[message] = 1;
  }

  /** Notes a dead letter of a message without a row. A record that tells no category belongs there. */
  noteLetter(message: number, tally: IdentityTally): void {
    this.noteRow(message);
    const fact = this.#committed[message]!;
    if (fact === none || this.categoryOfRecord(fact) !== undefined) return;
    this.#rightLetters.add(message);
    tally.uncategorised -= 1;
  }

  categoryOfRecord = (fact: number): number | undefined => this.categoryOf(this.#sources.records, fact);

  /** The category of a record, in the range or beyond; undefined if it tells none. */
  categoryOf(facts: BucketFacts, fact: number): number | undefined {
    if (facts.flags(fact) & factFlags.uncategorised) return undefined;
    return this.#sources.recordCategories[facts.category(fact)]!;
  }

  isPlanned(): boolean {
    return false;
  }

  isTombstone(message: number): boolean {
    if (this.versions === undefined || message >= this.recorded) return false;
    return (this.#sources.records.flags(this.factOf(message)) & factFlags.tombstone) !== 0;
  }

  /** Numbers keys from 1; 0 for ids that only rows have, and if records of one id are no versions. */
  expectedKey(message: number): number {
    return message < this.#keys.length ? this.#keys[message]! + 1 : untold;
  }

  versionOf(message: number): number | undefined {
    const key = this.#keys[message];
    return key === undefined ? undefined : this.versions!.rankOf(message);
  }

  /** Whether a fact of a message is a declared drop beside its first committed record. */
  isDropBeside(message: number, fact: number): boolean {
    const isDrop = (this.#sources.records.flags(fact) & factFlags.dropped) !== 0;
    return isDrop && fact !== this.#committed[message] && this.#committed[message] !== none;
  }

  isDropped(message: number): boolean {
    const fact = message < this.recorded ? this.#committed[message]! : none;
    return fact !== none && (this.#sources.records.flags(fact) & factFlags.dropped) !== 0;
  }

  expectedCategory(message: number): number | undefined {
    if (message >= this.recorded) return undefined;
    if (this.#rightLetters.has(message)) return deadLetterCategory;
    if (this.#elsewhere.has(message)) return this.#sources.elsewhereCategory;
    const fact = this.#committed[message]!;
    return this.categoryOfRecord(fact === none ? this.#first[message]! : fact);
  }

  expectedContent(message: number): number {
    return message < this.recorded ? this.content : untold;
  }

  /** The content of a row with other values than a record: `bits` tells which. It stands for this row alone. */
  noteDifference(bits: number, facts: ComparedFacts, isVersionOdd: boolean): number {
    if (this.content === untold) return untold;
    return bits === 0 && !isVersionOdd
      ? asRecorded
      : asRecorded + this.#differing.add(bits, facts, isVersionOdd);
  }

  describeContent(content: number): string | undefined {
    return this.#differing.describe(content - asRecorded);
  }

  name(message: number): MessageName {
    const { records, categories, sink } = this.#sources;
    const name: MessageName = { id: '', ...(sink !== undefined && { sink }) };
    const stranger = this.#strangers[message - this.recorded];
    if (stranger !== undefined) return { ...name, id: stranger.facts.text(stranger.fact) };
    const category = this.expectedCategory(message);
    name.id = records.text(this.#first[message]!);
    if (category !== undefined && categories.length > 1) name.state = categories[category]!;
    return name;
  }
}
