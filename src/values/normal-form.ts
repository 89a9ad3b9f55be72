/**
 * Normal forms: two values are equal exactly if their normal forms have the same bytes. The form is the same on both sides
 * of a comparison, and follows from the kinds that the sides declare. A value that does not look like its form stays as
 * it is, and so differs from every value that does.
 */
import type { ValueKind } from './value-batch.ts';

export type Form = Exclude<ValueKind, 'json'> | 'document';

/** The more exact kind decides: a text beside a column of numbers is read as a number. */
export const forms = [
  'uuid',
  'time',
  'boolean',
  'number',
  'bytes',
  'padded',
  'text',
  'document',
] as const satisfies readonly Form[];

/** `json` stands for any kind: the other side decides. If both are `json`, values may be documents. */
export const formOf = (a: ValueKind | Form, b: ValueKind): Form =>
  forms.find((form) => form === a || form === b) ?? 'document';

/** What each form makes equal, for help and reports. */
export const formWords: Readonly<Record<Form, string>> = {
  text: 'as texts, byte for byte',
  padded: 'as texts without blanks at the end',
  number: 'as numbers: 1.50, 1.5 and 15e-1 are equal',
  boolean: 'as booleans: true, t and 1 are equal',
  time: 'as moments, rounded to the microsecond; a time without a zone is in UTC, a number is milliseconds',
  uuid: 'as UUIDs, in either case, with or without dashes',
  bytes: 'as bytes',
  document: 'as texts; objects and arrays without regard to blanks and to the order of names',
};

const [zero, nine, dash, blank, point, letterE] = [0x30, 0x39, 0x2d, 0x20, 0x2e, 0x65];
const [braceOpen, braceClose, bracketOpen] = [0x7b, 0x7d, 0x5b];
/** By byte: the lower-case hex digit; 0 if it is none. */
const hexDigits = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[0-9a-fA-F]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte).toLowerCase().charCodeAt(0) : 0,
);
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
    if (form === 'document') return this.#document();
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

  /** An object or an array becomes its JSON without blanks, with sorted names and normal numbers. */
  #document(): void {
    if (this.bytes[this.start] !== braceOpen && this.bytes[this.start] !== bracketOpen) return;
    const normal = documentOf(this.#text(), new Normaliser());
    if (normal === undefined) return;
    this.bytes = normal;
    this.start = 0;
    this.end = normal.length;
  }

  /** Becomes `DIGITSeEXPONENT`, without zeros at either end of the digits, and without an exponent of 0. */
  #number(): void {
    if (!this.#plainNumber()) this.#anyNumber();
  }

  /** Digits with or without a point, which nearly all numbers are. Returns false for anything else. */
  #plainNumber(): boolean {
    const { bytes, start, end } = this;
    const isNegative = bytes[start] === dash;
    const first = isNegative ? start + 1 : start;
    let pointAt = -1;
    for (let at = first; at < end; at++) {
      const byte = bytes[at]!;
      if (byte >= zero && byte <= nine) continue;
      if (byte !== point || pointAt >= 0 || at === first) return false;
      pointAt = at;
    }
    if (first === end) return false;
    let from = first;
    while (from < end && (bytes[from] === zero || from === pointAt)) from += 1;
    if (from === end) {
      this.#set('0');
      return true;
    }
    let to = end;
    while (bytes[to - 1] === zero || to - 1 === pointAt) to -= 1;
    // How many digits stand between the last one that counts and the point.
    const exponent = pointAt < 0 || to <= pointAt ? (pointAt < 0 ? end : pointAt) - to : pointAt + 1 - to;
    if (exponent === 0) {
      if (from === first) this.end = to;
      else this.#digits(isNegative, from, to, pointAt);
      return true;
    }
    this.#digits(isNegative, from, to, pointAt);
    const scratch = this.#scratch;
    scratch[this.end++] = letterE;
    if (exponent < 0) scratch[this.end++] = dash;
    let divisor = 1;
    const size = Math.abs(exponent);
    while (divisor * 10 <= size) divisor *= 10;
    for (; divisor >= 1; divisor /= 10) scratch[this.end++] = zero + (Math.floor(size / divisor) % 10);
    return true;
  }

  /** Puts a sign and the digits from `from` to `to` into the scratch. */
  #digits(isNegative: boolean, from: number, to: number, pointAt: number): void {
    const { bytes } = this;
    const scratch = this.#scratch;
    let length = 0;
    if (isNegative) scratch[length++] = dash;
    for (let at = from; at < to; at++) if (at !== pointAt) scratch[length++] = bytes[at]!;
    this.bytes = scratch;
    this.start = 0;
    this.end = length;
  }

  #anyNumber(): void {
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

  /** Its digits in lower case. There may be braces around them, and dashes at their places. */
  #uuid(): void {
    const { bytes, start, end } = this;
    const scratch = this.#scratch;
    let digits = 0;
    let dashed = 0;
    for (let at = bytes[start] === braceOpen ? start + 1 : start; at < end; at++) {
      const byte = bytes[at]!;
      const digit = hexDigits[byte]!;
      if (digit !== 0) {
        if (digits === uuidDigits) return;
        scratch[digits++] = digit;
      } else if (byte === dash) {
        if (dashed === digits || (digits !== 8 && digits !== 12 && digits !== 16 && digits !== 20)) return;
        dashed = digits;
      } else if (byte !== braceClose || at !== end - 1) return;
    }
    if (digits !== uuidDigits) return;
    this.bytes = scratch;
    this.start = 0;
    this.end = uuidDigits;
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

const uuidDigits = 32;

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
  return `${BigInt(seconds) * 1_000_000n + BigInt(microsecondsIn(fraction))}`;
}

/** The fraction of a second, rounded as PostgreSQL does when it reads a text: it multiplies a double, and takes the even one of two. */
function microsecondsIn(fraction: string): number {
  const exact = Number(`0.${fraction}`) * 1e6;
  const lower = Math.floor(exact);
  const rest = exact - lower;
  return rest > 0.5 || (rest === 0.5 && lower % 2 === 1) ? lower + 1 : lower;
}

function zoneSeconds(zone: string): number {
  const found = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  if (found === null) return 0;
  const seconds = Number(found[2]) * 3600 + Number(found[3] ?? 0) * 60;
  return found[1] === '-' ? -seconds : seconds;
}

/** Functions of `JSON` that TypeScript does not know yet: they keep numbers as they are written. */
const sourceJson = JSON as unknown as {
  parse(
    text: string,
    revive: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
};

/** undefined if the text is no JSON. */
function documentOf(text: string, numbers: Normaliser): Buffer | undefined {
  /** Numbers keep all their digits. */
  const numberOf = (source: string): unknown => {
    const bytes = Buffer.from(source);
    numbers.normalise('number', bytes, 0, bytes.length);
    return sourceJson.rawJSON(Buffer.from(numbers.bytes).toString('latin1', numbers.start, numbers.end));
  };
  const sorted = (value: object): unknown =>
    Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  try {
    const document = sourceJson.parse(text, (_, value, { source }) => {
      if (typeof value === 'number') return numberOf(source!);
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      return isObject && !sourceJson.isRawJSON(value) ? sorted(value) : value;
    });
    return Buffer.from(JSON.stringify(document));
  } catch {
    return undefined;
  }
}
