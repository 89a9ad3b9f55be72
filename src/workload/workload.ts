/**
 * The workload: a pure function from (seed, producer, sequence) to a message. It uses neither a clock nor other
 * randomness, so the audit knows what the producer had to send without asking anything that is under test.
 */
import { readDecimal } from './digits.ts';
import { beginningOf, scramble, stepped } from './splitmix.ts';
import { isArrayIndex, statePath, type StatePlace } from './state-rule.ts';

/** A state and how often it occurs, relative to the others. */
export interface WeightedState {
  name: string;
  /** A positive integer. */
  weight: number;
}

/** If `stateHeader` is set, payloads have no state: only the header holds it. */
export interface WorkloadOptions extends StatePlace {
  /** An integer from 0 to 2^32 − 1. */
  seed: number;
  states: readonly WeightedState[];
  /** The size of every payload, in bytes. At least `payloadBytesMin()`. */
  payloadBytes: number;
}

export interface Message {
  id: string;
  /** The record's key: a customer, so that the orders of one customer stay in sequence. */
  key: string;
  /** Index into the states. */
  state: number;
  /** JSON in ASCII, `payloadBytes` long. */
  payload: string;
}

/** The random part of a message. */
export interface Draw {
  /** Index into the states. */
  state: number;
  customer: number;
  /** 32 bits. */
  order: number;
  /** Five digits. */
  amountCents: number;
  /** Index into the currencies. */
  currency: number;
  /** One digit. */
  items: number;
}

export const customersCount = 512;
export const customerDigits = 4;
/** The fields of a payload other than the state's. */
const ownFields = ['id', 'customer', 'order', 'amountCents', 'currency', 'items', 'note'];
export const currencies = ['EUR', 'USD', 'GBP', 'CHF'] as const;

export const producerName = (producer: number): string => `p${producer}`;

/** The number of the producer with this name; undefined if nodrop gives no producer such a name. */
export function parseProducerName(name: string | undefined): number | undefined {
  const match = /^p(0|[1-9]\d{0,4})$/.exec(name ?? '');
  return match === null || Number(match[1]) > 0xffff ? undefined : Number(match[1]);
}

/** A message's id: unique in its run. */
export const messageId = (producer: number, sequence: number): string => `p${producer}-${sequence}`;

/** The id of a message; null if its record does not name its origin. */
export const messageIdOf = (producer: string | undefined, sequence: number | undefined): string | null =>
  producer === undefined || sequence === undefined ? null : `${producer}-${sequence}`;

/** Reads producer and sequence from an id in UTF-8. Returns false if no workload gives such an id. */
export function readMessageId(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: { producer: number; sequence: number },
): boolean {
  if (start < 0 || bytes[start] !== letterP) return false;
  const dash = bytes.indexOf(letterDash, start);
  if (dash < 0 || dash >= end) return false;
  into.producer = readDecimal(bytes, start + 1, dash, 5);
  into.sequence = readDecimal(bytes, dash + 1, end, 10);
  return into.producer >= 0 && into.sequence >= 0;
}

const letterP = 0x70;
const letterDash = 0x2d;

/** Makes the messages of one run. */
export class Workload {
  readonly #options: WorkloadOptions;
  readonly #weights: number;
  /** The text in a payload that holds the state, by state. */
  readonly #stateFields: readonly string[];

  constructor(options: WorkloadOptions) {
    this.#options = options;
    this.#stateFields = options.states.map(({ name }) => stateFieldText(options, name));
    this.#weights = options.states.reduce((sum, state) => sum + state.weight, 0);
  }

  message(producer: number, sequence: number): Message {
    const draw = this.draw(producer, sequence);
    const id = messageId(producer, sequence);
    return { id, key: this.keyOf(draw), state: draw.state, payload: this.payloadOf(id, draw) };
  }

  /** Writes the random part of a message into an object, which callers may reuse. */
  draw(producer: number, sequence: number, into: Draw = { ...noDraw }): Draw {
    let random = beginningOf(this.#options.seed, producer, sequence);
    into.state = this.#pickState(scramble((random = stepped(random))));
    into.customer = scramble((random = stepped(random))) % customersCount;
    into.order = scramble((random = stepped(random)));
    into.amountCents = 10_000 + (scramble((random = stepped(random))) % 90_000);
    into.currency = scramble((random = stepped(random))) % currencies.length;
    into.items = 1 + (scramble(stepped(random)) % 9);
    return into;
  }

  keyOf({ customer }: Draw): string {
    return `customer-${String(customer).padStart(customerDigits, '0')}`;
  }

  payloadOf(id: string, draw: Draw): string {
    const body =
      `{"id":"${id}",${this.#stateFields[draw.state]}"customer":"${this.keyOf(draw)}",` +
      `"order":"${draw.order.toString(16).padStart(8, '0')}","amountCents":${draw.amountCents},` +
      `"currency":"${currencies[draw.currency]}","items":${draw.items},"note":"`;
    const padding = this.#options.payloadBytes - body.length - 2;
    if (padding < 0)
      throw new RangeError(`payload of ${id} does not fit ${this.#options.payloadBytes} bytes`);
    return `${body}${'.'.repeat(padding)}"}`;
  }

  /** The index of a message's state, without the rest of the message. */
  stateOf(producer: number, sequence: number): number {
    return this.#pickState(scramble(stepped(beginningOf(this.#options.seed, producer, sequence))));
  }

  #pickState(random: number): number {
    let rest = random % this.#weights;
    const { states } = this.#options;
    for (let index = 0; index < states.length; index++) {
      rest -= states[index]!.weight;
      if (rest < 0) return index;
    }
    throw new Error('unreachable: the weights add up');
  }
}

/** The smallest `payloadBytes` into which each of these messages fits. */
export function payloadBytesMin(
  states: readonly WeightedState[],
  producers: number,
  messages: number,
  place: StatePlace = {},
): number {
  const { stateField, stateHeader } = place;
  const probe = new Workload({
    seed: 0,
    states: states.slice(0, 1),
    payloadBytes: 10_000,
    stateField,
    stateHeader,
  });
  const unpadded = probe.message(0, 0).payload.replace(/\.+"}$/, '"}').length;
  const idGrowth = messageId(producers - 1, Math.max(0, messages - 1)).length - messageId(0, 0).length;
  const fieldBytes = states.map(({ name }) => stateFieldText(place, name).length);
  return unpadded + idGrowth + Math.max(...fieldBytes) - fieldBytes[0]!;
}

/** Why payloads cannot hold their state in this field; undefined if they can. */
export function problemOfStateField(stateField: string): string | undefined {
  const path = statePath({ stateField });
  if (path.some(isArrayIndex)) return 'their payloads have no arrays';
  return ownFields.includes(path[0]!) ? `their payloads have a field ${path[0]} already` : undefined;
}

/** `"state":"failed",` or `"status":{"code":"failed"},`; empty if a header holds the state. */
function stateFieldText(place: StatePlace, state: string): string {
  if (place.stateHeader !== undefined) return '';
  const [first, ...deeper] = statePath(place).map(asciiJson);
  const opened = deeper.map((name) => `{${name}:`).join('');
  return `${first}:${opened}${asciiJson(state)}${'}'.repeat(deeper.length)},`;
}

/** JSON in ASCII: each character takes one byte. */
const asciiJson = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const noDraw: Draw = { state: 0, customer: 0, order: 0, amountCents: 0, currency: 0, items: 0 };
