/** The headers that mark a record as nodrop's, and the code that reads them. */
import { isUtf8 } from 'node:buffer';
import { readDecimal } from './digits.ts';

export const headerNames = {
  run: 'nodrop-run',
  producer: 'nodrop-producer',
  session: 'nodrop-session',
  sequence: 'nodrop-sequence',
  digest: 'nodrop-digest',
} as const;

/** The common prefix of nodrop's headers. No other header may begin with it. */
export const headerNamePrefix = 'nodrop-';

/** Looks a header up by name: the bytes of its value, or null if it is missing or null. */
export type HeaderLookup = (name: string) => Uint8Array | null;

/** Records whose headers can be found without an object per header. */
export interface HeaderSource {
  readonly bytes: Buffer;
  /** By record: where in `bytes` its headers begin and end. */
  readonly headersStart: ArrayLike<number>;
  readonly headersEnd: ArrayLike<number>;
  /** Sets start and end, in `bytes`, of the first value of each of these headers; −1 for a missing or null header. */
  findHeaders(record: number, names: readonly Buffer[], spans: Int32Array): void;
}

const fields = ['run', 'producer', 'session', 'sequence', 'digest'] as const;
const names = fields.map((field) => Buffer.from(headerNames[field]));
const digestLength = 16;
const sequenceMax = 0xfffffffe;

/** A record's origin, and where its digest lies. One object is reused for all records. */
export interface OriginPlace {
  /** undefined for a record that is not nodrop's: all other fields are then missing too. */
  run: string | undefined;
  producer: string | undefined;
  /** NaN if missing; so is `sequence`. */
  session: number;
  sequence: number;
  /** Where the digest's digits lie; −1 if they are missing. */
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

/** Reads a record's origin from its headers into `place`, without an object or a string per record. */
export function readOrigin(source: HeaderSource, record: number, place: OriginPlace): void {
  const { bytes } = source;
  const [start, end] = [source.headersStart[record]!, source.headersEnd[record]!];
  if (!latest.isLike(bytes, start, end)) latest.read(source, record, start, end);
  const { run, producer, session, sequenceStart, sequenceEnd, digestStart, digestEnd } = latest;
  const isOurs = run !== undefined;
  const hasDigest = isOurs && digestStart >= 0 && isDigest(bytes, start + digestStart, start + digestEnd);
  place.run = run;
  place.producer = producer;
  place.session = session;
  place.sequence =
    isOurs && sequenceStart >= 0
      ? integer(bytes, start + sequenceStart, start + sequenceEnd, sequenceMax)
      : NaN;
  place.digestStart = hasDigest ? start + digestStart : -1;
  place.digestEnd = hasDigest ? start + digestEnd : -1;
}

/**
 * The headers that were read last. All records of one sender have the same bytes as headers, except the values of
 * sequence and digest: comparing these bytes is faster than parsing them.
 */
class LatestHeaders {
  run: string | undefined;
  producer: string | undefined;
  session = NaN;
  /** Relative to where the headers begin; −1 if missing. */
  sequenceStart = -1;
  sequenceEnd = -1;
  digestStart = -1;
  digestEnd = -1;
  #bytes = Buffer.alloc(0);
  /** The spans that are the same in all records of one sender: pairs of start and end, relative to the headers. */
  #alike: readonly number[] = [];
  readonly #spans = new Int32Array(2 * fields.length);

  isLike(bytes: Buffer, start: number, end: number): boolean {
    const known = this.#bytes;
    if (end - start !== known.length || known.length === 0) return false;
    const alike = this.#alike;
    for (let pair = 0; pair < alike.length; pair += 2) {
      const alikeEnd = alike[pair + 1]!;
      for (let at = alike[pair]!; at < alikeEnd; at++) {
        if (bytes[start + at] !== known[at]) return false;
      }
    }
    return true;
  }

  read(source: HeaderSource, record: number, start: number, end: number): void {
    const spans = this.#spans;
    const { bytes } = source;
    source.findHeaders(record, names, spans);
    const text = (field: number): string | undefined =>
      textOf(bytes, spans[2 * field]!, spans[2 * field + 1]!);
    this.run = text(0);
    const isOurs = this.run !== undefined;
    this.producer = isOurs ? text(1) : undefined;
    this.session = isOurs && spans[4]! >= 0 ? integer(bytes, spans[4]!, spans[5]!, 0xffff) : NaN;
    for (let at = 0; at < spans.length; at++) if (spans[at]! >= 0) spans[at]! -= start;
    [this.sequenceStart, this.sequenceEnd] = [spans[6]!, spans[7]!];
    [this.digestStart, this.digestEnd] = [spans[8]!, spans[9]!];
    this.#bytes = Buffer.from(bytes.subarray(start, end));
    const varied = [spans.subarray(6, 8), spans.subarray(8, 10)]
      .filter(([start]) => start! >= 0)
      .toSorted((a, b) => a[0]! - b[0]!);
    this.#alike = [0, ...varied.flatMap((span) => [...span]), end - start];
  }
}

/** The text of a value; undefined if the value is missing, or if a store could not keep it. */
function textOf(bytes: Buffer, start: number, end: number): string | undefined {
  const text = start < 0 ? undefined : exactText(bytes.subarray(start, end));
  // PostgreSQL's text cannot hold a NUL, and no header of nodrop's does.
  return text?.includes('\0') === true ? undefined : text;
}

/** The text of a header's value; undefined if its bytes are not UTF-8. */
export function exactText(value: Uint8Array): string | undefined {
  const decoded = Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8');
  // Bytes that are not UTF-8 are decoded to U+FFFD, which a sender may also have sent.
  return decoded.includes('\ufffd') && !isUtf8(value) ? undefined : decoded;
}

const latest = new LatestHeaders();

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
