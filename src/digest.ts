/**
 * The digest of a message: XXH64 over key, payload and nodrop's own headers except the digest itself,
 * each framed by its length so that no two messages share their bytes. It finds damage, not forgery.
 */
import xxhash from 'xxhash-wasm';
import { writeHex } from './digits.ts';

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

const frameBytes = 8;

/** The digest as a 64-bit number. A null key or payload differs from an empty one. */
export function digestOf(key: Uint8Array | null, payload: Uint8Array | null, origin: Origin): bigint {
  const identity = identityOf(origin);
  const keyLength = key?.length ?? 0;
  const payloadLength = payload?.length ?? 0;
  // UTF-8 takes at most 3 bytes for a UTF-16 code unit.
  const bytesMax = frameBytes + keyLength + payloadLength + identity.length * 3;
  if (scratch.length < bytesMax) scratch = Buffer.allocUnsafe(bytesMax * 2);
  scratch.writeUInt32LE(key === null ? nullLength : keyLength, 0);
  scratch.writeUInt32LE(payload === null ? nullLength : payloadLength, 4);
  if (key !== null) scratch.set(key, frameBytes);
  if (payload !== null) scratch.set(payload, frameBytes + keyLength);
  const identityStart = frameBytes + keyLength + payloadLength;
  const identityLength = scratch.write(identity, identityStart, 'utf8');
  return hasher.h64Raw(scratch.subarray(0, identityStart + identityLength));
}

/** How many hexadecimal digits a digest has where headers and rows carry it. */
export const digestDigits = 16;

/** A digest as headers and rows carry it. */
export const digestText = (digest: bigint): string => digest.toString(16).padStart(digestDigits, '0');

/** A message lying as its digest reads it: of many that are alike, each is written here and digested in place. */
export class DigestedMessage {
  readonly key: Uint8Array;
  readonly payload: Uint8Array;
  /** The digits of its sequence. */
  readonly sequence: Uint8Array;
  readonly #bytes: Uint8Array;

  /** For messages of this origin but the sequence, which has as many digits as theirs. */
  constructor(keyBytes: number, payloadBytes: number, origin: Origin) {
    const identity = Buffer.from(identityOf(origin));
    const payloadStart = frameBytes + keyBytes;
    const identityStart = payloadStart + payloadBytes;
    const bytes = Buffer.alloc(identityStart + identity.length);
    bytes.writeUInt32LE(keyBytes, 0);
    bytes.writeUInt32LE(payloadBytes, 4);
    bytes.set(identity, identityStart);
    this.#bytes = bytes;
    this.key = bytes.subarray(frameBytes, payloadStart);
    this.payload = bytes.subarray(payloadStart, identityStart);
    this.sequence = bytes.subarray(bytes.length - String(origin.sequence).length);
  }

  /** Writes its digest. */
  digestTo(target: Uint8Array, start: number): void {
    halves.setBigUint64(0, hasher.h64Raw(this.#bytes));
    writeHex(target, start, halves.getUint32(0));
    writeHex(target, start + digestDigits / 2, halves.getUint32(4));
  }
}

const halves = new DataView(new ArrayBuffer(8));

const identityOf = ({ run, producer, session, sequence }: Origin): string =>
  `${run}\0${producer}\0${session}\0${sequence}`;
