/** The headers that mark a record as nodrop's, and how they are read back. */
import { isUtf8 } from 'node:buffer';
import { parseDigest, type Origin } from './digest.ts';

export const headerNames = {
  run: 'nodrop-run',
  producer: 'nodrop-producer',
  session: 'nodrop-session',
  sequence: 'nodrop-sequence',
  digest: 'nodrop-digest',
} as const;

/** What all of them begin with: other headers have other names. */
export const headerNamePrefix = 'nodrop-';

/** What a record says of itself. Fields that are there but cannot be read are undefined. */
export interface StatedOrigin {
  run: string;
  producer: string | undefined;
  session: number | undefined;
  sequence: number | undefined;
  digest: bigint | undefined;
}

/** Looks a header up by name: the bytes of its value, or null where it is missing or null. */
export type HeaderLookup = (name: string) => Uint8Array | null;

/** The origin that a record's headers state; undefined for a record that is not nodrop's. */
export function readOrigin(header: HeaderLookup): StatedOrigin | undefined {
  const run = text(header(headerNames.run));
  if (run === undefined) return undefined;
  return {
    run,
    producer: text(header(headerNames.producer)),
    session: integer(text(header(headerNames.session)), 0xffff),
    sequence: integer(text(header(headerNames.sequence)), 0xfffffffe),
    digest: parseDigest(text(header(headerNames.digest)) ?? ''),
  };
}

/** Whether all that makes a digest is stated. */
export function isWhole(stated: StatedOrigin): stated is StatedOrigin & Origin {
  return stated.producer !== undefined && stated.session !== undefined && stated.sequence !== undefined;
}

/** The text of a header's value; undefined for bytes that are not UTF-8. */
export function exactText(value: Uint8Array): string | undefined {
  const decoded = Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8');
  // Bytes that are not UTF-8 come out as U+FFFD, which may also have been sent.
  return decoded.includes('\ufffd') && !isUtf8(value) ? undefined : decoded;
}

/** No text of ours holds a NUL, and not every store could keep one. */
function text(value: Uint8Array | null): string | undefined {
  const stated = value === null ? undefined : exactText(value);
  return stated?.includes('\0') === true ? undefined : stated;
}

function integer(value: string | undefined, max: number): number | undefined {
  if (value === undefined || !/^(0|[1-9]\d{0,9})$/.test(value)) return undefined;
  const number = Number(value);
  return number <= max ? number : undefined;
}
