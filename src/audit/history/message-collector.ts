/**
 * Collects a history's lines about single messages: attempts, records and rows. The first of each that agrees with
 * the others is kept in bits; every other one as a separate line. The result does not depend on which is first.
 */
import { logFlags } from '../evidence.ts';
import { outcomeCodes, type Outcome } from '../../run-folder/ledger/outcome.ts';
import { none, type Place } from '../../workload/place.ts';
import type { LineOf } from './line-types.ts';
import { bits, keptRecord, loggedBits, MessageColumns, storedBits } from './message-columns.ts';
import { newAttempts, newOrigins, newRecords, newStored } from './exceptional-lines.ts';
import { TransactionCollector } from './transaction-collector.ts';

/** The answer to a retry of a batch that the broker has already: an ack without a position. */
const duplicateSequence = 'DUPLICATE_SEQUENCE_NUMBER';

const nowhere: Place = { partition: none, offset: none };

export class MessageCollector {
  readonly messages = new MessageColumns();
  readonly transactions = new TransactionCollector();
  readonly attempts = newAttempts();
  readonly otherOrigins = newOrigins();
  readonly records = newRecords();
  readonly stored = newStored();
  /** The topics of messages without an acked place; undefined for a message that was sent to several. */
  readonly topics = new Map<number, string | undefined>();

  addSend(line: LineOf<'send'>): void {
    const { messages } = this;
    const message = messages.indexOf(line.id);
    const state = messages.states.numberOf(line.state);
    const known = messages.state.get(message);
    if (known === 0) messages.state.set(message, state);
    else if (known !== state) messages.set(message, bits.stateDisputed);
    if (line.digest !== undefined) this.#expect('digest', message, messages.digests.numberOf(line.digest));
    if (line.key !== undefined) this.#expect('key', message, messages.keys.numberOf(line.key));
    if (line.tombstone === true) messages.set(message, bits.tombstone);
    if (line.dropped === true) messages.set(message, bits.dropped);
    const origin = messages.origins.of(line.producer ?? 'p0', line.session ?? 0);
    this.#noteSender(message, origin, line.sequence ?? none);
    const isDuplicate = line.error === duplicateSequence;
    const hasPlace = line.partition !== undefined && line.offset !== undefined && !isDuplicate;
    if (!hasPlace && line.topic !== undefined) this.#noteTopic(message, line.topic);
    this.#addAttempt(
      message,
      isDuplicate ? 'acked' : line.outcome,
      hasPlace && line.outcome === 'acked' ? { partition: line.partition!, offset: line.offset! } : undefined,
      line.transaction === undefined ? 0 : this.transactions.numberOf(line.transaction),
    );
  }

  #noteTopic(message: number, topic: string): void {
    const isOther = this.topics.has(message) && this.topics.get(message) !== topic;
    this.topics.set(message, isOther ? undefined : topic);
  }

  #addAttempt(message: number, outcome: Outcome, place: Place | undefined, transaction: number): void {
    const { messages } = this;
    const code = outcomeCodes[outcome];
    const isFirst = !messages.has(message, bits.outcome);
    if (!isFirst || (place && !messages.canStandAt(message, place.partition, place.offset))) {
      this.attempts.push({ message, outcome: code, ...(place ?? nowhere), transaction });
      return;
    }
    if (place) messages.place(message, place.partition, place.offset);
    if (transaction !== 0) messages.transaction.set(message, transaction);
    messages.set(message, (code + 1) | (place ? bits.ackPlaced : 0));
  }

  /** Notes the value that an attempt names, which takes precedence over those of other hops. */
  #expect(what: 'digest' | 'key', message: number, told: number): void {
    const { messages } = this;
    const [sent, disputed] =
      what === 'digest' ? [bits.sentDigest, bits.digestDisputed] : [bits.sentKey, bits.keyDisputed];
    const known = messages[what].get(message);
    if (messages.has(message, sent)) {
      if (known !== told) messages.set(message, disputed);
      return;
    }
    if (known !== 0 && known !== told) this.#setApart(message);
    messages[what].set(message, told);
    messages.set(message, sent);
  }

  #noteSender(message: number, origin: number, sequence: number): void {
    const { messages } = this;
    const known = messages.origin.get(message);
    const knownSequence = messages.sequence.get(message);
    const isSame = known === origin && knownSequence === sequence;
    const isSent = messages.has(message, bits.sentOrigin);
    if (isSame && isSent) return;
    if (isSent) {
      messages.set(message, bits.manyOrigins);
      const isEarlier = messages.origins.compare(origin, known) < 0;
      const isBefore = isEarlier || (origin === known && sequence < knownSequence);
      const other = isBefore ? { origin: known, sequence: knownSequence } : { origin, sequence };
      this.otherOrigins.push({ message, ...other });
      if (!isBefore) return;
    }
    if (!isSame && messages.has(message, bits.hasOrigin)) this.#setApart(message);
    messages.origin.set(message, origin);
    messages.sequence.set(message, sequence);
    messages.set(message, bits.hasOrigin | bits.sentOrigin);
  }

  /** Moves the kept record and row of a message to separate lines, because the kept values are about to change. */
  #setApart(message: number): void {
    const { messages } = this;
    const known = messages.bits.get(message);
    const place = { partition: messages.partition.get(message), offset: messages.offset.get(message) };
    const told = (bit: number, column: 'digest' | 'key') => (known & bit ? messages[column].get(message) : 0);
    if (known & bits.logged) this.records.push(keptRecord(messages, message));
    if (known & bits.stored) {
      this.stored.push({
        message,
        category: messages.category.get(message),
        ...(known & bits.storedPlaced ? place : nowhere),
        digest: told(bits.storedDigest, 'digest'),
        key: told(bits.storedKey, 'key'),
      });
    }
    messages.clear(message, loggedBits | storedBits);
  }

  addRecord(line: LineOf<'log'>): void {
    const { messages } = this;
    const { partition, offset, producer, session, sequence } = line;
    const digest = line.digest === undefined ? 0 : messages.digests.numberOf(line.digest);
    const key = line.key === undefined ? 0 : messages.keys.numberOf(line.key);
    const message = line.foreign === true ? none : messages.indexOf(line.id!);
    if (message !== none && line.tombstone === true) messages.set(message, bits.tombstone);
    const flags =
      (line.aborted === true ? logFlags.aborted : 0) |
      (line.crc === 'bad' ? logFlags.crcBad : line.crc === 'ok' ? logFlags.crcOk : 0);
    const isUsual = message !== none && !(flags & (logFlags.aborted | logFlags.crcBad));
    if (isUsual && this.#canHoldRecord(message, line, digest, key)) {
      messages.place(message, partition, offset);
      messages.hold(message, digest, key);
      if (!messages.has(message, bits.hasOrigin) && producer !== undefined) {
        messages.origin.set(message, messages.origins.of(producer, session!));
        messages.sequence.set(message, sequence!);
        messages.set(message, bits.hasOrigin);
      }
      messages.set(
        message,
        bits.logged |
          (flags & logFlags.crcOk ? bits.loggedCrcOk : 0) |
          (digest === 0 ? 0 : bits.loggedDigest) |
          (key === 0 ? 0 : bits.loggedKey) |
          (producer === undefined ? 0 : bits.loggedProducer) |
          (session === undefined ? 0 : bits.loggedSession) |
          (sequence === undefined ? 0 : bits.loggedSequence),
      );
      return;
    }
    this.records.push({
      message,
      partition,
      offset,
      producer: producer === undefined ? none : messages.origins.producerCode(producer),
      session: session ?? none,
      sequence: sequence ?? none,
      digest,
      key,
      flags,
    });
  }

  #canHoldRecord(message: number, line: LineOf<'log'>, digest: number, key: number): boolean {
    const { messages } = this;
    return (
      !messages.has(message, bits.logged) &&
      messages.canStandAt(message, line.partition, line.offset) &&
      messages.canHold(message, digest, key) &&
      this.#canBeSentBy(message, line)
    );
  }

  #canBeSentBy(message: number, { producer, session, sequence }: LineOf<'log'>): boolean {
    const { messages } = this;
    const untold = [producer, session, sequence].filter((field) => field === undefined).length;
    if (!messages.has(message, bits.hasOrigin)) return untold === 0 || untold === 3;
    const origin = messages.origin.get(message);
    return (
      (producer ?? messages.origins.producerNameOf(origin)) === messages.origins.producerNameOf(origin) &&
      (session ?? messages.origins.sessionOf(origin)) === messages.origins.sessionOf(origin) &&
      (sequence ?? messages.sequence.get(message)) === messages.sequence.get(message)
    );
  }

  addRow(line: LineOf<'store'> | LineOf<'deadLetter'>, category: number): void {
    const { messages } = this;
    const isForeign = line.type === 'store' && line.foreign === true;
    const message = isForeign || line.id === undefined ? none : messages.indexOf(line.id);
    const digest = line.digest === undefined ? 0 : messages.digests.numberOf(line.digest);
    const keyText = line.type === 'store' ? line.key : undefined;
    const key = keyText === undefined ? 0 : messages.keys.numberOf(keyText);
    const { partition, offset } = line;
    const place = partition === undefined || offset === undefined ? undefined : { partition, offset };
    const canHold =
      message !== none &&
      !messages.has(message, bits.stored) &&
      messages.canHold(message, digest, key) &&
      (place === undefined || messages.canStandAt(message, place.partition, place.offset));
    if (!canHold) {
      this.stored.push({ message, category, ...(place ?? nowhere), digest, key });
      return;
    }
    if (place) messages.place(message, place.partition, place.offset);
    messages.hold(message, digest, key);
    messages.category.set(message, category);
    messages.set(
      message,
      bits.stored |
        (place === undefined ? 0 : bits.storedPlaced) |
        (digest === 0 ? 0 : bits.storedDigest) |
        (key === 0 ? 0 : bits.storedKey),
    );
  }
}
