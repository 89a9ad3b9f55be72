import type { Place } from '../../workload/place.ts';
import type { Partition, Partitions } from './partitions.ts';

/** The number of messages in a page, which share the page's slots. */
const pageMessages = 2048;
/** A slot stands for this many offsets of one partition. A code is a slot of the page and an offset in it. */
const slotOffsets = 256;
const slotsMax = 256;
const firstSlots = 16;
/** A slot's key is its partition's index and its place in it, in the 53 bits of a double. */
const partitionsMax = 2 ** 16;
const offsetsMax = 2 ** 37 * slotOffsets;

interface Page {
  keys: Float64Array<ArrayBuffer>;
  count: number;
  /** Set if the slots do not suffice, because the page's messages are all over the log: the plain positions. */
  wide?: { partition: Int32Array; offset: Float64Array };
}

/**
 * A position for each message, in 2 bytes and a share of its page's slots: messages that were sent one after
 * the other are close together in each partition.
 */
export class PositionColumn {
  readonly #partitions: Partitions;
  #codes: Uint16Array<ArrayBuffer>;
  readonly #pages: Page[] = [];

  constructor(partitions: Partitions, count: number) {
    this.#partitions = partitions;
    this.#codes = new Uint16Array(count);
  }

  set(message: number, { partition, offset }: Place): void {
    const page = this.#pageOf(message);
    const { index } = this.#partitions.of(partition);
    const slot = page.wide === undefined ? slotOf(page, index, offset) : undefined;
    if (slot !== undefined) {
      this.#codes[message] = slot * slotOffsets + (offset % slotOffsets);
      return;
    }
    const wide = (page.wide ??= this.#widen(message, page));
    wide.partition[message % pageMessages] = index;
    wide.offset[message % pageMessages] = offset;
  }

  get(message: number): Place {
    return { partition: this.partition(message).number, offset: this.offset(message) };
  }

  partition(message: number): Partition {
    const { keys, wide } = this.#pageOf(message);
    const index = wide
      ? wide.partition[message % pageMessages]!
      : keys[this.#codes[message]! >>> 8]! % partitionsMax;
    return this.#partitions.all[index]!;
  }

  offset(message: number): number {
    const { keys, wide } = this.#pageOf(message);
    if (wide !== undefined) return wide.offset[message % pageMessages]!;
    const code = this.#codes[message]!;
    return Math.floor(keys[code >>> 8]! / partitionsMax) * slotOffsets + (code & 255);
  }

  isAt(message: number, partition: number, offset: number): boolean {
    const { keys, wide } = this.#pageOf(message);
    const { index } = this.#partitions.of(partition);
    if (wide !== undefined) {
      const at = message % pageMessages;
      return wide.partition[at] === index && wide.offset[at] === offset;
    }
    const code = this.#codes[message]!;
    const hasKey = hasSlotKey(index, offset) && keys[code >>> 8] === keyOf(index, offset);
    return hasKey && (code & 255) === offset % slotOffsets;
  }

  resize(count: number): void {
    this.#codes = new Uint16Array(this.#codes.buffer.transfer(count * Uint16Array.BYTES_PER_ELEMENT));
  }

  #pageOf(message: number): Page {
    const number = Math.floor(message / pageMessages);
    return (this.#pages[number] ??= { keys: new Float64Array(firstSlots), count: 0 });
  }

  #widen(message: number, page: Page): NonNullable<Page['wide']> {
    const wide = { partition: new Int32Array(pageMessages), offset: new Float64Array(pageMessages) };
    const first = message - (message % pageMessages);
    for (let at = 0; at < pageMessages && first + at < this.#codes.length; at++) {
      const { index, offset } = decode(page, this.#codes[first + at]!);
      wide.partition[at] = index;
      wide.offset[at] = offset;
    }
    return wide;
  }
}

/** Beyond these limits, different slots would have equal keys. */
const hasSlotKey = (index: number, offset: number): boolean => index < partitionsMax && offset < offsetsMax;

const keyOf = (index: number, offset: number): number =>
  Math.floor(offset / slotOffsets) * partitionsMax + index;

function decode({ keys }: Page, code: number): { index: number; offset: number } {
  const key = keys[code >>> 8]!;
  const index = key % partitionsMax;
  return { index, offset: ((key - index) / partitionsMax) * slotOffsets + (code & 255) };
}

/** The slot of an offset in its page, a new one if necessary; undefined if there is no room for it. */
function slotOf(page: Page, index: number, offset: number): number | undefined {
  if (!hasSlotKey(index, offset)) return undefined;
  const key = keyOf(index, offset);
  // The latest slots are the likeliest.
  for (let slot = page.count - 1; slot >= 0; slot--) if (page.keys[slot] === key) return slot;
  if (page.count === slotsMax) return undefined;
  if (page.count === page.keys.length) {
    page.keys = new Float64Array(page.keys.buffer.transfer(page.keys.byteLength * 2));
  }
  page.keys[page.count] = key;
  return page.count++;
}
