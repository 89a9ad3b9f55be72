/**
 * Writes the messages of a workload directly as bytes. Messages that have the same state, and sequences with the same
 * number of digits, differ only at fixed places: each message overwrites these places of the message before.
 */
import { writeDecimal, writeHex } from './digits.ts';
import { currencies, customerDigits, messageId, type Draw, type Workload } from './workload.ts';

const amountDigits = 5;
const currencyBytes = 3;
const zero = 0x30;
const currencyTexts = currencies.map((currency) => Buffer.from(currency));

export class MessageTemplate {
  /** Key and payload of the latest message. */
  readonly key: Uint8Array;
  readonly payload: Uint8Array;
  readonly #sequenceDigits: number;
  readonly #places: Readonly<
    Record<'sequence' | 'customer' | 'order' | 'amount' | 'currency' | 'items', number>
  >;

  /**
   * For messages of this state whose sequences have as many digits as this one. `room` returns the bytes to write to.
   * Throws RangeError if such a message does not fit into `payloadBytes`.
   */
  constructor(
    workload: Workload,
    producer: number,
    state: number,
    sequence: number,
    room: (keyBytes: number, payloadBytes: number) => { key: Uint8Array; payload: Uint8Array },
  ) {
    const draw = { state, customer: 0, order: 0, amountCents: 10_000, currency: 0, items: 1 };
    const id = messageId(producer, sequence);
    const key = Buffer.from(workload.keyOf(draw));
    const payload = Buffer.from(workload.payloadOf(id, draw));
    this.#sequenceDigits = String(sequence).length;
    // A state's name may contain any of these marks, so the last one counts: the state precedes all marks except the
    // id, and no free text follows them.
    const behind = (mark: string): number => payload.lastIndexOf(mark) + mark.length;
    this.#places = {
      sequence: payload.indexOf(id) + id.length - this.#sequenceDigits,
      customer: behind('"customer":"customer-'),
      order: behind('"order":"'),
      amount: behind('"amountCents":'),
      currency: behind('"currency":"'),
      items: behind('"items":'),
    };
    ({ key: this.key, payload: this.payload } = room(key.length, payload.length));
    this.key.set(key);
    this.payload.set(payload);
  }

  /** Overwrites the latest message with this one. */
  fill(sequence: number, draw: Draw): void {
    const { key, payload } = this;
    const places = this.#places;
    writeDecimal(key, key.length - customerDigits, customerDigits, draw.customer);
    writeDecimal(payload, places.sequence, this.#sequenceDigits, sequence);
    writeDecimal(payload, places.customer, customerDigits, draw.customer);
    writeHex(payload, places.order, draw.order);
    writeDecimal(payload, places.amount, amountDigits, draw.amountCents);
    const currency = currencyTexts[draw.currency]!;
    for (let at = 0; at < currencyBytes; at++) payload[places.currency + at] = currency[at]!;
    payload[places.items] = zero + draw.items;
  }
}
