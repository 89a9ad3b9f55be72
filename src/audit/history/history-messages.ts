/**
 * The messages of a history in a fixed order: planned ones first, then sent ones, then by producer, sequence and id.
 * So the same lines in another order make the same audit, to the last example.
 */
import { deadLetterCategory, untold, type MessageName, type Messages } from '../evidence.ts';
import { none } from '../../workload/place.ts';
import { bits, type MessageColumns } from './message-columns.ts';

export class HistoryMessages implements Messages {
  readonly plannedCount: number;
  readonly #columns: MessageColumns;
  /** By the state's number. */
  readonly #categoryOfState: number[];
  /** Both undefined if the messages came in this order. */
  readonly #order: Uint32Array | undefined;
  readonly #ranks: Uint32Array | undefined;

  readonly #topicOf: (message: number) => number | undefined;

  constructor(
    columns: MessageColumns,
    plannedCount: number,
    states: readonly string[],
    topicOf: (message: number) => number | undefined,
  ) {
    this.#columns = columns;
    this.#topicOf = topicOf;
    this.plannedCount = plannedCount;
    this.#categoryOfState = [none];
    for (let state = 1; state <= columns.states.count; state++) {
      const index = states.indexOf(columns.states.textOf(state));
      this.#categoryOfState.push(index === none ? deadLetterCategory : index);
    }
    this.#order = orderOf(columns);
    if (this.#order === undefined) return;
    this.#ranks = new Uint32Array(this.#order.length);
    for (const [rank, message] of this.#order.entries()) this.#ranks[message] = rank;
  }

  get count(): number {
    return this.#columns.count;
  }

  /** The position in the order of a message, which was numbered as it came; `none` for no message. */
  rankOf(message: number): number {
    return message === none ? none : (this.#ranks?.[message] ?? message);
  }

  isPlanned(rank: number): boolean {
    return this.#columns.has(this.#at(rank), bits.planned);
  }

  expectedCategory(rank: number): number | undefined {
    const state = this.#stateOf(this.#at(rank));
    return state === 0 ? undefined : this.#categoryOfState[state]!;
  }

  expectedContent(rank: number): number {
    const message = this.#at(rank);
    return this.#isTold(message, bits.sentDigest, bits.digestDisputed)
      ? this.#columns.digest.get(message)
      : untold;
  }

  expectedKey(rank: number): number {
    const message = this.#at(rank);
    return this.#isTold(message, bits.sentKey, bits.keyDisputed) ? this.#columns.key.get(message) : untold;
  }

  isTombstone(rank: number): boolean {
    return this.#columns.has(this.#at(rank), bits.tombstone);
  }

  isDropped(rank: number): boolean {
    return this.#columns.has(this.#at(rank), bits.dropped);
  }

  topicOf(rank: number): number | undefined {
    return this.#topicOf(this.#at(rank));
  }

  name(rank: number): MessageName {
    const { ids, states, origins, origin, sequence, ...columns } = this.#columns;
    const message = this.#at(rank);
    const name: MessageName = { id: ids.textOf(message + 1) };
    // A record's sender does not count: only attempts show what the ledger knows.
    if (this.#columns.has(message, bits.sentOrigin)) {
      name.producer = origins.producerNameOf(origin.get(message));
      if (sequence.get(message) !== none) name.sequence = sequence.get(message);
    }
    const state = columns.bits.get(message) & bits.stateDisputed ? 0 : columns.state.get(message);
    if (state !== 0) name.state = states.textOf(state);
    return name;
  }

  #at(rank: number): number {
    return this.#order?.[rank] ?? rank;
  }

  /** 0 if the state is not known: the message was never sent, or with two states. */
  #stateOf(message: number): number {
    return this.#columns.has(message, bits.stateDisputed) ? 0 : this.#columns.state.get(message);
  }

  #isTold(message: number, told: number, disputed: number): boolean {
    return (this.#columns.bits.get(message) & (told | disputed)) === told;
  }
}

function orderOf(columns: MessageColumns): Uint32Array | undefined {
  const compare = comparison(columns);
  let isOrdered = true;
  for (let message = 1; message < columns.count && isOrdered; message++) {
    isOrdered = compare(message - 1, message) < 0;
  }
  if (isOrdered) return undefined;
  return Uint32Array.from({ length: columns.count }, (_, message) => message).sort(compare);
}

function comparison({
  ids,
  bits: flags,
  origins,
  origin,
  sequence,
}: MessageColumns): (a: number, b: number) => number {
  return (a, b) => {
    for (const flag of [bits.planned, bits.sentOrigin]) {
      const difference = (flags.get(b) & flag) - (flags.get(a) & flag);
      if (difference !== 0) return difference;
    }
    if (!(flags.get(a) & bits.sentOrigin)) return ids.compare(a + 1, b + 1);
    const [originA, originB] = [origin.get(a), origin.get(b)];
    if (origins.producerOf(originA) !== origins.producerOf(originB)) return origins.compare(originA, originB);
    return sequence.get(a) - sequence.get(b) || ids.compare(a + 1, b + 1);
  };
}
