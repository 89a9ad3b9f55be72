/** Joins the rows and the dead letters of a bucket to its messages. */
import { deadLetterCategory, untold, type StoreBatch } from '../../audit/evidence.ts';
import { none } from '../../workload/place.ts';
import { BucketIndex } from '../facts/bucket-index.ts';
import { factFlags } from '../facts/fact-format.ts';
import type { BucketFacts } from '../facts/fact-reader.ts';
import type { BucketMessages } from './bucket-messages.ts';
import { RowColumns } from './bucket-rows.ts';
import { categoryOf, sameAs } from './row-values.ts';
import type { BucketSources } from './bucket-sources.ts';
import type { KeyVersions } from './key-versions.ts';
import type { RightIds } from './right-ids.ts';
import { SteadyRows } from './steady-rows.ts';

/** What the records of a bucket are. */
export interface KnownRecords {
  messages: BucketMessages;
  index: BucketIndex;
  /** By fact: its message, or `none` for records that are not judged. */
  messageOf: Int32Array;
  /** The ids that only records beyond the range have. */
  laterIndex: BucketIndex;
  /** Ids of which nothing more is to be said. */
  right: RightIds;
}

interface AddedRow {
  look: number;
  fact: number;
  category: number;
  content: number;
}

/** The ids of a look that no record has. */
class Strangers {
  readonly index: BucketIndex;
  /** By the first fact of an id. */
  readonly messages = new Map<number, number>();

  constructor(facts: BucketFacts) {
    this.index = new BucketIndex(facts);
  }
}

const isRemoval = (facts: BucketFacts, fact: number): boolean =>
  (facts.flags(fact) & factFlags.tombstone) !== 0;

/** The last fact of each id. */
function lastOfEach(facts: BucketFacts): Set<number> {
  const index = new BucketIndex(facts);
  const last = new Map<number, number>();
  for (let fact = 0; fact < facts.count; fact++) last.set(index.add(fact), fact);
  return new Set(last.values());
}

/** To be read once, after the log: it counts ids. */
export class JoinedRows {
  readonly #sources: BucketSources;
  readonly #of: KnownRecords;
  readonly #messages: BucketMessages;
  /** Under the rule `latest`: the keys that have a row, by their first fact. */
  readonly #keysWithRow = new Set<number>();
  /** The messages that have a right row, and the rows that are none of their records, if the range need not have all of these. */
  readonly #rightRows = new Set<number>();
  readonly #aside = new Map<number, AddedRow[]>();

  constructor(sources: BucketSources, known: KnownRecords) {
    this.#sources = sources;
    this.#of = known;
    this.#messages = known.messages;
  }

  batch(): StoreBatch {
    const { looks, letters, rule, isUndrained } = this.#sources;
    const { versions, recorded } = this.#messages;
    // A message without a row may get one of a dead letter, or of a record beyond the range.
    const more = letters === undefined && versions === undefined ? 0 : recorded;
    const rows = new RowColumns(looks.reduce((sum, { count }) => sum + count, more));
    if (isUndrained) this.#addLook(rows, 0, new SteadyRows(looks, this.#textOf));
    else for (const look of looks.keys()) this.#addLook(rows, look);
    if (versions !== undefined) this.#addRemovedLater(rows, versions);
    this.#addRowsAside(rows);
    if (rule === 'at-least-once') this.#noteMissingCopies();
    this.#addLetters(rows);
    return rows.batch();
  }

  /** `steady`: absent if it does not matter what was there before. */
  #addLook(rows: RowColumns, look: number, steady?: SteadyRows): void {
    const { looks, tally, keepsVersions } = this.#sources;
    const { versions } = this.#messages;
    const facts = looks[look]!;
    const last = versions !== undefined && keepsVersions ? lastOfEach(facts) : undefined;
    const strangers = new Strangers(facts);
    for (let fact = 0; fact < facts.count; fact++) {
      if (look === 0 && this.#of.right.rows[fact] === 1) continue;
      if (look === 0) tally.rows += 1;
      if (last !== undefined && !last.has(fact)) continue;
      const first = this.#of.index.find(facts, fact);
      if (steady?.has(fact) === false && !this.#isRightAlone(fact, first)) continue;
      if (first === none) {
        // An earlier look cannot prove that a row from nowhere is still there.
        const isExplained = look > 0 || this.#of.laterIndex.find(facts, fact) !== none;
        if (!isExplained && !isRemoval(facts, fact)) this.#addStranger(rows, strangers, facts, fact);
      } else if (versions !== undefined) {
        if (isRemoval(facts, fact)) tally.matched += 1;
        else this.#addRowOfKey(rows, versions, look, fact, first);
      } else {
        const message = this.#of.messageOf[first]!;
        if (message !== none && (look === 0 || this.#messages.mayMiss(message)))
          this.#addRow(rows, look, fact, message);
      }
    }
  }

  /** Whether a row of the last look is as its record demands. */
  #isRightAlone(fact: number, first: number): boolean {
    const { records } = this.#sources;
    const { versions } = this.#messages;
    const message = first === none ? none : (versions?.newestOf(first) ?? this.#of.messageOf[first]!);
    if (message === none || !this.#messages.mayMiss(message)) return false;
    return this.#messages.recordsOf(message).some((record) => this.#sameAs(0, fact)(records, record));
  }

  #addStranger(rows: RowColumns, strangers: Strangers, facts: BucketFacts, fact: number): void {
    const { tally } = this.#sources;
    const known = strangers.index.add(fact);
    if (known !== fact) tally.noteRowAgain(facts, fact);
    const message = strangers.messages.get(known) ?? this.#messages.addStranger(facts, fact);
    strangers.messages.set(known, message);
    rows.add(message, this.#categoryOf(0, fact), untold);
    tally.noteSeen('rows', facts, fact);
  }

  #addRowOfKey(rows: RowColumns, versions: KeyVersions, look: number, fact: number, first: number): void {
    const { records, looks, tally } = this.#sources;
    const facts = looks[look]!;
    const category = this.#categoryOf(look, fact);
    const found = versions.rowOf(first, facts, fact, this.#sameAs(look, fact));
    if (found === undefined) return;
    if (look > 0 && (this.#keysWithRow.has(first) || !this.#messages.mayMiss(versions.newestOf(first)!)))
      return;
    if (look === 0 && this.#keysWithRow.has(first)) tally.noteRowAgain(facts, fact);
    else if (look === 0) tally.matched += 1;
    else tally.vanished += 1;
    this.#keysWithRow.add(first);
    const { message, kind } = found;
    this.#messages.noteRow(message);
    const expected = this.#messages.expectedCategory(message) ?? category;
    if (kind === 'later' || kind === 'older')
      return rows.add(message, expected, this.#messages.content, first + 1);
    if (kind === 'elsewhere')
      return rows.add(message, this.#sources.elsewhereCategory, this.#messages.content, first + 1);
    const record = this.#messages.factOf(message);
    const isElsewhere = this.#messages.isElsewhere(message);
    const bits = isElsewhere ? 0 : records.differences(record, facts, fact);
    const compared = { records, record, rows: facts, row: fact };
    const content = this.#messages.noteDifference(bits, compared, kind === 'odd');
    rows.add(message, category, content, first + 1);
  }

  /** A key that a record beyond the range removes may have lost its row already. */
  #addRemovedLater(rows: RowColumns, versions: KeyVersions): void {
    for (const first of versions.removedLater()) {
      const message = versions.newestOf(first);
      if (message === undefined || this.#keysWithRow.has(first) || this.#messages.isTombstone(message))
        continue;
      this.#messages.noteRow(message);
      rows.add(message, this.#messages.expectedCategory(message) ?? 0, this.#messages.content, first + 1);
    }
  }

  /** Adds the dead letters of messages that have no row: a letter whose record was handled later is none any more. */
  #addLetters(rows: RowColumns): void {
    const { letters, tally } = this.#sources;
    if (letters === undefined) return;
    const add = (message: number): void => {
      if (message === none || this.#messages.hasRow(message)) return;
      this.#messages.noteLetter(message, tally);
      rows.add(message, deadLetterCategory, untold);
    };
    for (let fact = 0; fact < letters.facts.count; fact++) {
      const first = this.#of.index.find(letters.facts, fact);
      if (first === none) continue;
      // Without the place of its record, a dead letter of a key may be that of any version: the newest counts.
      add(this.#messages.versions?.newestOf(first) ?? this.#of.messageOf[first]!);
    }
    for (let message = 0; message < this.#messages.recorded; message++) {
      if (this.#messages.recordsOf(message).some((fact) => this.#messages.hasLetterAt(fact))) add(message);
    }
  }

  #addRow(rows: RowColumns, look: number, fact: number, message: number): void {
    const { records, looks, tally, hasAllCopies } = this.#sources;
    const facts = looks[look]!;
    const messages = this.#messages;
    if (look === 0) {
      if (messages.hasRow(message)) tally.noteRowAgain(facts, fact);
      else tally.matched += 1;
    }
    if (messages.later.has(message) && messages.isOfLater(message, look === 0, this.#sameAs(look, fact)))
      return;
    if (look > 0) tally.vanished += 1;
    messages.noteRow(message);
    const told = this.#categoryOf(look, fact);
    const only = messages.onlyRecordOf(message);
    const copies = only === none ? messages.copiesOf(message) : undefined;
    const record = copies?.nearest(facts, fact, told) ?? only;
    const differences = record === none ? 0 : records.differences(record, facts, fact);
    const row: AddedRow = {
      look,
      fact,
      category: this.#rowCategory(told, record, message),
      content: messages.noteDifference(differences, { records, record, rows: facts, row: fact }, false),
    };
    const isRight =
      differences === 0 && row.category === (messages.expectedCategory(message) ?? row.category);
    if (hasAllCopies) return rows.add(message, row.category, row.content);
    if (!isRight) return this.#addAside(message, row);
    this.#rightRows.add(message);
    rows.add(message, row.category, row.content);
  }

  #addAside(message: number, row: AddedRow): void {
    const known = this.#aside.get(message);
    if (known === undefined) this.#aside.set(message, [row]);
    else known.push(row);
  }

  /**
   * Adds the rows that are none of their id's records in the range, which need not have all of that id. Beside a right row,
   * such a row may be of a record outside of the range.
   */
  #addRowsAside(rows: RowColumns): void {
    const { looks, rule } = this.#sources;
    for (const [message, aside] of this.#aside) {
      for (const { look, fact, category, content } of aside) {
        if (!this.#rightRows.has(message)) rows.add(message, category, content);
        else if (rule !== 'at-least-once') {
          rows.add(message, this.#messages.expectedCategory(message) ?? category, this.#messages.content);
        } else rows.add(this.#messages.addStranger(looks[look]!, fact), category, untold);
      }
    }
  }

  /** Counts the ids whose records differ, and of which not each has a row: whether one was lost, the id does not tell. */
  #noteMissingCopies(): void {
    const { tally } = this.#sources;
    const isHandled = (record: number): boolean => this.#messages.hasLetterAt(record);
    for (const [message, copies] of this.#messages.allCopies()) {
      if (this.#messages.hasRow(message) && !copies.isWhole(isHandled)) tally.differing += 1;
    }
  }

  #sameAs = (look: number, fact: number): ReturnType<typeof sameAs> =>
    sameAs(this.#sources, this.#messages, { look, fact });

  #textOf = (look: number, fact: number): string => {
    const facts = this.#sources.looks[look]!;
    const version = this.#messages.isVersioned ? facts.version(fact) : '';
    return `${this.#categoryOf(look, fact)} ${facts.flags(fact)} ${version} ${facts.values(fact)}`;
  };

  #categoryOf = (look: number, fact: number): number => categoryOf(this.#sources, look, fact);

  /** The category that is judged: if the row is in that of the record that is most like it, the one of the message. */
  #rowCategory(told: number, record: number, message: number): number {
    if (this.#messages.isElsewhere(message)) return told;
    const expected = this.#messages.expectedCategory(message);
    // Nothing but that it was aborted is said of a row that no committed record has.
    if (record === none) return expected ?? told;
    if (expected === undefined || expected === deadLetterCategory) return told;
    return this.#messages.categoryOfRecord(record) === told ? expected : told;
  }
}
