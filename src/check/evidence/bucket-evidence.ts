/**
 * The evidence of one bucket: the records and rows of the ids whose hash falls there, as the judge knows evidence. The
 * messages are what the topic holds, so each id has one acknowledged attempt, at the place of its first record.
 */
import {
  deadLetterCategory,
  logFlags,
  untold,
  type AttemptBatch,
  type LogBatch,
  type StoreBatch,
} from '../../audit/evidence.ts';
import { none } from '../../workload/place.ts';
import { BucketIndex, indexOf } from '../facts/bucket-index.ts';
import { factFlags, routeShift } from '../facts/fact-format.ts';
import type { BucketFacts } from '../facts/fact-reader.ts';
import { attemptsOf } from './bucket-attempts.ts';
import { asRecorded, BucketMessages, type BucketSources } from './bucket-messages.ts';
import { RowColumns } from './bucket-rows.ts';
import type { KeyVersions } from './key-versions.ts';
import { RightIds } from './right-ids.ts';

export class BucketEvidence {
  /** All ids but those that are right. */
  readonly messages: BucketMessages;
  readonly right: RightIds;
  readonly #sources: BucketSources;
  /** By fact: its message, or `none` for records that are not judged. */
  readonly #messageOf: Int32Array;
  readonly #index: BucketIndex;
  /** The ids that only records beyond the range have. */
  readonly #laterIndex: BucketIndex;
  /** Under the rule `latest`: the keys that have a row, by their first fact. */
  readonly #keysWithRow = new Set<number>();

  constructor(sources: BucketSources) {
    this.#sources = sources;
    const { records, looks, route } = sources;
    this.#index = new BucketIndex(records);
    this.#messageOf = new Int32Array(records.count).fill(none);
    this.messages = new BucketMessages(sources);
    this.right = new RightIds(sources);
    // A record that belongs in another sink is a message here only if this sink has a row of it.
    const here = route === undefined ? undefined : indexOf(looks[0]!);
    for (let fact = 0; fact < records.count; fact++) this.#addRecord(fact, here);
    this.#laterIndex = new BucketIndex(sources.later);
    for (let fact = 0; fact < sources.later.count; fact++) this.#addLater(fact);
  }

  #addRecord(fact: number, here: BucketIndex | undefined): void {
    const { records, tally, route } = this.#sources;
    if (this.right.records[fact] === 1) return tally.noteSeen('records', records, fact);
    const flags = records.flags(fact);
    const isAborted = (flags & factFlags.aborted) !== 0;
    if (flags & factFlags.nameless) {
      if (isAborted || flags & factFlags.dropped) return;
      if (this.#hasLetter(fact)) tally.namelessLetters += 1;
      else tally.nameless += 1;
      return;
    }
    const isElsewhere = route !== undefined && flags >>> routeShift !== route;
    if (isElsewhere && !isAborted && flags >>> routeShift === 0) tally.unrouted += 1;
    if (isElsewhere && here!.find(records, fact) === none) return;
    const first = this.#index.add(fact);
    const { messages } = this;
    if (messages.versions !== undefined) return this.#addVersion(fact, first);
    const known = this.#messageOf[first]!;
    const message = known === none ? messages.add(fact) : known;
    if (isElsewhere && known === none) messages.noteElsewhere(message);
    this.#messageOf[first] = this.#messageOf[fact] = message;
    if (!(flags & factFlags.aborted)) messages.noteRecord(message, fact, tally);
  }

  #addVersion(fact: number, first: number): void {
    const { records, tally } = this.#sources;
    const flags = records.flags(fact);
    const message = this.messages.addVersion(fact, first);
    this.#messageOf[fact] = message;
    if (!(flags & factFlags.aborted)) this.messages.noteRecord(message, fact, tally);
  }

  #addLater(fact: number): void {
    const { later } = this.#sources;
    if (later.flags(fact) & (factFlags.aborted | factFlags.nameless)) return;
    const { versions } = this.messages;
    const first = this.#index.find(later, fact);
    if (first === none) this.#laterIndex.add(fact);
    else if (versions !== undefined) versions.addLater(first, fact);
    else if (this.#messageOf[first] !== none) this.messages.noteLater(this.#messageOf[first]!, fact);
  }

  /** Whether the record at the place of this fact has a dead letter. */
  #hasLetter(fact: number): boolean {
    const { records, letters } = this.#sources;
    const [partition, offset] = [records.partition(fact), records.offset(fact)];
    return letters?.places.some((places) => places.has(partition, offset)) === true;
  }

  *attempts(): Iterable<AttemptBatch> {
    yield attemptsOf(this.messages, this.#sources.records);
  }

  *log(): Iterable<LogBatch> {
    const { records } = this.#sources;
    // There may be fewer rows: not every record of the bucket is judged.
    const { count } = records;
    const batch: LogBatch = {
      count: 0,
      message: new Int32Array(count),
      partition: new Int32Array(count),
      offset: new Float64Array(count),
      producer: new Int32Array(count),
      session: new Int32Array(count),
      sequence: new Float64Array(count).fill(none),
      content: new Int32Array(count).fill(this.#content),
      key: new Int32Array(count),
      flags: new Uint8Array(count),
    };
    let row = 0;
    for (let fact = 0; fact < count; fact++) {
      const message = this.#messageOf[fact]!;
      if (message === none) continue;
      const flags = records.flags(fact);
      batch.message[row] = message;
      batch.key[row] = this.messages.expectedKey(message);
      batch.partition[row] = records.partition(fact);
      batch.offset[row] = records.offset(fact);
      batch.flags[row] =
        (flags & factFlags.aborted ? logFlags.aborted : 0) |
        (flags & factFlags.crcBad ? logFlags.crcBad : logFlags.crcOk);
      row += 1;
    }
    batch.count = row;
    yield batch;
  }

  /** To be read once, after the log: it counts ids. */
  *rows(): Iterable<StoreBatch> {
    yield this.#joinRows();
  }

  get #content(): number {
    return this.#sources.comparisons.length > 0 ? asRecorded : untold;
  }

  #joinRows(): StoreBatch {
    const { looks, tally } = this.#sources;
    const { versions } = this.messages;
    const letters = this.#sources.letters === undefined ? 0 : this.messages.recorded;
    const rows = new RowColumns(looks.reduce((sum, { count }) => sum + count, letters));
    for (const [look, facts] of looks.entries()) {
      const strangers = new BucketIndex(facts);
      const strangerOf = new Map<number, number>();
      for (let fact = 0; fact < facts.count; fact++) {
        if (look === 0 && this.right.rows[fact] === 1) continue;
        const first = this.#index.find(facts, fact);
        if (first === none) {
          // An earlier look cannot prove that a row from nowhere is still there.
          if (look > 0 || this.#laterIndex.find(facts, fact) !== none) continue;
          const known = strangers.add(fact);
          if (known !== fact) tally.noteRowAgain(facts, fact);
          const message = strangerOf.get(known) ?? this.messages.addStranger(facts, fact);
          strangerOf.set(known, message);
          rows.add(message, this.#categoryOf(look, fact), untold);
          tally.noteSeen('rows', facts, fact);
          tally.rows += 1;
          continue;
        }
        if (look === 0) tally.rows += 1;
        if (versions !== undefined) {
          this.#addRowOfKey(rows, versions, look, fact, first);
          continue;
        }
        const message = this.#messageOf[first]!;
        if (message === none) continue;
        if (look > 0 && !this.messages.mayMiss(message)) continue;
        this.#addRow(rows, look, fact, message);
      }
    }
    if (versions !== undefined) this.#addRemovedLater(rows, versions);
    this.#addLetters(rows);
    return rows.batch();
  }

  #addRowOfKey(rows: RowColumns, versions: KeyVersions, look: number, fact: number, first: number): void {
    const { records, looks, tally } = this.#sources;
    const facts = looks[look]!;
    const category = this.#categoryOf(look, fact);
    const found = versions.rowOf(first, facts, fact, this.#sameAs(look, fact));
    if (found === undefined) return;
    if (look > 0 && (this.#keysWithRow.has(first) || !this.messages.mayMiss(versions.newestOf(first)!)))
      return;
    if (look === 0 && this.#keysWithRow.has(first)) tally.noteRowAgain(facts, fact);
    else if (look === 0) tally.matched += 1;
    else tally.vanished += 1;
    this.#keysWithRow.add(first);
    const { message, isLater } = found;
    this.messages.noteRow(message);
    const expected = this.messages.expectedCategory(message) ?? category;
    const differences = isLater ? 0 : records.differences(this.messages.factOf(message), facts, fact);
    const content = this.#content === untold ? untold : asRecorded + differences;
    rows.add(message, isLater ? expected : category, content, first + 1);
  }

  /** A key that a record beyond the range removes may have lost its row already. */
  #addRemovedLater(rows: RowColumns, versions: KeyVersions): void {
    for (const first of versions.removedLater()) {
      const message = versions.newestOf(first);
      if (message === undefined || this.#keysWithRow.has(first) || this.messages.isTombstone(message))
        continue;
      this.messages.noteRow(message);
      rows.add(message, this.messages.expectedCategory(message) ?? 0, this.#content, first + 1);
    }
  }

  /** Adds the dead letters of messages that have no row: a letter whose record was handled later is none any more. */
  #addLetters(rows: RowColumns): void {
    const { letters, tally } = this.#sources;
    if (letters === undefined) return;
    const add = (message: number): void => {
      if (message === none || this.messages.hasRow(message)) return;
      this.messages.noteLetter(message, tally);
      rows.add(message, deadLetterCategory, untold);
    };
    for (let fact = 0; fact < letters.facts.count; fact++) {
      const first = this.#index.find(letters.facts, fact);
      if (first !== none) add(this.#messageOf[first]!);
    }
    for (let message = 0; message < this.messages.recorded; message++) {
      if (this.messages.recordsOf(message).some((fact) => this.#hasLetter(fact))) add(message);
    }
  }

  #addRow(rows: RowColumns, look: number, fact: number, message: number): void {
    const { records, looks, tally } = this.#sources;
    const facts = looks[look]!;
    const { messages } = this;
    if (look === 0) {
      if (messages.hasRow(message)) tally.noteRowAgain(facts, fact);
      else tally.matched += 1;
    }
    if (messages.hasLater(message) && messages.isOfLater(message, look === 0, this.#sameAs(look, fact)))
      return;
    if (look > 0) tally.vanished += 1;
    messages.noteRow(message);
    let differences = -1;
    const only = messages.onlyRecordOf(message);
    if (only !== none) {
      differences = records.differences(only, facts, fact);
    } else {
      for (const record of messages.recordsOf(message)) {
        const found = records.differences(record, facts, fact);
        if (differences === -1 || found === 0) differences = found;
        if (found === 0) break;
      }
    }
    const content =
      this.#content === untold ? untold : differences <= 0 ? asRecorded : asRecorded + differences;
    rows.add(message, this.#rowCategory(look, fact, message), content);
  }

  /** Tells whether a record has the category and the values of a row. */
  #sameAs(look: number, fact: number): (recorded: BucketFacts, record: number) => boolean {
    const facts = this.#sources.looks[look]!;
    const category = this.#categoryOf(look, fact);
    return (recorded, record) =>
      recorded.differences(record, facts, fact) === 0 &&
      (this.messages.categoryOf(recorded, record) ?? category) === category;
  }

  #categoryOf(look: number, fact: number): number {
    const { looks, lookCategories, noCategory } = this.#sources;
    const facts = looks[look]!;
    return facts.flags(fact) & factFlags.uncategorised
      ? noCategory
      : lookCategories[look]![facts.category(fact)]!;
  }

  /** If several records have the id, the row may have the category of any. */
  #rowCategory(look: number, fact: number, message: number): number {
    const category = this.#categoryOf(look, fact);
    const expected = this.messages.expectedCategory(message);
    if (category === deadLetterCategory || category === expected || expected === undefined) return category;
    const isOfOther = this.messages
      .recordsHere(message)
      .some((record) => this.messages.categoryOfRecord(record) === category);
    return isOfOther ? expected : category;
  }
}
