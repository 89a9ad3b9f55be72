/**
 * Normal forms: two values are equal exactly if their normal forms have the same bytes. The form is the same on both sides
 * of a comparison, and follows from the kinds that the sides declare. A value that does not look like its form stays as
 * it is, and so differs from every value that does.
 */
import type { ValueKind } from './value-batch.ts';

export type Form = Exclude<ValueKind, 'json'>;

/** The more exact kind decides: a text beside a column of numbers is read as a number. */
const byExactness: readonly Form[] = ['uuid', 'time', 'boolean', 'number', 'bytes', 'padded', 'text'];

/** `json` stands for any kind: the other side decides; if both are `json`, values are compared as texts. */
export const formOf = (a: ValueKind, b: ValueKind): Form =>
  byExactness.find((form) => form === a || form === b) ?? 'text';

/** What each form makes equal, for help and reports. */
export const formWords: Readonly<Record<Form, string>> = {
  text: 'as texts, byte for byte',
  padded: 'as texts without blanks at the end',
  number: 'as numbers: 1.50, 1.5 and 15e-1 are equal',
  boolean: 'as booleans: true, t and 1 are equal',
  time: 'as moments to the microsecond; a time without a zone is in UTC, a number is milliseconds',
  uuid: 'as UUIDs, in either case, with or without dashes',
  bytes: 'as bytes',
};

const [zero, nine, dash, blank] = [0x30, 0x39, 0x2d, 0x20];
/** A time has at most this many letters, and a number that is brought into another form as many digits. */
const lengthMax = 400;

export class Normaliser {
  /** The normal form of the last value: `bytes` from `start` to `end`. Valid until the next call. */
  bytes: Uint8Array = Buffer.alloc(0);
  start = 0;
  end = 0;
  readonly #scratch = Buffer.alloc(2 * lengthMax);

  normalise(form: Form, bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    if (form === 'text' || form === 'bytes') return;
    if (form === 'padded') {
      while (this.end > start && bytes[this.end - 1] === blank) this.end -= 1;
      return;
    }
    if (end - start > lengthMax || end === start) return;
    if (form === 'number') this.#number();
    else if (form === 'uuid') this.#uuid();
    else if (form === 'boolean') this.#boolean();
    else this.#time();
  }

  /** Small integers, which nearly all numbers are, are in normal form already. Others become `DIGITSeEXPONENT`. */
  #number(): void {
    const { bytes, start, end } = this;
    let at = bytes[start] === dash ? start + 1 : start;
    const isPlain = bytes[at]! > zero && bytes[at]! <= nine && bytes[end - 1] !== zero;
    if (isPlain) while (at < end && isDigit(bytes[at]!)) at += 1;
    if (at === end) return;
    const text = this.#text();
    const found = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$|^([+-]?)\.(\d+)$/.exec(text);
    if (found === null) return;
    const whole = found[2] ?? '';
    const fraction = found[3] ?? found[6] ?? '';
    const digits = `${whole}${fraction}`.replace(/^0+/, '');
    const significant = digits.replace(/0+$/, '');
    if (significant === '') return this.#set('0');
    const exponent = Number(found[4] ?? 0) - fraction.length + digits.length - significant.length;
    const sign = (found[1] ?? found[5]) === '-' ? '-' : '';
    this.#set(`${sign}${significant}${exponent === 0 ? '' : `e${exponent}`}`);
  }

  #uuid(): void {
    const text = this.#text();
    if (uuidPattern.test(text)) this.#set(text.replace(/[{}-]/g, '').toLowerCase());
  }

  #boolean(): void {
    const text = this.#text().toLowerCase();
    if (text === 'true' || text === 't' || text === '1') this.#set('true');
    else if (text === 'false' || text === 'f' || text === '0') this.#set('false');
  }

  #time(): void {
    const micros = microsecondsOf(this.#text());
    if (micros !== undefined) this.#set(micros);
  }

  #text(): string {
    const { buffer, byteOffset } = this.bytes;
    return Buffer.from(buffer, byteOffset + this.start, this.end - this.start).toString('utf8');
  }

  #set(text: string): void {
    this.bytes = this.#scratch;
    this.start = 0;
    this.end = this.#scratch.write(text, 'latin1');
  }
}

const isDigit = (byte: number): boolean => byte >= zero && byte <= nine;

const uuidPattern = /^\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$/i;

const timePattern =
  /^(\d{4,6})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)? ?(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?$/;

/** Microseconds since 1970 as a text; undefined if this is no time. */
function microsecondsOf(text: string): string | undefined {
  if (/^-?\d{1,19}$/.test(text)) return `${BigInt(text) * 1000n}`;
  const found = timePattern.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = found;
  const parts = [
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  ] as const;
  const date = new Date(0);
  date.setUTCFullYear(parts[0], parts[1], parts[2]);
  // A day such as February 30 would roll over.
  if (date.getUTCMonth() !== parts[1] || date.getUTCDate() !== parts[2]) return undefined;
  if (parts[3] > 24 || parts[4] > 59 || parts[5] > 60) return undefined;
  const seconds = date.getTime() / 1000 + parts[3] * 3600 + parts[4] * 60 + parts[5] - zoneSeconds(zone);
  return `${BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(6, '0').slice(0, 6))}`;
}

function zoneSeconds(zone: string): number {
  const found = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  if (found === null) return 0;
  const seconds = Number(found[2]) * 3600 + Number(found[3] ?? 0) * 60;
  return found[1] === '-' ? -seconds : seconds;
}
