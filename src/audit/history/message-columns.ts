/**
 * What a history says about each message, in about 40 bytes: one position, one digest, one key, one origin, and
 * bits for the hops that agree with them. Nearly every line agrees with the other lines of its message,
 * so it costs a few bits. A line that differs is kept separately.
 */
import { logFlags, untold } from '../evidence.ts';
import { none } from '../../workload/place.ts';
import { NumberColumn } from '../number-column.ts';
import { Origins } from './origins.ts';
import { TextTable } from './text-table.ts';

export const bits = {
  /** The code of an attempt's outcome, plus 1. */
  outcome: 3,
  ackPlaced: 1 << 2,
  sentDigest: 1 << 3,
  sentKey: 1 << 4,
  logged: 1 << 5,
  loggedCrcOk: 1 << 6,
  loggedDigest: 1 << 7,
  loggedKey: 1 << 8,
  loggedProducer: 1 << 9,
  loggedSession: 1 << 10,
  loggedSequence: 1 << 11,
  stored: 1 << 12,
  storedPlaced: 1 << 13,
  storedDigest: 1 << 14,
  storedKey: 1 << 15,
  hasOrigin: 1 << 16,
  /** The kept origin is that of an attempt. */
  sentOrigin: 1 << 17,
  /** Attempts have different origins. */
  manyOrigins: 1 << 18,
  /** Attempts name two states, digests or keys: it is not known which is right. */
  stateDisputed: 1 << 19,
  digestDisputed: 1 << 20,
  keyDisputed: 1 << 21,
  /** The plan has the message. */
  planned: 1 << 22,
  tombstone: 1 << 23,
  /** A rule drops it. */
  dropped: 1 << 24,
} as const;

export const loggedBits =
  bits.logged |
  bits.loggedCrcOk |
  bits.loggedDigest |
  bits.loggedKey |
  bits.loggedProducer |
  bits.loggedSession |
  bits.loggedSequence;
export const storedBits = bits.stored | bits.storedPlaced | bits.storedDigest | bits.storedKey;
export const placedBits = bits.ackPlaced | bits.logged | bits.storedPlaced;
export const disputedBits = bits.stateDisputed | bits.digestDisputed | bits.keyDisputed;

export class MessageColumns {
  readonly ids = new TextTable();
  readonly digests = new TextTable();
  readonly keys = new TextTable();
  readonly states = new TextTable();
  readonly origins = new Origins();
  readonly bits = new NumberColumn('u32');
  /** Numbers in the tables below; 0 if no line has the value. */
  readonly state = new NumberColumn('u32');
  readonly digest = new NumberColumn('i32');
  readonly key = new NumberColumn('i32');
  readonly category = new NumberColumn('u16');
  readonly origin = new NumberColumn('i32');
  readonly sequence = new NumberColumn('f64');
  readonly partition = new NumberColumn('i32');
  readonly offset = new NumberColumn('f64');
  /** The number of the kept attempt's transaction, from 1; 0 for none. Has no rows behind the last one that has any. */
  readonly transaction = new NumberColumn('i32');

  get count(): number {
    return this.bits.length;
  }

  /** The message of an id; a new one for a new id. */
  indexOf(id: string): number {
    const message = this.ids.numberOf(id) - 1;
    if (message === this.count) {
      for (const column of [this.bits, this.state, this.digest, this.key, this.category]) column.push(0);
      for (const column of [this.origin, this.sequence, this.partition, this.offset]) column.push(0);
    }
    return message;
  }

  has(message: number, wanted: number): boolean {
    return (this.bits.get(message) & wanted) !== 0;
  }

  set(message: number, added: number): void {
    this.bits.set(message, this.bits.get(message) | added);
  }

  clear(message: number, taken: number): void {
    this.bits.set(message, this.bits.get(message) & ~taken);
  }

  /** Whether the kept position is this one, or there is none yet. */
  canStandAt(message: number, partition: number, offset: number): boolean {
    if (!this.has(message, placedBits)) return true;
    return this.partition.get(message) === partition && this.offset.get(message) === offset;
  }

  place(message: number, partition: number, offset: number): void {
    this.partition.set(message, partition);
    this.offset.set(message, offset);
  }

  /** Whether the kept digest and key agree with these; 0 stands for a value that the line does not have. */
  canHold(message: number, digest: number, key: number): boolean {
    return fits(this.digest.get(message), digest) && fits(this.key.get(message), key);
  }

  hold(message: number, digest: number, key: number): void {
    if (digest !== 0) this.digest.set(message, digest);
    if (key !== 0) this.key.set(message, key);
  }
}

const fits = (known: number, told: number): boolean => known === 0 || told === 0 || known === told;

/** A record from a line; `none`, or 0 for digest and key, if the line does not have the value. */
export interface SaidRecord {
  message: number;
  partition: number;
  offset: number;
  producer: number;
  session: number;
  sequence: number;
  digest: number;
  key: number;
  flags: number;
}

/** The record that is kept in a message's columns. */
export function keptRecord(messages: MessageColumns, message: number): SaidRecord {
  const known = messages.bits.get(message);
  const origin = messages.origin.get(message);
  return {
    message,
    partition: messages.partition.get(message),
    offset: messages.offset.get(message),
    producer: known & bits.loggedProducer ? messages.origins.producerOf(origin) : none,
    session: known & bits.loggedSession ? messages.origins.sessionOf(origin) : none,
    sequence: known & bits.loggedSequence ? messages.sequence.get(message) : none,
    digest: known & bits.loggedDigest ? messages.digest.get(message) : untold,
    key: known & bits.loggedKey ? messages.key.get(message) : untold,
    flags: known & bits.loggedCrcOk ? logFlags.crcOk : 0,
  };
}
