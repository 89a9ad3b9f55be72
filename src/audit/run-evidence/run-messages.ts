/**
 * The messages of a run and their indexes: those of planned messages by arithmetic, and those of other records and
 * rows with the run's id by a map. The planned contents come from the workload only.
 */
import { untold, type MessageName, type Messages } from '../evidence.ts';
import type { Manifest } from '../../run-folder/run-folder.ts';
import type { SessionStarts } from './run-plan.ts';
import { SentMessages } from '../../workload/sent-messages.ts';
import { messageId, producerName, Workload, type Draw } from '../../workload/workload.ts';

/** The number of the correct content. Other contents get higher numbers. */
const rightContent = 1;

/** In a text of differences, this mark precedes those that can be put in words. */
export const columnsMark = '\n';

/** The number of a key in the evidence. */
export const keyOfCustomer = (customer: number): number => customer + 1;

/** The planned message. */
export interface ExpectedMessage {
  producer: string;
  sequence: number;
  customer: number;
  key: Uint8Array;
  payload: Uint8Array;
  digest: bigint;
}

/** The limit of sessions that are kept prepared, so that their messages can be made at once. */
const sessionsMax = 64;

export class RunMessages implements Messages {
  readonly plannedCount: number;
  readonly #manifest: Manifest;
  readonly sessionStarts: SessionStarts;
  readonly #hasOneSession: boolean;
  readonly #workload: Workload;
  /** The first index of each producer, and its number of messages. */
  readonly #bases: number[] = [];
  readonly #counts: number[] = [];
  readonly #others = new Map<string, number>();
  readonly #otherNames: MessageName[] = [];
  readonly #contents = new Map<string, number>();
  /** The differences that the numbers above `rightContent` stand for, in their order. */
  readonly differences: string[] = [];
  /** By producer and session. */
  readonly #sent = new Map<number, SentMessages>();
  /** One object for all messages: otherwise an audit of millions would make millions of objects. */
  readonly #expected: ExpectedMessage = {
    producer: '',
    sequence: 0,
    customer: 0,
    key: new Uint8Array(),
    payload: new Uint8Array(),
    digest: 0n,
  };

  /** The number of a message's key, if `askForKeys` was called; otherwise contents cover keys. */
  expectedKey?: (message: number) => number;

  constructor(manifest: Manifest, sessionStarts: SessionStarts = {}) {
    this.#manifest = manifest;
    this.sessionStarts = sessionStarts;
    this.#hasOneSession = Object.keys(sessionStarts).length === 0;
    this.#workload = new Workload(manifest);
    let planned = 0;
    for (let producer = 0; manifest.producers[producerName(producer)] !== undefined; producer++) {
      const count = manifest.producers[producerName(producer)]!;
      this.#bases.push(planned);
      this.#counts.push(count);
      planned += count;
    }
    this.plannedCount = planned;
  }

  get count(): number {
    return this.plannedCount + this.#otherNames.length;
  }

  isPlanned(message: number): boolean {
    return message < this.plannedCount;
  }

  /** The index of a producer's sequence; a new index if it is not planned. */
  indexOf(producer: number, sequence: number): number {
    return (
      this.plannedIndexOf(producer, sequence) ??
      this.other({ id: messageId(producer, sequence), producer: producerName(producer), sequence })
    );
  }

  /** The index of a producer's sequence; undefined if it is not planned. */
  plannedIndexOf(producer: number, sequence: number): number | undefined {
    return sequence < (this.#counts[producer] ?? 0) ? this.#bases[producer]! + sequence : undefined;
  }

  /** The index of a message with the run's id that is not planned. */
  other(name: MessageName): number {
    const known = this.#others.get(name.id);
    if (known !== undefined) return known;
    const index = this.count;
    this.#others.set(name.id, index);
    this.#otherNames.push(name);
    return index;
  }

  expectedCategory(message: number): number | undefined {
    if (!this.isPlanned(message)) return undefined;
    const { producer, sequence } = this.#locate(message);
    return this.#workload.stateOf(producer, sequence);
  }

  /** To be called for a compacted topic, in which a later record of a key may have replaced an earlier one. */
  askForKeys(): void {
    const draw: Draw = this.#workload.draw(0, 0);
    this.expectedKey = (message) => {
      if (!this.isPlanned(message)) return untold;
      const { producer, sequence } = this.#locate(message);
      return keyOfCustomer(this.#workload.draw(producer, sequence, draw).customer);
    };
  }

  expectedContent(message: number): number {
    return this.isPlanned(message) ? rightContent : untold;
  }

  name(message: number): MessageName {
    if (!this.isPlanned(message)) return this.#otherNames[message - this.plannedCount]!;
    const { producer, sequence } = this.#locate(message);
    const state = this.#manifest.states[this.#workload.stateOf(producer, sequence)]!.name;
    return { id: messageId(producer, sequence), producer: producerName(producer), sequence, state };
  }

  /** A planned message, with its digest if this session sent it. Valid until the next call. */
  expected(message: number, session: number): ExpectedMessage | undefined {
    if (!this.isPlanned(message)) return undefined;
    const { producer, sequence } = this.#locate(message);
    const sent = this.#sentIn(producer, session);
    const { key, payload, digest } = sent.message(sequence);
    const expected = this.#expected;
    expected.producer = producerName(producer);
    expected.sequence = sequence;
    expected.customer = sent.draw.customer;
    expected.key = key;
    expected.payload = payload;
    expected.digest = digest;
    return expected;
  }

  /** The session that had to send a message, according to the ledgers. */
  sessionOf(message: number): number {
    if (this.#hasOneSession || !this.isPlanned(message)) return 0;
    const { producer, sequence } = this.#locate(message);
    return this.sessionStarts[producerName(producer)]?.findLastIndex((start) => start <= sequence) ?? 0;
  }

  /** The other sessions that may have sent a message of this one, too; their ledgers may be missing. */
  otherSessions(session: number): number[] {
    const known = Math.max(1, ...Object.values(this.sessionStarts).map(({ length }) => length));
    return Array.from({ length: known + 1 }, (_, other) => other).filter((other) => other !== session);
  }

  #sentIn(producer: number, session: number): SentMessages {
    const key = producer * 0x10000 + session;
    let sent = this.#sent.get(key);
    if (sent === undefined) {
      // Only damaged evidence names more than a few sessions.
      if (this.#sent.size === sessionsMax) this.#sent.clear();
      sent = new SentMessages(this.#workload, { run: this.#manifest.id, producer, session });
      this.#sent.set(key, sent);
    }
    return sent;
  }

  describeContent(content: number): string | undefined {
    return this.differences[content - rightContent - 1]?.split(columnsMark)[1];
  }

  /** The number of a content: `rightContent` if nothing differs, otherwise one for each difference. */
  contentOf(differences: string): number {
    if (differences === '') return rightContent;
    const known = this.#contents.get(differences);
    if (known !== undefined) return known;
    const content = rightContent + this.differences.push(differences);
    this.#contents.set(differences, content);
    return content;
  }

  #locate(message: number): { producer: number; sequence: number } {
    let producer = this.#bases.length - 1;
    while (this.#bases[producer]! > message) producer -= 1;
    return { producer, sequence: message - this.#bases[producer]! };
  }
}
