/** The hash of an id: two XXH64, the second with the first as its seed. Positions have hashes of their own. */
import xxhash from 'xxhash-wasm';

const hasher = await xxhash();

/** The halves of the last hash. */
export interface IdHash {
  high: bigint;
  low: bigint;
}

export function hashId(bytes: Uint8Array, start: number, end: number, into: IdHash): void {
  const id = bytes.subarray(start, end);
  into.high = hasher.h64Raw(id);
  into.low = hasher.h64Raw(id, into.high);
}

export const digestOfValue = (bytes: Uint8Array, start: number, end: number): bigint =>
  hasher.h64Raw(bytes.subarray(start, end));

/** Differs from the digest of every value, as far as 64 bits can. */
export const digestOfNull = 0n;

const positionBytes = Buffer.alloc(16);

/** `topic` is the topic's index among those that are checked. */
export function hashPosition(topic: number, partition: number, offset: number, into: IdHash): void {
  positionBytes.writeUInt32LE(topic, 0);
  positionBytes.writeUInt32LE(partition, 4);
  positionBytes.writeDoubleLE(offset, 8);
  hashId(positionBytes, 0, 16, into);
}
