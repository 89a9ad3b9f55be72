/**
 * The digest of a message: XXH64 over key, payload and nodrop's own headers except the digest itself,
 * each framed by its length so that no two messages give the same bytes. It detects damage, not forgery.
 */
import xxhash from 'xxhash-wasm';
import { digitsOf, readHex, writeDecimal, writeHex } from './digits.ts';

const hasher = await xxhash();

/** Who sent a message, according to its headers. */
export interface Origin {
  run: string;
  producer: string;
  session: number;
  sequence: number;
}

const nullLength = 0xffffffff;
const frameBytes = 8;
const noBytes = Buffer.alloc(0);
let scratch = Buffer.allocUnsafe(64 * 1024);

/** Where key and payload lie in one buffer. A start of −1 stands for null. */
export interface KeyAndPayload {
  bytes: Buffer;
  keyStart: number;
  keyEnd: number;
  payloadStart: number;
  payloadEnd: number;
}

/** The digest as a 64-bit number. A null key or payload differs from an empty one. */
export function digestOf(key: Uint8Array | null, payload: Uint8Array | null, origin: Origin): bigint {
  const keyLength = key?.length ?? 0;
  return digestWithin(
    {
      bytes: Buffer.concat([key ?? noBytes, payload ?? noBytes]),
      keyStart: key === null ? -1 : 0,
      keyEnd: keyLength,
      payloadStart: payload === null ? -1 : keyLength,
      payloadEnd: keyLength + (payload?.length ?? 0),
    },
    origin,
  );
}

/** Like `digestOf`, for a key and a payload within a larger buffer. */
export function digestWithin(
  { bytes, keyStart, keyEnd, payloadStart, payloadEnd }: KeyAndPayload,
  origin: Origin,
): bigint {
  const senderBytes = sender.bytesOf(origin);
  const keyLength = keyStart < 0 ? 0 : keyEnd - keyStart;
  const payloadLength = payloadStart < 0 ? 0 : payloadEnd - payloadStart;
  const senderStart = frameBytes + keyLength + payloadLength;
  const sequenceStart = senderStart + senderBytes.length;
  const end = sequenceStart + digitsOf(origin.sequence);
  if (scratch.length < end) scratch = Buffer.allocUnsafe(end * 2);
  scratch.writeUInt32LE(keyStart < 0 ? nullLength : keyLength, 0);
  scratch.writeUInt32LE(payloadStart < 0 ? nullLength : payloadLength, 4);
  if (keyLength > 0) bytes.copy(scratch, frameBytes, keyStart, keyEnd);
  if (payloadLength > 0) bytes.copy(scratch, frameBytes + keyLength, payloadStart, payloadEnd);
  scratch.set(senderBytes, senderStart);
  writeDecimal(scratch, sequenceStart, end - sequenceStart, origin.sequence);
  return hasher.h64Raw(scratch.subarray(0, end));
}

/** Encodes the sender, and keeps the bytes: most messages have the sender of the message before. */
class SenderBytes {
  #run = '';
  #producer = '';
  #session = -1;
  #bytes = noBytes;

  bytesOf({ run, producer, session }: Origin): Buffer {
    if (session !== this.#session || run !== this.#run || producer !== this.#producer) {
      [this.#run, this.#producer, this.#session] = [run, producer, session];
      this.#bytes = Buffer.from(senderText({ run, producer, session }));
    }
    return this.#bytes;
  }
}

const senderText = ({ run, producer, session }: Omit<Origin, 'sequence'>): string =>
  `${run}\0${producer}\0${session}\0`;
const sender = new SenderBytes();

/** How many hexadecimal digits a digest has in headers and rows. */
export const digestDigits = 16;

/** A digest in the form that headers and rows have: hexadecimal digits. */
export const digestText = (digest: bigint): string => digest.toString(16).padStart(digestDigits, '0');

/** A buffer with the layout that the digest is computed over. Messages of one shape are written to it in turn. */
export class DigestedMessage {
  readonly key: Uint8Array;
  readonly payload: Uint8Array;
  /** The digits of the message's sequence. */
  readonly sequence: Uint8Array;
  readonly #bytes: Uint8Array;

  /** For messages of this origin whose sequences have as many digits as the origin's. */
  constructor(keyBytes: number, payloadBytes: number, origin: Origin) {
    const identity = Buffer.from(`${senderText(origin)}${origin.sequence}`);
    const payloadStart = frameBytes + keyBytes;
    const identityStart = payloadStart + payloadBytes;
    const bytes = Buffer.alloc(identityStart + identity.length);
    bytes.writeUInt32LE(keyBytes, 0);
    bytes.writeUInt32LE(payloadBytes, 4);
    bytes.set(identity, identityStart);
    this.#bytes = bytes;
    this.key = bytes.subarray(frameBytes, payloadStart);
    this.payload = bytes.subarray(payloadStart, identityStart);
    this.sequence = bytes.subarray(bytes.length - digitsOf(origin.sequence));
  }

  get digest(): bigint {
    return hasher.h64Raw(this.#bytes);
  }
}

const halves = new DataView(new ArrayBuffer(8));

/** Writes a digest as `digestText` does. */
export function writeDigest(target: Uint8Array, start: number, digest: bigint): void {
  halves.setBigUint64(0, digest);
  writeHex(target, start, halves.getUint32(0));
  writeHex(target, start + digestDigits / 2, halves.getUint32(4));
}

/** Reads what `writeDigest` writes. The caller ensures that there are 16 hexadecimal digits. */
export function readDigest(source: Uint8Array, start: number): bigint {
  halves.setUint32(0, readHex(source, start));
  halves.setUint32(4, readHex(source, start + digestDigits / 2));
  return halves.getBigUint64(0);
}
