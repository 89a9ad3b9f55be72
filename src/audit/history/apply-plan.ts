/** Compares a plan with the messages: which of its sequences were sent, and which messages are planned. */
import { none } from '../../workload/place.ts';
import type { MessageCollector } from './message-collector.ts';
import { bits } from './message-columns.ts';

/** Marks the planned messages, and returns the size of the plan: these messages, and sequences that were never sent. */
export function applyPlan(said: MessageCollector, plan: Record<string, number>): number {
  const slots = new Slots(said, plan);
  const { messages, otherOrigins, records } = said;
  let planned = 0;
  const plans = (message: number): void => {
    if (messages.has(message, bits.planned)) return;
    messages.set(message, bits.planned);
    planned += 1;
  };
  for (let message = 0; message < messages.count; message++) {
    if (!messages.has(message, bits.sentOrigin)) continue;
    if (slots.claim(messages.origin.get(message), messages.sequence.get(message))) plans(message);
  }
  for (let row = 0; row < otherOrigins.count; row++) {
    if (slots.claim(otherOrigins.get('origin', row), otherOrigins.get('sequence', row))) {
      plans(otherOrigins.get('message', row));
    }
  }
  const plannedCount = planned + slots.free;
  // A message that was never sent, but has an unused planned sequence in the log, is planned: its intent is missing.
  for (let message = 0; message < messages.count; message++) {
    if (messages.has(message, bits.sentOrigin) || !messages.has(message, bits.hasOrigin)) continue;
    const producer = messages.origins.producerOf(messages.origin.get(message));
    if (slots.isFree(producer, messages.sequence.get(message))) messages.set(message, bits.planned);
  }
  const first = messages.origins.producerCode('p0');
  for (let row = 0; row < records.count; row++) {
    const message = records.get('message', row);
    if (message === none || messages.has(message, bits.sentOrigin)) continue;
    const producer = records.get('producer', row);
    if (slots.isFree(producer === none ? first : producer, records.get('sequence', row))) {
      messages.set(message, bits.planned);
    }
  }
  return plannedCount;
}

/** The planned sequences of each producer, and which of them were sent. */
class Slots {
  readonly #said: MessageCollector;
  /** By the producer's number. */
  readonly #counts = new Map<number, number>();
  readonly #claimed = new Map<number, Uint8Array>();
  free = 0;

  constructor(said: MessageCollector, plan: Record<string, number>) {
    this.#said = said;
    for (const [name, count] of Object.entries(plan)) {
      const producer = said.messages.origins.producerCode(name);
      this.#counts.set(producer, count);
      this.#claimed.set(producer, new Uint8Array(Math.ceil(count / 8)));
      this.free += count;
    }
  }

  /** Marks a sequence as sent; false if it is not planned. */
  claim(origin: number, sequence: number): boolean {
    const producer = this.#said.messages.origins.producerOf(origin);
    if (this.isFree(producer, sequence)) {
      this.#claimed.get(producer)![sequence >>> 3]! |= 1 << (sequence & 7);
      this.free -= 1;
      return true;
    }
    return this.#holds(producer, sequence);
  }

  isFree(producer: number, sequence: number): boolean {
    if (!this.#holds(producer, sequence)) return false;
    return ((this.#claimed.get(producer)![sequence >>> 3]! >>> (sequence & 7)) & 1) === 0;
  }

  #holds(producer: number, sequence: number): boolean {
    return sequence >= 0 && sequence < (this.#counts.get(producer) ?? 0);
  }
}
