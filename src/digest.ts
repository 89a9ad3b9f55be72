/**
 * The digest of a message: XXH64 over key, payload and nodrop's own headers except the digest itself,
 * each framed by its length so that no two messages share their bytes. It finds damage, not forgery.
 */
import xxhash from 'xxhash-wasm';

const hasher = await xxhash();

/** Who sent a message: what its headers say beside the digest. */
export interface Origin {
  run: string;
  producer: string;
  session: number;
  sequence: number;
}

const nullLength = 0xffffffff;
let scratch = Buffer.allocUnsafe(64 * 1024);

/** The digest as a 64-bit number. A null key or payload differs from an empty one. */
export function digestOf(key: Uint8Array | null, payload: Uint8Array | null, origin: Origin): bigint {
  const identity = `${origin.run}\0${origin.producer}\0${origin.session}\0${origin.sequence}`;
  const keyLength = key?.length ?? 0;
  const payloadLength = payload?.length ?? 0;
  // UTF-8 takes at most 3 bytes for a UTF-16 code unit.
  const bytesMax = 8 + keyLength + payloadLength + identity.length * 3;
  if (scratch.length < bytesMax) scratch = Buffer.allocUnsafe(bytesMax * 2);
  scratch.writeUInt32LE(key === null ? nullLength : keyLength, 0);
  scratch.writeUInt32LE(payload === null ? nullLength : payloadLength, 4);
  if (key !== null) scratch.set(key, 8);
  if (payload !== null) scratch.set(payload, 8 + keyLength);
  const identityStart = 8 + keyLength + payloadLength;
  const identityLength = scratch.write(identity, identityStart, 'utf8');
  return hasher.h64Raw(scratch.subarray(0, identityStart + identityLength));
}

/** A digest as headers and rows carry it: 16 hexadecimal digits. */
export const digestText = (digest: bigint): string => digest.toString(16).padStart(16, '0');
