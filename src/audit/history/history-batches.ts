/** The lines of a history as batches of columns, each hop in the order in which it is judged. */
import {
  categoryUntold,
  deadLetterCategory,
  untold,
  type AttemptBatch,
  type DeliveryBatch,
  type LogBatch,
  type StoreBatch,
  type WrittenBatch,
} from '../evidence.ts';
import { none } from '../../workload/place.ts';
import type { HistoryMessages } from './history-messages.ts';
import type { JournalCollector } from './journal-collector.ts';
import { compareDigests, entriesOf, recordOrder, writtenOrder } from './line-order.ts';
import type { MessageCollector } from './message-collector.ts';
import { bits, keptRecord, type SaidRecord } from './message-columns.ts';

const batchRows = 4096;

export class HistoryBatches {
  readonly #said: MessageCollector;
  readonly #ranks: HistoryMessages;
  /** From a row's category number to the index in the evidence's categories. */
  readonly #categories: readonly number[];
  /** From a kept line's partition number to the evidence's. */
  readonly #numberOf: (partition: number) => number;

  constructor(
    said: MessageCollector,
    ranks: HistoryMessages,
    categories: readonly number[],
    numberOf: (partition: number) => number,
  ) {
    this.#said = said;
    this.#ranks = ranks;
    this.#categories = categories;
    this.#numberOf = numberOf;
  }

  *attempts(): Iterable<AttemptBatch> {
    const { messages, attempts, transactions } = this.#said;
    const { count } = messages;
    const { names } = transactions;
    const transactionOf = (entry: number): number =>
      entry < count ? messages.transaction.get(entry) : attempts.get('transaction', entry - count);
    const compareNames = (a: number, b: number): number =>
      a === b ? 0 : a === 0 || b === 0 ? a - b : names.compare(a, b);
    const outcomeOf = (entry: number): number =>
      entry < count ? (messages.bits.get(entry) & bits.outcome) - 1 : attempts.get('outcome', entry - count);
    const placeOf =
      (column: 'partition' | 'offset') =>
      (entry: number): number => {
        if (entry >= count) return attempts.get(column, entry - count);
        return messages.has(entry, bits.ackPlaced) ? messages[column].get(entry) : none;
      };
    const [partitionOf, offsetOf] = [this.#numbered(placeOf('partition')), placeOf('offset')];
    const entries = entriesOf(
      this.#said,
      this.#ranks,
      bits.outcome,
      attempts,
      (a, b) =>
        partitionOf(a) - partitionOf(b) ||
        offsetOf(a) - offsetOf(b) ||
        outcomeOf(a) - outcomeOf(b) ||
        compareNames(transactionOf(a), transactionOf(b)),
    );
    for (const part of inParts(entries)) {
      yield {
        count: part.length,
        message: Int32Array.from(part, (entry) => this.#rankOf(entry, attempts)),
        outcome: Uint8Array.from(part, outcomeOf),
        partition: Int32Array.from(part, partitionOf),
        offset: Float64Array.from(part, offsetOf),
        ...(names.count > 0 && { transaction: Int32Array.from(part, (entry) => transactionOf(entry) - 1) }),
      };
    }
  }

  *records(): Iterable<LogBatch> {
    for (const part of inParts(recordOrder(this.#said, this.#ranks, this.#numberOf))) {
      const records = part.map((entry) => this.#recordAt(entry));
      yield {
        count: part.length,
        message: Int32Array.from(records, ({ message }) => this.#ranks.rankOf(message)),
        partition: Int32Array.from(records, ({ partition }) => this.#numberOf(partition)),
        offset: Float64Array.from(records, ({ offset }) => offset),
        ...this.#sendersOf(records),
        content: Int32Array.from(records, ({ digest }) => digest),
        key: Int32Array.from(records, ({ key }) => key),
        flags: Uint8Array.from(records, ({ flags }) => flags),
      };
    }
  }

  *rows(): Iterable<StoreBatch> {
    const { messages, stored } = this.#said;
    const { count } = messages;
    const told =
      (column: 'digest' | 'key', bit: number) =>
      (entry: number): number => {
        if (entry >= count) return stored.get(column, entry - count);
        return messages.has(entry, bit) ? messages[column].get(entry) : untold;
      };
    const placeOf =
      (column: 'partition' | 'offset') =>
      (entry: number): number => {
        if (entry >= count) return stored.get(column, entry - count);
        return messages.has(entry, bits.storedPlaced) ? messages[column].get(entry) : none;
      };
    const categoryOf = (entry: number): number =>
      this.#category(entry < count ? messages.category.get(entry) : stored.get('category', entry - count));
    const [partitionOf, offsetOf] = [this.#numbered(placeOf('partition')), placeOf('offset')];
    const [digestOf, keyOf] = [told('digest', bits.storedDigest), told('key', bits.storedKey)];
    const entries = entriesOf(
      this.#said,
      this.#ranks,
      bits.stored,
      stored,
      (a, b) =>
        partitionOf(a) - partitionOf(b) ||
        offsetOf(a) - offsetOf(b) ||
        categoryOf(a) - categoryOf(b) ||
        compareDigests(messages, digestOf(a), digestOf(b)),
    );
    for (const part of inParts(entries)) {
      yield {
        count: part.length,
        message: Int32Array.from(part, (entry) => this.#rankOf(entry, stored)),
        category: Uint16Array.from(part, categoryOf),
        partition: Int32Array.from(part, partitionOf),
        offset: Float64Array.from(part, offsetOf),
        content: Int32Array.from(part, digestOf),
        key: Int32Array.from(part, keyOf),
      };
    }
  }

  *written(journal: JournalCollector): Iterable<WrittenBatch> {
    const { written } = journal;
    const categoryOf = (row: number): number => this.#category(written.get('category', row));
    const partitionOf = this.#numbered((row) => written.get('partition', row));
    const order = writtenOrder(journal, this.#said.messages, this.#ranks, { categoryOf, partitionOf });
    for (const part of inParts(order)) {
      yield {
        count: part.length,
        partition: Int32Array.from(part, partitionOf),
        offset: Float64Array.from(part, (row) => written.get('offset', row)),
        message: Int32Array.from(part, (row) => this.#ranks.rankOf(written.get('message', row))),
        category: Uint16Array.from(part, categoryOf),
        content: Int32Array.from(part, (row) => written.get('digest', row)),
      };
    }
  }

  *deliveries({ deliveries }: JournalCollector): Iterable<DeliveryBatch> {
    for (const part of inParts(rowsTo(deliveries.count))) {
      yield {
        count: part.length,
        partition: Int32Array.from(
          part,
          this.#numbered((row) => deliveries.get('partition', row)),
        ),
        first: Float64Array.from(part, (row) => deliveries.get('first', row)),
        end: Float64Array.from(part, (row) => deliveries.get('end', row)),
        consumer: Int32Array.from(part, (row) => deliveries.get('consumer', row)),
        epoch: Int32Array.from(part, (row) => deliveries.get('epoch', row)),
      };
    }
  }

  #numbered(partitionOf: (entry: number) => number): (entry: number) => number {
    return (entry) => this.#numberOf(partitionOf(entry));
  }

  #rankOf(entry: number, odd: { get(column: 'message', row: number): number }): number {
    const { count } = this.#said.messages;
    return this.#ranks.rankOf(entry < count ? entry : odd.get('message', entry - count));
  }

  #category(number: number): number {
    return number === deadLetterCategory || number === categoryUntold ? number : this.#categories[number]!;
  }

  #recordAt(entry: number): SaidRecord {
    const { messages, records } = this.#said;
    if (entry < messages.count) return keptRecord(messages, entry);
    const row = entry - messages.count;
    return {
      message: records.get('message', row),
      partition: records.get('partition', row),
      offset: records.get('offset', row),
      producer: records.get('producer', row),
      session: records.get('session', row),
      sequence: records.get('sequence', row),
      digest: records.get('digest', row),
      key: records.get('key', row),
      flags: records.get('flags', row),
    };
  }

  /** If a record lacks a part of its sender, that part is taken from the message's attempts, if they agree. */
  #sendersOf(records: readonly SaidRecord[]): Pick<LogBatch, 'producer' | 'session' | 'sequence'> {
    const { messages } = this.#said;
    const { origins } = messages;
    const senders = records.map(({ message, producer, session, sequence }) => {
      const isOneSender =
        message !== none &&
        (messages.bits.get(message) & (bits.sentOrigin | bits.manyOrigins)) === bits.sentOrigin;
      const origin = isOneSender ? messages.origin.get(message) : origins.of('p0', 0);
      const sent = isOneSender ? messages.sequence.get(message) : none;
      return {
        origin: origins.ofCodes(
          producer === none ? origins.producerOf(origin) : producer,
          session === none ? origins.sessionOf(origin) : session,
        ),
        sequence: message === none ? none : sequence === none ? sent : sequence,
      };
    });
    return {
      producer: Int32Array.from(senders, ({ origin }) => origins.producerOf(origin)),
      // Sessions may be large numbers. Their origins are small, and differ whenever sessions do.
      session: Int32Array.from(senders, ({ origin }) => origin),
      sequence: Float64Array.from(senders, ({ sequence }) => sequence),
    };
  }
}

function* rowsTo(count: number): Iterable<number> {
  for (let row = 0; row < count; row++) yield row;
}

function* inParts(entries: Iterable<number>): Iterable<number[]> {
  let part: number[] = [];
  for (const entry of entries) {
    part.push(entry);
    if (part.length < batchRows) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
