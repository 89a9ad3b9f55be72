/**
 * The evidence of one bucket: the records and rows of the ids whose hash falls there, as the judge knows evidence. The
 * messages are what the topic holds, so each id has one acknowledged attempt, at the place of its first record.
 */
import type { AttemptBatch, LogBatch, StoreBatch } from '../../audit/evidence.ts';
import { none } from '../../workload/place.ts';
import { BucketIndex, indexOf } from '../facts/bucket-index.ts';
import { factFlags, routeShift } from '../facts/fact-format.ts';
import { attemptsOf } from './bucket-attempts.ts';
import { logOf } from './bucket-log.ts';
import { BucketMessages } from './bucket-messages.ts';
import type { BucketSources } from './bucket-sources.ts';
import { JoinedRows } from './joined-rows.ts';
import { RightIds } from './right-ids.ts';
import { sameAs } from './row-values.ts';

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
  /** Under the rule `latest`: the records of keys with a row that belong in another sink. */
  readonly #elsewhere: number[] = [];

  constructor(sources: BucketSources) {
    this.#sources = sources;
    const { records, looks, route, isMade } = sources;
    this.#index = new BucketIndex(records);
    this.#messageOf = new Int32Array(records.count).fill(none);
    this.messages = new BucketMessages(sources);
    this.right = new RightIds(sources);
    // A record that belongs in another sink, or may not have been sent, is a message here if this sink has a row of it.
    const here = route === undefined && !isMade ? undefined : indexOf(looks[0]!);
    for (let fact = 0; fact < records.count; fact++) this.#addRecord(fact, here);
    for (const fact of this.#elsewhere) this.#addElsewhere(fact);
    this.#laterIndex = new BucketIndex(sources.later);
    for (let fact = 0; fact < sources.later.count; fact++) this.#addLater(fact);
  }

  #addRecord(fact: number, here: BucketIndex | undefined): void {
    const { records, tally, route, isMade } = this.#sources;
    if (this.right.records[fact] === 1) return tally.noteSeen('records', records, fact);
    const flags = records.flags(fact);
    const isAborted = (flags & factFlags.aborted) !== 0;
    if (flags & factFlags.nameless) {
      if (isAborted || flags & factFlags.dropped) return;
      if (this.messages.hasLetterAt(fact)) tally.namelessLetters += 1;
      else tally.nameless += 1;
      return;
    }
    const isElsewhere = route !== undefined && flags >>> routeShift !== route;
    if (isElsewhere && !isAborted && flags >>> routeShift === 0) tally.unrouted += 1;
    if (isElsewhere && here!.find(records, fact) === none) return;
    if (flags & factFlags.doubtful && !(flags & factFlags.sent) && !this.#isHere(fact, here!)) return;
    const { messages } = this;
    if (isElsewhere && messages.versions !== undefined) return void this.#elsewhere.push(fact);
    const first = this.#index.add(fact);
    // A record that names no sink belongs in no certain one: a row of it is known, and not judged.
    if (isElsewhere && flags >>> routeShift === 0) return;
    const known = this.#messageOf[first]!;
    if (flags & factFlags.doubtful && (known === none || messages.versions !== undefined))
      tally.doubtfulSent += 1;
    if (messages.versions !== undefined) return this.#addVersion(fact, first);
    const message = known === none ? messages.add(fact) : known;
    if (isMade && known !== none && this.#isAgain(fact, message)) return;
    if (isElsewhere && known === none) messages.noteElsewhere(message);
    this.#messageOf[first] = this.#messageOf[fact] = message;
    if (flags & factFlags.rejected) messages.noteRejected(message);
    else if (!(flags & factFlags.aborted)) messages.noteRecord(message, fact, tally);
  }

  /** Notes a further fact of a message that nodrop made: one more row is expected of it. */
  #isAgain(fact: number, message: number): boolean {
    const { records, tally } = this.#sources;
    const { messages } = this;
    const first = messages.firstCommitted(message);
    const flags = records.flags(fact);
    if (flags & factFlags.rejected) return true;
    if (first === none) return false;
    // Of two messages with one child, one may not have been sent.
    const isSent = !(flags & factFlags.doubtful) || (flags & factFlags.sent) !== 0;
    const isDue = isSent || records.offset(first) === records.offset(fact);
    messages.noteAgain(message, fact, isDue);
    if ((flags & factFlags.doubtful) === 0) tally.dueAgain += 1;
    return true;
  }

  /** Whether the sink shows that a message was sent. */
  #isHere(fact: number, here: BucketIndex): boolean {
    const { records, looks } = this.#sources;
    const [rows] = looks;
    const row = here.find(records, fact);
    if (this.messages.versions === undefined) return row !== none;
    // Another message of the key may have the row; and a row that is gone was perhaps removed by this one.
    if (records.flags(fact) & factFlags.tombstone) return row === none;
    return (
      row !== none &&
      this.messages.versions.isRowOf(
        records,
        fact,
        rows!,
        row,
        sameAs(this.#sources, this.messages, { look: 0, fact: row }),
      )
    );
  }

  #addVersion(fact: number, first: number): void {
    const { records, tally } = this.#sources;
    const flags = records.flags(fact);
    const message = this.messages.addVersion(fact, first);
    this.#messageOf[fact] = message;
    if (flags & factFlags.rejected) this.messages.noteRejected(message);
    else if (!(flags & factFlags.aborted)) this.messages.noteRecord(message, fact, tally);
  }

  /** Adds a record of a key with a row, to be called after those that belong here. */
  #addElsewhere(fact: number): void {
    const { messages } = this;
    const flags = this.#sources.records.flags(fact);
    const first = this.#index.add(fact);
    if (flags >>> routeShift === 0) return;
    if (this.#messageOf[first] !== none) return messages.versions!.addElsewhere(first, fact);
    this.#addVersion(fact, first);
    messages.noteElsewhere(this.#messageOf[fact]!);
  }

  #addLater(fact: number): void {
    const { later } = this.#sources;
    if (later.flags(fact) & (factFlags.aborted | factFlags.nameless)) return;
    const { versions } = this.messages;
    const first = this.#index.find(later, fact);
    if (first === none) this.#laterIndex.add(fact);
    else if (versions !== undefined) versions.addLater(first, fact);
    else if (this.#messageOf[first] !== none) this.messages.later.note(this.#messageOf[first]!, fact);
  }

  *attempts(): Iterable<AttemptBatch> {
    yield attemptsOf(this.messages, this.#sources.records);
  }

  *log(): Iterable<LogBatch> {
    const { records, route } = this.#sources;
    yield logOf(this.messages, records, { messageOf: this.#messageOf, isRouted: route !== undefined });
  }

  /** To be read once, after the log: it counts ids. */
  *rows(): Iterable<StoreBatch> {
    const { messages } = this;
    const joined = new JoinedRows(this.#sources, {
      messages,
      index: this.#index,
      messageOf: this.#messageOf,
      laterIndex: this.#laterIndex,
      right: this.right,
    });
    yield joined.batch();
  }
}
