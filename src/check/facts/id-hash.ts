/**
 * Hashes of ids and digests of values, in words of 32 bits, since a number of 64 bits would be an object each. The hash of an
 * id is two XXH64, the second with the first as its seed. Positions have hashes of their own.
 */
import xxhash from 'xxhash-wasm';
import { unprintable } from '../../text/printable.ts';

const hasher = await xxhash();

/** The seeds of the first hash: that of ids is Spark's, whose `xxhash64(id, id)` is the second. */
const [seedOfIds, seedOfPositions] = [42n, 43n];
const digest = new BigUint64Array(1);
const digestWords = new Uint32Array(digest.buffer);

/** Puts the four words of the hash into `into`. */
export function hashId(bytes: Uint8Array, start: number, end: number, into: Uint32Array): void {
  if (bytes !== lastBytes || start !== lastStart || end !== lastEnd) {
    lastId = bytes.subarray(start, end);
    lastBytes = bytes;
    lastStart = start;
    lastEnd = end;
  }
  hash(lastId, seedOfIds, into);
}

/** Where the last id lay: the normal forms of UUIDs lie all at one place, and a view costs as much as half a hash. */
let lastId: Uint8Array = new Uint8Array();
let lastBytes = lastId;
let lastStart = 0;
let lastEnd = 0;

function hash(bytes: Uint8Array, seed: bigint, into: Uint32Array): void {
  digest[0] = hasher.h64Raw(bytes, seed);
  into[0] = digestWords[0]!;
  into[1] = digestWords[1]!;
  digest[0] = hasher.h64Raw(bytes, digest[0]);
  into[2] = digestWords[0]!;
  into[3] = digestWords[1]!;
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
  digest[0] = hasher.h64Raw(bytes.subarray(start, end));
  into[at] = digestWords[0]!;
  into[at + 1] = digestWords[1]!;
}

const shortBytes = Buffer.alloc(8);

/** The value that a digest holds, if it is a short text; null for NULL, and undefined for a longer value or other bytes. */
export function shortValueIn([low = 0, high = 0]: Uint32Array): string | null | undefined {
  if (low === 0 && high === 0) return null;
  const length = (high >>> 24) - 1;
  shortBytes.writeUInt32LE(low, 0);
  shortBytes.writeUInt32LE(high & 0xffffff, 4);
  if (length < 0 || length > 7 || shortBytes.subarray(length).some((byte) => byte !== 0)) return undefined;
  const bytes = shortBytes.subarray(0, length);
  const text = bytes.toString('utf8');
  // The digest of a longer value may have this form by chance, and hardly ever with letters alone.
  return Buffer.from(text).equals(bytes) && text.search(unprintable) < 0 ? text : undefined;
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
  hash(positionBytes, seedOfPositions, into);
}
