/**
 * The rule `latest`: the store keeps one row for each key, that of its newest message. Messages of a key have an order by
 * version, if they tell one; else by the offset of their last record. A message that is dropped, or expected among
 * the dead letters, is none of its key.
 */
import { deadLetterCategory, untold, type Evidence, type Messages, type Topics } from '../evidence.ts';
import { none, type Place } from '../../workload/place.ts';
import { NumberColumn } from '../number-column.ts';
import { compaction } from './loss-checks.ts';
import type { Proof } from './proof.ts';
import { isOfAborted } from './subject.ts';
import { hasPlace, nowhere } from './trail.ts';
import type { Trails } from './trails.ts';

/**
 * `expected`: the newest that the consumer has read, of which the store must have the row, unless it has that of a newer
 * one. `ahead`: one that the consumer need not have read. `superseded`: a newer one is expected or stored, or to come.
 * `unordered`: it is not known which one of its key is the newest.
 */
export type Role = 'expected' | 'ahead' | 'superseded' | 'unordered';

/** What a message is among those of its key. */
export interface Standing {
  role: Role;
  isTombstone: boolean;
  /** The store has a row of an older message than the expected one, and none of a newer one. */
  hasStaleRow: boolean;
  /** The store has any row of the key. */
  hasRow: boolean;
  /** It is the newest of two or more of the key that have rows. */
  isShared: boolean;
}

/** Bits of a key. */
const is = {
  /** A message tells a version, or does not. */
  versioned: 1,
  unversioned: 2,
  /** Its messages stand in several partitions, or one at an unknown place. */
  split: 4,
  several: 8,
  unordered: 16,
  /** The store has a row of a message that is older than the expected one, or of another. */
  staleRow: 32,
  currentRow: 64,
  sharedRow: 128,
} as const;

export class Keys {
  readonly #messages: Messages;
  readonly #trails: Trails;
  readonly #proof: Proof;
  readonly #topics: Topics | undefined;
  /** By message, the number of its key plus 1; 0 for one without a key. */
  readonly #keys = new NumberColumn('i32');
  /** By topic and the evidence's number of a key: its number here, plus 1. */
  readonly #numbers: NumberColumn[] = [];
  #count = 0;
  readonly #flags = new NumberColumn('u8');
  /** By key: messages plus 1, and the partition of the first plus 1. */
  readonly #newest = new NumberColumn('i32');
  readonly #expected = new NumberColumn('i32');
  /** The newest that has a row. */
  readonly #stored = new NumberColumn('i32');
  readonly #partition = new NumberColumn('i32');

  /** To be called after all hops were read. */
  constructor({ messages, topics }: Evidence, trails: Trails, proof: Proof) {
    this.#messages = messages;
    this.#trails = trails;
    this.#proof = proof;
    this.#topics = topics;
    for (let message = 0; message < messages.count; message++) this.#take(message);
    this.#settleOrders();
    for (let message = 0; message < messages.count; message++) this.#rank(message);
    for (let message = 0; message < messages.count; message++) this.#noteRow(message);
  }

  /** undefined for a message without a key, which is judged by itself. */
  roleOf(message: number): Role | undefined {
    const key = this.#keys.get(message) - 1;
    if (key < 0) return undefined;
    const flags = this.#flags.get(key);
    if (flags & is.unordered) return 'unordered';
    const [expected, newest] = [this.#expected.get(key) - 1, this.#newest.get(key) - 1];
    if (message === expected)
      return flags & is.currentRow && !this.#hasRow(message) ? 'superseded' : 'expected';
    if (expected >= 0 && this.#isOlder(key, message, expected)) return 'superseded';
    return message === newest || this.#hasRow(message) ? 'ahead' : 'superseded';
  }

  standingOf(message: number): Standing | undefined {
    const role = this.roleOf(message);
    if (role === undefined) return undefined;
    const flags = this.#flags.get(this.#keys.get(message) - 1);
    const isTombstone = this.#isTombstone(message);
    return {
      role,
      isTombstone,
      hasStaleRow: (flags & (is.staleRow | is.currentRow)) === is.staleRow,
      hasRow: (flags & (is.staleRow | is.currentRow)) !== 0,
      isShared: this.isShared(message),
    };
  }

  /** Whether a message with one right row, of which nothing else is unusual, is right among those of its key. */
  isRight(message: number): boolean {
    const role = this.roleOf(message);
    if (role === undefined) return true;
    const isDue = role === 'expected' || role === 'ahead';
    return isDue && !this.#isTombstone(message) && !this.isShared(message);
  }

  isShared(message: number): boolean {
    const key = this.#keys.get(message) - 1;
    if (key < 0 || !(this.#flags.get(key) & is.sharedRow)) return false;
    return message === this.#stored.get(key) - 1;
  }

  /** Counts a message to its key, if it has one, and if the log has the message or the consumer had it. */
  #take(message: number): void {
    if (!this.#isOfKey(message)) return;
    const key = this.#numberOf(message);
    if (key === undefined) return;
    this.#keys.set(message, key + 1);
    const place = this.#placeOf(message);
    const isFirst = this.#partition.get(key) === 0;
    const partition = (place?.partition ?? -2) + 1;
    if (isFirst) this.#partition.set(key, partition);
    const isSplit = place === undefined || this.#partition.get(key) !== partition;
    this.#mark(
      key,
      (this.#versionOf(message) === undefined ? is.unversioned : is.versioned) |
        (isSplit ? is.split : 0) |
        (isFirst ? 0 : is.several),
    );
  }

  #isOfKey(message: number): boolean {
    if (this.#messages.expectedCategory(message) === deadLetterCategory) return false;
    if (this.#messages.isDropped?.(message) === true) return false;
    if (this.#trails.isLogged(message)) return true;
    if (!this.#trails.isKnown(message)) return false;
    return this.#hasRow(message) || this.#mayHaveStood(message);
  }

  /** Whether a consumer may have had it: the broker has lost what a whole log would show. */
  #mayHaveStood(message: number): boolean {
    const { acks, records } = this.#trails.trail(message);
    if (records.length > 0) return records.some(({ aborted }) => !aborted);
    if (this.#trails.outcome(message) !== 'acked') return false;
    const topic = this.#messages.topicOf?.(message);
    const places = acks.length > 0 ? acks : [nowhere];
    if (!places.every((place) => this.#proof.wouldShow(place, topic))) return true;
    const expected = this.#trails.expectedBytes(message);
    return compaction({ acks, topic, expected }, this.#proof) !== undefined;
  }

  #numberOf(message: number): number | undefined {
    const key = this.#keyOf(message);
    if (key === untold) return undefined;
    const [place] = this.#placesOf(message);
    // Of a key that several topics have, a sink has one row all the same.
    const isOfTopic = place !== undefined && this.#topics !== undefined && !this.#proof.isOfLog;
    const topic = isOfTopic ? this.#topics.numberOf(place.partition) : 0;
    const numbers = (this.#numbers[topic] ??= new NumberColumn('i32'));
    if (numbers.get(key) === 0) numbers.set(key, ++this.#count);
    return numbers.get(key) - 1;
  }

  #keyOf(message: number): number {
    const { key } = this.#trails.expectedBytes(message);
    if (key !== untold) return key;
    return this.#trails.trail(message).records.find((record) => record.key !== untold)?.key ?? untold;
  }

  /** Finds the keys whose messages have no order. */
  #settleOrders(): void {
    const mixed = new Map<number, number[]>();
    for (let key = 0; key < this.#count; key++) {
      const flags = this.#flags.get(key);
      if (!(flags & is.several)) continue;
      const isByOffset = (flags & is.unversioned) !== 0;
      if (this.#proof.topicRecreated || (isByOffset && flags & is.split)) this.#mark(key, is.unordered);
      else if (isByOffset && flags & is.versioned) mixed.set(key, []);
    }
    if (mixed.size === 0) return;
    for (let message = 0; message < this.#messages.count; message++)
      mixed.get(this.#keys.get(message) - 1)?.push(message);
    for (const [key, messages] of mixed) if (!this.#isRising(messages)) this.#mark(key, is.unordered);
  }

  /** Whether versions and offsets agree. Some of the messages tell no version, as tombstones do. */
  #isRising(messages: readonly number[]): boolean {
    const versions = messages
      .toSorted((a, b) => this.#offsetOf(a) - this.#offsetOf(b))
      .flatMap((message) => this.#versionOf(message) ?? []);
    return versions.every((version, index) => index === 0 || versions[index - 1]! <= version);
  }

  #rank(message: number): void {
    const key = this.#keys.get(message) - 1;
    if (key < 0 || this.#flags.get(key) & is.unordered) return;
    if (this.#isNewer(key, message, this.#newest.get(key) - 1)) this.#newest.set(key, message + 1);
    const places = this.#placesOf(message);
    const isConsumed = (places.length > 0 ? places : [nowhere]).every((place) =>
      this.#proof.isConsumed(place),
    );
    if (isConsumed && this.#isNewer(key, message, this.#expected.get(key) - 1))
      this.#expected.set(key, message + 1);
  }

  #noteRow(message: number): void {
    const key = this.#keys.get(message) - 1;
    if (key < 0 || !this.#hasRow(message)) return;
    const stored = this.#stored.get(key) - 1;
    if (stored >= 0) this.#mark(key, is.sharedRow);
    const isOrdered = !(this.#flags.get(key) & is.unordered);
    if (stored < 0 || (isOrdered && this.#isNewer(key, message, stored))) this.#stored.set(key, message + 1);
    const expected = this.#expected.get(key) - 1;
    const isStale = expected >= 0 && this.#isOlder(key, message, expected);
    this.#mark(key, isStale ? is.staleRow : is.currentRow);
  }

  #isNewer(key: number, message: number, other: number): boolean {
    if (other < 0 || this.#isOlder(key, other, message)) return true;
    // Of two that tell the same version, either may be stored.
    return !this.#isOlder(key, message, other) && this.#offsetOf(message) > this.#offsetOf(other);
  }

  #isOlder(key: number, message: number, other: number): boolean {
    if (this.#flags.get(key) & is.unversioned) return this.#offsetOf(message) < this.#offsetOf(other);
    return this.#versionOf(message)! < this.#versionOf(other)!;
  }

  #versionOf(message: number): number | undefined {
    const version = this.#messages.versionOf?.(message);
    return Number.isFinite(version) ? version : undefined;
  }

  #offsetOf = (message: number): number => this.#placeOf(message)?.offset ?? none;

  /** Its last record; undefined if that is not known. */
  #placeOf(message: number): Place | undefined {
    const places = this.#placesOf(message);
    const [first] = places;
    if (first === undefined || places.some(({ partition }) => partition !== first.partition))
      return undefined;
    return places.reduce((last, place) => (place.offset > last.offset ? place : last));
  }

  /** The places of its records; without any, those of its acks; else those of its rows. */
  #placesOf(message: number): readonly Place[] {
    const trails = this.#trails;
    if (trails.isPlainlyPlaced(message))
      return [{ partition: trails.partitionOf(message).number, offset: trails.offsetOf(message) }];
    const { acks, records, rows } = trails.trail(message);
    const committed = records.filter(({ aborted }) => !aborted);
    if (committed.length > 0) return committed;
    return acks.length > 0 ? acks : rows.filter(hasPlace);
  }

  /** Whether it has a row beside dead letters. */
  #hasRow(message: number): boolean {
    if (this.#trails.isPlainlyStored(message)) return true;
    const { records, rows } = this.#trails.trail(message);
    const aborted = records.filter((record) => record.aborted);
    const committed = records.filter((record) => !record.aborted);
    return rows.some(
      (row) => row.category !== deadLetterCategory && !isOfAborted({ aborted, committed }, row, this.#proof),
    );
  }

  #isTombstone = (message: number): boolean => this.#messages.isTombstone?.(message) === true;

  #mark(key: number, flags: number): void {
    this.#flags.set(key, this.#flags.get(key) | flags);
  }
}
