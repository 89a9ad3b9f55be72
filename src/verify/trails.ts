/**
 * What the hops say of every message, in 8 bytes each. A message with at most one acked position, one
 * record there and one right row of that record is *plain*: its trail is told by a few bits and that position.
 * Whatever else is said makes a message unusual, and its trail is kept as it is.
 */
import {
  logFlags,
  none,
  outcomeCodes,
  outcomes,
  untold,
  type AttemptBatch,
  type LogBatch,
  type Messages,
  type Outcome,
  type StoreBatch,
} from '../history.ts';
import { IntColumn } from './int-column.ts';
import type { Partitions } from './partitions.ts';
import { PositionColumn } from './position-column.ts';
import {
  differ,
  hasPosition,
  nowhere,
  recordFlags,
  standsAtOneOf,
  storedRow,
  type LogRecord,
  type Position,
  type StoredRow,
  type Trail,
} from './trail.ts';

const bits = {
  acked: 1,
  rejected: 2,
  unknown: 4,
  /** Acked by an ack that names no position: any one is right. */
  ackedAnywhere: 8,
  /** The position that is kept was named by an ack. */
  ackPosition: 16,
  /** A committed record was seen; of a plain message, it stands at the position that is kept. */
  logged: 32,
  crcOk: 64,
  contentTold: 128,
  keyTold: 256,
  /** One right row was seen, at the position that is kept, or without one. */
  stored: 512,
  rowWithoutPosition: 1024,
  unusual: 2048,
} as const;

/** By outcome code. */
const outcomeBits = outcomes.map((outcome) => bits[outcome]);
const attempted = bits.acked | bits.rejected | bits.unknown;
const whole = bits.acked | bits.ackPosition | bits.logged | bits.stored;

export class Trails {
  readonly #messages: Messages;
  readonly #partitions: Partitions;
  #bits: Uint16Array;
  readonly #positions: PositionColumn;
  /** What the plain record's log tells of its content and key, where the evidence does not say what to expect. */
  readonly #loggedContent = new IntColumn();
  readonly #loggedKey = new IntColumn();
  readonly #unusual = new Map<number, Trail>();
  /** Whether a message was seen in log or store that the plan knows, and no intent. */
  seenWithoutIntent = false;

  constructor(messages: Messages, partitions: Partitions) {
    this.#messages = messages;
    this.#partitions = partitions;
    this.#bits = new Uint16Array(messages.plannedCount);
    this.#positions = new PositionColumn(partitions, messages.plannedCount);
  }

  /** The sum of all its attempts; undefined without an intent. */
  outcome(message: number): Outcome | undefined {
    const known = this.#bitsOf(message);
    if (known & bits.acked) return 'acked';
    if (known & bits.unknown) return 'unknown';
    return known & bits.rejected ? 'rejected' : undefined;
  }

  isAckedAnywhere(message: number): boolean {
    return (this.#bitsOf(message) & bits.ackedAnywhere) !== 0;
  }

  isAckedAt(message: number, partition: number, offset: number): boolean {
    const known = this.#bitsOf(message);
    if (known & bits.unusual) return standsAtOneOf({ partition, offset }, this.trail(message).acks);
    return (known & bits.ackPosition) !== 0 && this.#positions.isAt(message, partition, offset);
  }

  isLogged(message: number): boolean {
    return (this.#bitsOf(message) & bits.logged) !== 0;
  }

  isKnown(message: number): boolean {
    return (this.#bitsOf(message) & attempted) !== 0 || this.#messages.isPlanned(message);
  }

  /** Acked, once in the log where the ack says, and once in the store, right: nothing to judge. */
  isExemplary(message: number): boolean {
    return (this.#bitsOf(message) & (whole | bits.unusual)) === whole;
  }

  /** Whether any hop speaks of the message. */
  isMentioned(message: number): boolean {
    return this.#bitsOf(message) !== 0;
  }

  /** A message's trail, to be read. */
  trail(message: number): Trail {
    const unusual = this.#unusual.get(message);
    if (unusual !== undefined) return unusual;
    const known = this.#bitsOf(message);
    const position = known & (bits.ackPosition | bits.logged) ? this.#positions.get(message) : nowhere;
    return {
      acks: known & bits.ackPosition ? [position] : [],
      records: known & bits.logged ? [this.#plainRecord(message, position)] : [],
      rows: known & bits.stored ? [this.#plainRow(message, position)] : [],
    };
  }

  /** A message's trail, to be added to. */
  unusual(message: number): Trail {
    const trail = this.trail(message);
    this.#unusual.set(message, trail);
    this.#set(message, bits.unusual);
    return trail;
  }

  addAttempt({ message: messages, outcome, partition, offset }: AttemptBatch, row: number): void {
    const message = messages[row]!;
    this.#set(message, outcomeBits[outcome[row]!]!);
    if (outcome[row] !== outcomeCodes.acked) return;
    const ack = { partition: partition[row]!, offset: offset[row]! };
    if (!hasPosition(ack)) return this.#set(message, bits.ackedAnywhere);
    if (this.isAckedAt(message, ack.partition, ack.offset)) return;
    const { acked, contested } = this.#partitions.of(ack.partition);
    if (acked.has(ack.offset)) contested.add(ack.offset);
    acked.add(ack.offset);
    if (this.#keepPosition(message, ack)) this.#set(message, bits.ackPosition);
    else this.unusual(message).acks.push(ack);
  }

  addRecord(batch: LogBatch, row: number): void {
    const message = batch.message[row]!;
    const flags = batch.flags[row]!;
    this.#noteIntent(message);
    if (!this.#addPlainRecord(batch, row)) {
      this.unusual(message).records.push({
        partition: batch.partition[row]!,
        offset: batch.offset[row]!,
        content: batch.content[row]!,
        key: batch.key[row]!,
        ...recordFlags(flags),
        foreignLooking: false,
      });
    }
    if (!(flags & logFlags.aborted)) this.#set(message, bits.logged);
  }

  addRow(batch: StoreBatch, row: number): void {
    const message = batch.message[row]!;
    this.#noteIntent(message);
    if (!this.#addPlainRow(batch, row)) this.unusual(message).rows.push(storedRow(batch, row));
  }

  #addPlainRecord(
    { message: messages, partition, offset, content, key, flags }: LogBatch,
    row: number,
  ): boolean {
    const message = messages[row]!;
    const known = this.#bitsOf(message);
    const expected = this.expectedBytes(message);
    const hasPosition = (known & bits.ackPosition) !== 0;
    const isPlain =
      !(known & (bits.unusual | bits.logged)) &&
      !(flags[row]! & (logFlags.aborted | logFlags.crcBad)) &&
      !differ(content[row]!, expected.content) &&
      !differ(key[row]!, expected.key) &&
      (hasPosition
        ? this.#positions.isAt(message, partition[row]!, offset[row]!)
        : this.#keepPosition(message, { partition: partition[row]!, offset: offset[row]! }));
    if (!isPlain) return false;
    if (expected.content === untold && content[row] !== untold)
      this.#loggedContent.set(message, content[row]!);
    if (expected.key === untold && key[row] !== untold) this.#loggedKey.set(message, key[row]!);
    this.#set(
      message,
      (flags[row]! & logFlags.crcOk ? bits.crcOk : 0) |
        (content[row] === untold ? 0 : bits.contentTold) |
        (key[row] === untold ? 0 : bits.keyTold),
    );
    return true;
  }

  #addPlainRow(
    { message: messages, category, partition, offset, content, key }: StoreBatch,
    row: number,
  ): boolean {
    const message = messages[row]!;
    const known = this.#bitsOf(message);
    if (known & (bits.unusual | bits.stored) || !(known & (bits.ackPosition | bits.logged))) return false;
    const expected = this.expectedBytes(message);
    const isPlaced = partition[row] !== none && offset[row] !== none;
    const isPlain =
      category[row] === this.#messages.expectedCategory(message) &&
      (!isPlaced || this.#positions.isAt(message, partition[row]!, offset[row]!)) &&
      agree(content[row]!, expected.content || this.#loggedContent.get(message)) &&
      agree(key?.[row] ?? untold, expected.key || this.#loggedKey.get(message));
    if (isPlain) this.#set(message, isPlaced ? bits.stored : bits.stored | bits.rowWithoutPosition);
    return isPlain;
  }

  /** What was to be sent. */
  expectedBytes(message: number): { content: number; key: number } {
    return {
      content: this.#messages.expectedContent(message),
      key: this.#messages.expectedKey?.(message) ?? untold,
    };
  }

  #plainRecord(message: number, position: Position): LogRecord {
    const known = this.#bitsOf(message);
    const expected = this.expectedBytes(message);
    return {
      ...position,
      content: known & bits.contentTold ? expected.content || this.#loggedContent.get(message) : untold,
      key: known & bits.keyTold ? expected.key || this.#loggedKey.get(message) : untold,
      aborted: false,
      crc: known & bits.crcOk ? 'ok' : 'unknown',
      foreignLooking: false,
    };
  }

  #plainRow(message: number, position: Position): StoredRow {
    const place = this.#bitsOf(message) & bits.rowWithoutPosition ? nowhere : position;
    const category = this.#messages.expectedCategory(message)!;
    return { ...place, category, content: untold, key: untold };
  }

  #noteIntent(message: number): void {
    if (!(this.#bitsOf(message) & attempted) && this.#messages.isPlanned(message))
      this.seenWithoutIntent = true;
  }

  /** Keeps a message's first position, if it can be kept in the column. */
  #keepPosition(message: number, position: Position): boolean {
    if (this.#bitsOf(message) & (bits.ackPosition | bits.logged | bits.unusual)) return false;
    this.#set(message, 0);
    return this.#positions.set(message, position);
  }

  #bitsOf(message: number): number {
    return this.#bits[message] ?? 0;
  }

  #set(message: number, added: number): void {
    if (message >= this.#bits.length) this.#grow(Math.max(1024, message + 1, this.#bits.length * 2));
    this.#bits[message]! |= added;
  }

  #grow(count: number): void {
    const grown = new Uint16Array(count);
    grown.set(this.#bits);
    this.#bits = grown;
    this.#positions.resize(count);
  }
}

/** Plain bytes are told only where there is something to hold them against, and equal to it. */
const agree = (told: number, reference: number): boolean => told === untold || told === reference;
