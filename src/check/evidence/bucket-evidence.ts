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
  type MessageName,
  type Messages,
  type StoreBatch,
} from '../../audit/evidence.ts';
import { outcomeCodes } from '../../run-folder/ledger/outcome.ts';
import { none } from '../../workload/place.ts';
import { BucketIndex } from '../facts/bucket-index.ts';
import { factFlags, type BucketFacts } from '../facts/fact-file.ts';
import type { IdentityTally } from './identity-tally.ts';

/** The content of a record; a row with other values has a code above it, which tells the values that differ. */
const asRecorded = 1;

export interface BucketSources {
  records: BucketFacts;
  /** The looks at the sink, the last one first. Earlier ones only have rows of messages that the last has none of. */
  looks: readonly BucketFacts[];
  /** From the categories of records, and of each look, to those of the evidence. */
  recordCategories: readonly number[];
  lookCategories: readonly (readonly number[])[];
  categories: readonly string[];
  /** The category of rows whose category is NULL. */
  noCategory: number;
  /** The compared values, as they were written. */
  comparisons: readonly string[];
  tally: IdentityTally;
}

export class BucketEvidence {
  readonly messages: BucketMessages;
  readonly #sources: BucketSources;
  /** By fact: its message, or `none` for records that are not judged. */
  readonly #messageOf: Int32Array;
  readonly #rows: StoreBatch;

  constructor(sources: BucketSources) {
    this.#sources = sources;
    const { records, tally } = sources;
    const index = new BucketIndex(records);
    this.#messageOf = new Int32Array(records.count).fill(none);
    this.messages = new BucketMessages(sources);
    for (let fact = 0; fact < records.count; fact++) this.#addRecord(fact, index, tally);
    this.#rows = this.#joinRows(index);
  }

  #addRecord(fact: number, index: BucketIndex, tally: IdentityTally): void {
    const { records } = this.#sources;
    const flags = records.flags(fact);
    if (flags & factFlags.nameless) {
      if (!(flags & (factFlags.dropped | factFlags.later | factFlags.aborted))) tally.nameless += 1;
      return;
    }
    if (flags & factFlags.later && flags & factFlags.aborted) return;
    const first = index.add(fact);
    const { messages } = this;
    const known = this.#messageOf[first]!;
    if (flags & factFlags.later) {
      if (known !== none) messages.noteLater(known);
      return;
    }
    const message = known === none ? messages.add(fact) : known;
    this.#messageOf[first] = message;
    this.#messageOf[fact] = message;
    if (!(flags & factFlags.aborted)) messages.noteRecord(message, fact, tally);
  }

  *attempts(): Iterable<AttemptBatch> {
    const { messages } = this;
    const { records } = this.#sources;
    const count = messages.recorded;
    const batch = {
      count,
      message: new Int32Array(count),
      outcome: new Uint8Array(count),
      partition: new Int32Array(count),
      offset: new Float64Array(count),
    };
    for (let message = 0; message < count; message++) {
      const fact = messages.firstCommitted(message);
      batch.message[message] = message;
      // An id that stands only in aborted transactions was perhaps never meant to arrive.
      batch.outcome[message] = fact === none ? outcomeCodes.unknown : outcomeCodes.acked;
      batch.partition[message] = fact === none ? none : records.partition(fact);
      batch.offset[message] = fact === none ? none : records.offset(fact);
    }
    yield batch;
  }

  *log(): Iterable<LogBatch> {
    const { records } = this.#sources;
    const facts: number[] = [];
    for (let fact = 0; fact < records.count; fact++) {
      if (this.#messageOf[fact] !== none && !(records.flags(fact) & factFlags.later)) facts.push(fact);
    }
    const batch: LogBatch = {
      count: facts.length,
      message: new Int32Array(facts.length),
      partition: new Int32Array(facts.length),
      offset: new Float64Array(facts.length),
      producer: new Int32Array(facts.length),
      session: new Int32Array(facts.length),
      sequence: new Float64Array(facts.length).fill(none),
      content: new Int32Array(facts.length).fill(this.#content),
      key: new Int32Array(facts.length),
      flags: new Uint8Array(facts.length),
    };
    for (const [row, fact] of facts.entries()) {
      const flags = records.flags(fact);
      batch.message[row] = this.#messageOf[fact]!;
      batch.partition[row] = records.partition(fact);
      batch.offset[row] = records.offset(fact);
      batch.flags[row] =
        (flags & factFlags.aborted ? logFlags.aborted : 0) |
        (flags & factFlags.crcBad ? logFlags.crcBad : logFlags.crcOk);
    }
    yield batch;
  }

  *rows(): Iterable<StoreBatch> {
    yield this.#rows;
  }

  get #content(): number {
    return this.#sources.comparisons.length > 0 ? asRecorded : untold;
  }

  #joinRows(index: BucketIndex): StoreBatch {
    const { looks, tally } = this.#sources;
    const rows = new Rows(looks.reduce((sum, { count }) => sum + count, 0));
    for (const [look, facts] of looks.entries()) {
      const strangers = new BucketIndex(facts);
      const strangerOf = new Map<number, number>();
      for (let fact = 0; fact < facts.count; fact++) {
        const first = index.find(facts, fact);
        if (first === none) {
          // An earlier look cannot prove that a row from nowhere is still there.
          if (look > 0) continue;
          const known = strangers.add(fact);
          if (known !== fact) tally.noteRowAgain(facts, fact);
          const message = strangerOf.get(known) ?? this.messages.addStranger(facts, fact);
          strangerOf.set(known, message);
          rows.add(message, this.#categoryOf(look, fact), untold);
          tally.noteSeen('rows', facts, fact);
          tally.rows += 1;
          continue;
        }
        const message = this.#messageOf[first]!;
        if (look === 0) tally.rows += 1;
        // The id stands only beyond the range, or in a transaction there.
        if (message === none) continue;
        if (look > 0 && this.messages.hasRow(message)) continue;
        this.#addRow(rows, look, fact, message);
      }
    }
    return rows.batch();
  }

  #addRow(rows: Rows, look: number, fact: number, message: number): void {
    const { records, looks, tally } = this.#sources;
    const facts = looks[look]!;
    const { messages } = this;
    if (look === 0) {
      if (messages.hasRow(message)) tally.noteRowAgain(facts, fact);
      else tally.matched += 1;
    }
    // One of its rows belongs to a record beyond the range.
    if (messages.hasRow(message) && messages.takeLater(message)) return;
    messages.noteRow(message);
    let differences = -1;
    for (const record of messages.recordsOf(message)) {
      const found = records.differences(record, facts, fact);
      if (differences === -1 || found === 0) differences = found;
      if (found === 0) break;
    }
    const content =
      this.#content === untold ? untold : differences <= 0 ? asRecorded : asRecorded + differences;
    rows.add(message, this.#rowCategory(look, fact, message), content);
  }

  #categoryOf(look: number, fact: number): number {
    const { looks, lookCategories, noCategory } = this.#sources;
    const facts = looks[look]!;
    const flags = facts.flags(fact);
    if (flags & factFlags.deadLetter) return deadLetterCategory;
    return flags & factFlags.uncategorised ? noCategory : lookCategories[look]![facts.category(fact)]!;
  }

  /** If several records have the id, the row may have the category of any. */
  #rowCategory(look: number, fact: number, message: number): number {
    const category = this.#categoryOf(look, fact);
    const expected = this.messages.expectedCategory(message);
    if (category === deadLetterCategory || category === expected || expected === undefined) return category;
    const { messages } = this;
    const isOfOther = messages
      .recordsOf(message)
      .some((record) => messages.categoryOfRecord(record) === category);
    return isOfOther ? expected : category;
  }
}

class Rows {
  #count = 0;
  readonly #message: Int32Array;
  readonly #category: Uint16Array;
  readonly #content: Int32Array;

  constructor(max: number) {
    this.#message = new Int32Array(max);
    this.#category = new Uint16Array(max);
    this.#content = new Int32Array(max);
  }

  add(message: number, category: number, content: number): void {
    this.#message[this.#count] = message;
    this.#category[this.#count] = category;
    this.#content[this.#count++] = content;
  }

  batch(): StoreBatch {
    const count = this.#count;
    return {
      count,
      message: this.#message.subarray(0, count),
      category: this.#category.subarray(0, count),
      partition: new Int32Array(count).fill(none),
      offset: new Float64Array(count).fill(none),
      content: this.#content.subarray(0, count),
    };
  }
}

const noFacts: readonly number[] = [];

/** The ids of a bucket: those of records first, then those that only rows have. */
export class BucketMessages implements Messages {
  readonly plannedCount = 0;
  readonly #sources: BucketSources;
  /** By message: its first fact, and its first committed one. */
  readonly #first: number[] = [];
  readonly #committed: number[] = [];
  /** The committed facts of messages that have more than one. */
  readonly #all = new Map<number, number[]>();
  /** By message: how many records beyond the range have its id. */
  readonly #later = new Map<number, number>();
  #hasRow = new Uint8Array(1024);
  /** The facts of ids that only rows have. */
  readonly #strangers: { facts: BucketFacts; fact: number }[] = [];

  constructor(sources: BucketSources) {
    this.#sources = sources;
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

  noteRecord(message: number, fact: number, tally: IdentityTally): void {
    const first = this.#committed[message]!;
    if (first === none) {
      tally.ids += 1;
      tally.noteSeen('records', this.#sources.records, fact);
      this.#committed[message] = fact;
      if (this.#sources.records.flags(fact) & factFlags.uncategorised) tally.uncategorised += 1;
      return;
    }
    tally.noteRecordAgain(this.#sources.records, fact);
    const all = this.#all.get(message);
    if (all === undefined) this.#all.set(message, [first, fact]);
    else all.push(fact);
  }

  noteLater(message: number): void {
    this.#later.set(message, (this.#later.get(message) ?? 0) + 1);
  }

  /** Whether there is still a record beyond the range for a row. Takes it. */
  takeLater(message: number): boolean {
    const left = this.#later.get(message) ?? 0;
    if (left > 0) this.#later.set(message, left - 1);
    return left > 0;
  }

  addStranger(facts: BucketFacts, fact: number): number {
    return this.recorded + this.#strangers.push({ facts, fact }) - 1;
  }

  firstCommitted = (message: number): number => this.#committed[message]!;

  recordsOf(message: number): readonly number[] {
    const all = this.#all.get(message);
    if (all !== undefined) return all;
    const first = this.#committed[message]!;
    return first === none ? noFacts : [first];
  }

  hasRow = (message: number): boolean => this.#hasRow[message] === 1;

  noteRow(message: number): void {
    if (message >= this.#hasRow.length) {
      const larger = new Uint8Array(Math.max(message + 1, this.#hasRow.length * 2));
      larger.set(this.#hasRow);
      this.#hasRow = larger;
    }
    this.#hasRow[message] = 1;
  }

  categoryOfRecord(fact: number): number | undefined {
    const { records, recordCategories } = this.#sources;
    if (records.flags(fact) & factFlags.uncategorised) return undefined;
    return recordCategories[records.category(fact)]!;
  }

  isPlanned(): boolean {
    return false;
  }

  expectedCategory(message: number): number | undefined {
    if (message >= this.recorded) return undefined;
    const fact = this.#committed[message]!;
    return this.categoryOfRecord(fact === none ? this.#first[message]! : fact);
  }

  expectedContent(message: number): number {
    return this.#sources.comparisons.length > 0 && message < this.recorded ? asRecorded : untold;
  }

  describeContent(content: number): string | undefined {
    const differing = this.#sources.comparisons.filter((_, index) => (content - asRecorded) & (1 << index));
    return differing.length === 0
      ? undefined
      : `${differing.join(' and ')} ${differing.length === 1 ? 'differs' : 'differ'}`;
  }

  name(message: number): MessageName {
    const stranger = message - this.recorded;
    if (stranger >= 0) {
      const { facts, fact } = this.#strangers[stranger]!;
      return { id: facts.text(fact) };
    }
    const { records, categories } = this.#sources;
    const category = this.expectedCategory(message);
    const name: MessageName = { id: records.text(this.#first[message]!) };
    if (category !== undefined && categories.length > 1) name.state = categories[category]!;
    return name;
  }
}
