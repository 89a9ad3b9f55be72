/**
 * What the hops say about every message, in some 3 bytes each. A message with at most one acked position, one record there and one
 * correct row of that record is *plain*: a few flags and that position are its trail. Any other is unusual, and its full trail is kept.
 */
import {
  logFlags,
  untold,
  type AttemptBatch,
  type LogBatch,
  type Messages,
  type StoreBatch,
} from '../evidence.ts';
import { outcomeCodes, type Outcome } from '../../run-folder/ledger/outcome.ts';
import { none, type Place } from '../../workload/place.ts';
import { AckedKeys } from './acked-keys.ts';
import { FlagsColumn } from './flags-column.ts';
import { NumberColumn } from '../number-column.ts';
import type { Partition, Partitions } from './partitions.ts';
import { PositionColumn } from './position-column.ts';
import { attempted, bits, exemplary, keptOfUnusual, outcomeOfBits, withOutcome } from './trail-bits.ts';
import type { MessageOutcome, Transactions } from './transactions.ts';
import {
  agree,
  differ,
  hasPlace,
  nowhere,
  recordFlags,
  standsAtOneOf,
  judgedRow,
  type LogRecord,
  type JudgedRow,
  type Trail,
} from './trail.ts';

export class Trails {
  readonly #messages: Messages;
  readonly #partitions: Partitions;
  readonly #flags: FlagsColumn;
  readonly #positions: PositionColumn;
  /** The content and key of a plain record, if the evidence does not have the expected ones. */
  readonly #loggedContent = new NumberColumn('i32');
  readonly #loggedKey = new NumberColumn('i32');
  readonly #unusual = new Map<number, Trail>();
  readonly keys: AckedKeys;
  /** Whether the log has a planned message without an intent. */
  loggedWithoutIntent = false;
  /** Set if something was sent in a transaction. */
  transactions: Transactions | undefined;

  constructor(messages: Messages, partitions: Partitions) {
    this.#messages = messages;
    this.#partitions = partitions;
    this.keys = new AckedKeys(messages);
    this.#flags = new FlagsColumn(messages.plannedCount);
    this.#positions = new PositionColumn(partitions, messages.plannedCount);
  }

  /** The sum of all its attempts, and of their transactions; undefined without an intent. */
  outcome(message: number): MessageOutcome | undefined {
    const told = this.told(message);
    return told && (this.transactions?.outcomeOf(message, told) ?? told);
  }

  /** The sum of all its attempts, without regard to their transactions. */
  told(message: number): Outcome | undefined {
    return outcomeOfBits[this.#bitsOf(message) & attempted];
  }

  isAckedAnywhere = (message: number): boolean => (this.#bitsOf(message) & bits.ackedAnywhere) !== 0;

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

  /** Whether plan, ledger or log have the message: an id that only the store has does not name one. */
  isNamed(message: number): boolean {
    return this.isKnown(message) || this.trail(message).records.length > 0;
  }

  /** Acked, once in the log at the acked place, and once in the store, correct: there is nothing to judge. */
  isExemplary(message: number): boolean {
    if ((this.#bitsOf(message) & (exemplary | bits.unusual)) !== exemplary) return false;
    return this.transactions === undefined || this.outcome(message) === 'acked';
  }

  /** Acked, once in the log at the acked place, and not in the store. */
  isPlainlyUnstored(message: number): boolean {
    const known = this.#bitsOf(message) & (exemplary | bits.unusual);
    return known === (exemplary & ~bits.stored) && this.transactions === undefined;
  }

  /** The message has one correct row, according to ack or record: the store did its part. */
  isPlainlyStored(message: number): boolean {
    return (this.#bitsOf(message) & (bits.stored | bits.unusual)) === bits.stored;
  }

  /** Whether the message is plain, and this is its position. */
  isPlainAt(message: number, partition: number, offset: number): boolean {
    const known = this.#bitsOf(message);
    if (known & bits.unusual || !(known & (bits.ackPosition | bits.logged))) return false;
    return this.#positions.isAt(message, partition, offset);
  }

  /** Whether ledger or log name one place of the message, and nothing is unusual. */
  isPlainlyPlaced(message: number): boolean {
    const known = this.#bitsOf(message);
    return !(known & bits.unusual) && (known & (bits.ackPosition | bits.logged)) !== 0;
  }

  partitionOf = (message: number): Partition => this.#positions.partition(message);
  offsetOf = (message: number): number => this.#positions.offset(message);

  unusualTrails(): ReadonlyMap<number, Trail> {
    return this.#unusual;
  }

  isMentioned = (message: number): boolean => this.#bitsOf(message) !== 0;

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

  /** A message's trail, for additions: the message becomes an unusual one. */
  unusual(message: number): Trail {
    const trail = this.trail(message);
    this.#unusual.set(message, trail);
    this.#set(message, bits.unusual);
    return trail;
  }

  addAttempt({ message: messages, outcome, partition, offset }: AttemptBatch, row: number): void {
    const message = messages[row]!;
    this.#put(message, withOutcome(this.#bitsOf(message), outcome[row]!));
    if (outcome[row] === outcomeCodes.rejected) return;
    const ack = { partition: partition[row]!, offset: offset[row]! };
    const isAcked = outcome[row] === outcomeCodes.acked;
    if (!isAcked || !hasPlace(ack)) {
      this.keys.noteAnywhere(message);
      return isAcked ? this.#set(message, bits.ackedAnywhere) : undefined;
    }
    if (this.isAckedAt(message, ack.partition, ack.offset)) return;
    const place = this.#partitions.of(ack.partition);
    if (place.acked.has(ack.offset)) place.contested.add(ack.offset);
    place.acked.add(ack.offset);
    place.ackedEnd = Math.max(place.ackedEnd, ack.offset + 1);
    place.countDeliveries(ack.offset);
    this.keys.noteAt(message, place, ack.offset);
    if (this.#keepPlace(message, ack)) this.#set(message, bits.ackPosition);
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
    if (!this.#addPlainRow(batch, row)) this.unusual(message).rows.push(judgedRow(batch, row));
  }

  #addPlainRecord(
    { message: messages, partition, offset, content, key, flags }: LogBatch,
    row: number,
  ): boolean {
    const message = messages[row]!;
    const known = this.#bitsOf(message);
    const expected = this.expectedBytes(message);
    const hasPlace = (known & bits.ackPosition) !== 0;
    const isPlain =
      !(known & (bits.unusual | bits.logged)) &&
      !(flags[row]! & (logFlags.aborted | logFlags.crcBad)) &&
      !differ(content[row]!, expected.content) &&
      !differ(key[row]!, expected.key) &&
      (hasPlace
        ? this.#positions.isAt(message, partition[row]!, offset[row]!)
        : this.#keepPlace(message, { partition: partition[row]!, offset: offset[row]! }));
    if (!isPlain) return false;
    if (expected.content === untold && content[row] !== untold)
      this.#loggedContent.set(message, content[row]!);
    if (expected.key === untold && key[row] !== untold && this.#messages.expectedKey) {
      this.#loggedKey.set(message, key[row]!);
    }
    this.#set(
      message,
      bits.logged |
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
      agree(key?.[row] ?? untold, expected.key || this.#loggedKey.get(message)) &&
      this.#messages.isDropped?.(message) !== true &&
      (this.#messages.timesOf?.(message).max ?? 1) === 1;
    if (isPlain) this.#set(message, isPlaced ? bits.stored : bits.stored | bits.rowWithoutPosition);
    return isPlain;
  }

  /** The planned content and key. */
  expectedBytes(message: number): { content: number; key: number } {
    return {
      content: this.#messages.expectedContent(message),
      key: this.#messages.expectedKey?.(message) ?? untold,
    };
  }

  #plainRecord(message: number, position: Place): LogRecord {
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

  #plainRow(message: number, position: Place): JudgedRow {
    const place = this.#bitsOf(message) & bits.rowWithoutPosition ? nowhere : position;
    const category = this.#messages.expectedCategory(message)!;
    return { ...place, category, content: untold, key: untold, foreignLooking: false };
  }

  #noteIntent(message: number): void {
    if (!(this.#bitsOf(message) & attempted) && this.#messages.isPlanned(message))
      this.loggedWithoutIntent = true;
  }

  /** Keeps a message's first position; there is no room for a second one. */
  #keepPlace(message: number, position: Place): boolean {
    if (this.#bitsOf(message) & (bits.ackPosition | bits.logged | bits.unusual)) return false;
    this.#set(message, 0);
    this.#positions.set(message, position);
    return true;
  }

  #bitsOf(message: number): number {
    return this.#flags.get(message);
  }

  #set(message: number, added: number): void {
    this.#put(message, this.#bitsOf(message) | added);
  }

  #put(message: number, known: number): void {
    if (message >= this.#flags.length) {
      const count = Math.max(1024, message + 1, this.#flags.length * 2);
      this.#flags.resize(count);
      this.#positions.resize(count);
    }
    this.#flags.set(message, known & bits.unusual ? known & keptOfUnusual : known);
  }
}
