/**
 * The hash of an id: two XXH64, the second with the first as its seed. Positions have hashes of their own. Hashes and
 * digests are words of 32 bits, since a number of 64 bits would be an object each.
 */
import xxhash from 'xxhash-wasm';

const hasher = await xxhash();

const halves = new BigUint64Array(2);
const words = new Uint32Array(halves.buffer);

/** Shorter values are copied into a view of their length, which costs less than a new view each. */
const viewMax = 64;
const views = Array.from({ length: viewMax + 1 }, (_, length) => new Uint8Array(length));

function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length > viewMax) return bytes.subarray(start, end);
  const view = views[length]!;
  for (let at = 0; at < length; at++) view[at] = bytes[start + at]!;
  return view;
}

/** Puts the four words of the hash into `into`. */
export function hashId(bytes: Uint8Array, start: number, end: number, into: Uint32Array): void {
  const id = viewOf(bytes, start, end);
  const first = hasher.h64Raw(id);
  halves[0] = first;
  halves[1] = hasher.h64Raw(id, first);
  into.set(words);
}

/** Puts the two words of a value's digest into `into`. The digest of a short value is the value itself, and its length. */
export function digestValue(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint32Array,
  at: number,
): void {
  const length = end - start;
  if (length < 8) {
    let low = 0;
    let high = 0;
    for (let index = 0; index < length; index++) {
      if (index < 4) low |= bytes[start + index]! << (8 * index);
      else high |= bytes[start + index]! << (8 * (index - 4));
    }
    into[at] = low;
    into[at + 1] = high | ((length + 1) << 24);
    return;
  }
  halves[0] = hasher.h64Raw(viewOf(bytes, start, end));
  into[at] = words[0]!;
  into[at + 1] = words[1]!;
}

/** Differs from the digest of every value, as far as 64 bits can. */
export function digestNull(into: Uint32Array, at: number): void {
  into[at] = into[at + 1] = 0;
}

const positionBytes = Buffer.alloc(16);

/** `topic` is the topic's index among those that are checked. */
export function hashPosition(topic: number, partition: number, offset: number, into: Uint32Array): void {
  positionBytes.writeUInt32LE(topic, 0);
  positionBytes.writeUInt32LE(partition, 4);
  positionBytes.writeDoubleLE(offset, 8);
  hashId(positionBytes, 0, 16, into);
}
