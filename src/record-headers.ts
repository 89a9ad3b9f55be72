/** The headers that mark a record as nodrop's, and how they are read back. */
import { isUtf8 } from 'node:buffer';
import { readDecimal } from './digits.ts';

export const headerNames = {
  run: 'nodrop-run',
  producer: 'nodrop-producer',
  session: 'nodrop-session',
  sequence: 'nodrop-sequence',
  digest: 'nodrop-digest',
} as const;

/** What all of them begin with: other headers have other names. */
export const headerNamePrefix = 'nodrop-';

/** Looks a header up by name: the bytes of its value, or null where it is missing or null. */
export type HeaderLookup = (name: string) => Uint8Array | null;

/** Records whose headers can be found without an object for each. */
export interface HeaderSource {
  readonly bytes: Buffer;
  /** Start and end in `bytes` of the first value of each of these headers; −1 for one that is missing or null. */
  findHeaders(record: number, names: readonly Buffer[], spans: Int32Array): void;
}

const fields = ['run', 'producer', 'session', 'sequence', 'digest'] as const;
const names = fields.map((field) => Buffer.from(headerNames[field]));
const spans = new Int32Array(2 * fields.length);
const digestLength = 16;
const sequenceMax = 0xfffffffe;

/** Where a record states its origin. One object serves for all records. */
export interface OriginPlace {
  /** Undefined for a record that is not nodrop's: the rest is then missing too. */
  run: string | undefined;
  producer: string | undefined;
  /** NaN, as `sequence` is, where it is missing. */
  session: number;
  sequence: number;
  /** Of the digits; −1 where they are missing. */
  digestStart: number;
  digestEnd: number;
}

export const noOrigin = (): OriginPlace => ({
  run: undefined,
  producer: undefined,
  session: NaN,
  sequence: NaN,
  digestStart: -1,
  digestEnd: -1,
});

/** What a record's headers say of its origin, without an object or a text for each. */
export function readOrigin(source: HeaderSource, record: number, place: OriginPlace): void {
  source.findHeaders(record, names, spans);
  const { bytes } = source;
  const run = runs.read(bytes, spans[0]!, spans[1]!);
  const isOurs = run !== undefined;
  const hasDigest = isOurs && isDigest(bytes, spans[8]!, spans[9]!);
  place.run = run;
  place.producer = isOurs ? producers.read(bytes, spans[2]!, spans[3]!) : undefined;
  place.session = isOurs ? integer(bytes, spans[4]!, spans[5]!, 0xffff) : NaN;
  place.sequence = isOurs ? integer(bytes, spans[6]!, spans[7]!, sequenceMax) : NaN;
  place.digestStart = hasDigest ? spans[8]! : -1;
  place.digestEnd = hasDigest ? spans[9]! : -1;
}

/** The text of a header's value; undefined for bytes that are not UTF-8. */
export function exactText(value: Uint8Array): string | undefined {
  const decoded = Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8');
  // Bytes that are not UTF-8 come out as U+FFFD, which may also have been sent.
  return decoded.includes('\ufffd') && !isUtf8(value) ? undefined : decoded;
}

/** A text that most records share: it is not made again where its bytes are those of the record before. */
class RepeatedText {
  #bytes = Buffer.alloc(0);
  #text: string | undefined;

  read(bytes: Buffer, start: number, end: number): string | undefined {
    if (start < 0) return undefined;
    if (!this.#isSame(bytes, start, end)) {
      this.#bytes = Buffer.from(bytes.subarray(start, end));
      const text = exactText(this.#bytes);
      // No text of ours holds a NUL, and not every store could keep one.
      this.#text = text?.includes('\0') === true ? undefined : text;
    }
    return this.#text;
  }

  /** A loop: for so few bytes, a call out of JavaScript takes longer. */
  #isSame(bytes: Buffer, start: number, end: number): boolean {
    const known = this.#bytes;
    if (known.length !== end - start) return false;
    for (let index = 0; index < known.length; index++) {
      if (bytes[start + index] !== known[index]) return false;
    }
    return true;
  }
}

const runs = new RepeatedText();
const producers = new RepeatedText();

const zero = 0x30;
const nine = 0x39;
const digitsMax = 10;

function integer(bytes: Buffer, start: number, end: number, max: number): number {
  const number = start < 0 ? -1 : readDecimal(bytes, start, end, digitsMax);
  return number < 0 || number > max ? NaN : number;
}

function isDigest(bytes: Buffer, start: number, end: number): boolean {
  if (start < 0 || end - start !== digestLength) return false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if ((byte < zero || byte > nine) && (byte < 0x61 || byte > 0x66)) return false;
  }
  return true;
}
