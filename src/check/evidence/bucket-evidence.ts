/**
 * The evidence of one bucket: the records and rows of the ids whose hash falls there, as the judge knows evidence. The
 * messages are what the topic holds, so each id has one acknowledged attempt, at the place of its first record.
 */
import { logFlags, type AttemptBatch, type LogBatch, type StoreBatch } from '../../audit/evidence.ts';
import { none } from '../../workload/place.ts';
import { BucketIndex, indexOf } from '../facts/bucket-index.ts';
import { factFlags, routeShift } from '../facts/fact-format.ts';
import { attemptsOf } from './bucket-attempts.ts';
import { BucketMessages } from './bucket-messages.ts';
import type { BucketSources } from './bucket-sources.ts';
import { JoinedRows } from './joined-rows.ts';
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
  /** Under the rule `latest`: the records of keys with a row that belong in another sink. */
  readonly #elsewhere: number[] = [];

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
    for (const fact of this.#elsewhere) this.#addElsewhere(fact);
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
      if (this.messages.hasLetterAt(fact)) tally.namelessLetters += 1;
      else tally.nameless += 1;
      return;
    }
    const isElsewhere = route !== undefined && flags >>> routeShift !== route;
    if (isElsewhere && !isAborted && flags >>> routeShift === 0) tally.unrouted += 1;
    if (isElsewhere && here!.find(records, fact) === none) return;
    const { messages } = this;
    if (isElsewhere && messages.versions !== undefined) return void this.#elsewhere.push(fact);
    const first = this.#index.add(fact);
    // A record that names no sink belongs in no certain one: a row of it is known, and not judged.
    if (isElsewhere && flags >>> routeShift === 0) return;
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
    else if (this.#messageOf[first] !== none) this.messages.noteLater(this.#messageOf[first]!, fact);
  }

  *attempts(): Iterable<AttemptBatch> {
    yield attemptsOf(this.messages, this.#sources.records);
  }

  *log(): Iterable<LogBatch> {
    const { records, route } = this.#sources;
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
      content: new Int32Array(count).fill(this.messages.content),
      key: new Int32Array(count),
      flags: new Uint8Array(count),
    };
    let row = 0;
    for (let fact = 0; fact < count; fact++) {
      const message = this.#messageOf[fact]!;
      if (message === none || this.messages.isDropBeside(message, fact)) continue;
      const flags = records.flags(fact);
      if (route !== undefined && flags >>> routeShift === 0) continue;
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
