/**
 * Finds the state at a path in the bytes of a JSON object, without making an object of it: a string without its quotes,
 * a number or boolean as it is written. It checks all bytes, and gives no answer if it cannot be sure: for malformed
 * JSON, bytes beyond ASCII, names with escapes on the path, and any other state. Then `JSON.parse` decides.
 */

const depthMax = 32;
const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [braceOpen, braceClose, bracketOpen, bracketClose] = [0x7b, 0x7d, 0x5b, 0x5d];
const [minus, plus, point, zero, nine] = [0x2d, 0x2b, 0x2e, 0x30, 0x39];
const [letterE, letterN, letterU] = [0x65, 0x6e, 0x75];
const escapes = new Set(Buffer.from('"\\/bfnrt'));
/** By byte: 1 if the byte stands for itself in a string. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== quote && byte !== backslash ? 1 : 0,
);
const literals = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]));

/** Instead of a position: the scanner cannot decide. */
const unsure = -1;

export class StateScanner {
  /** The position of the text that was found, without its quotes. */
  start = -1;
  end = -1;
  readonly #path: readonly Buffer[];
  #bytes: Uint8Array = Buffer.alloc(0);
  #limit = 0;

  constructor(path: readonly string[]) {
    this.#path = path.map((name) => Buffer.from(name));
  }

  /**
   * Whether there is certainly a text at the path; it is then from `start` to `end`. The object may be a
   * part of the bytes: if the scanner reads bytes after it, it ends beyond the limit, and so is unsure.
   */
  find(bytes: Uint8Array, from: number, limit: number): boolean {
    this.#bytes = bytes;
    this.#limit = limit;
    this.start = -1;
    let at = this.#space(from);
    if (bytes[at] !== braceOpen) return false;
    at = this.#object(at, 0, 0);
    while (at >= 0 && at < limit && isSpace(bytes[at])) at += 1;
    return at === limit && this.start >= 0;
  }

  // Each of these methods takes the position of a first byte, and returns the position after the last one.

  /** `level`: how many names of the path led to this object; −1 if it is not on the path. */
  #object(from: number, depth: number, level: number): number {
    if (depth === depthMax) return unsure;
    const bytes = this.#bytes;
    let at = this.#space(from + 1);
    if (bytes[at] === braceClose) return at + 1;
    for (;;) {
      if (bytes[at] !== quote) return unsure;
      const nameStart = at + 1;
      // A name with escapes differs from its bytes.
      at = this.#string(at, level < 0);
      if (at < 0) return unsure;
      const isOnPath = level >= 0 && isText(bytes, nameStart, at - 1, this.#path[level]!);
      at = this.#space(at);
      if (bytes[at] !== colon) return unsure;
      at = this.#space(at + 1);
      at = isOnPath ? this.#member(at, depth, level) : this.#value(at, depth);
      if (at < 0) return unsure;
      at = this.#space(at);
      const byte = bytes[at++];
      if (byte === braceClose) return at;
      if (byte !== comma) return unsure;
      at = this.#space(at);
    }
  }

  /** A value on the path. If there are two members of one name, the last counts. */
  #member(at: number, depth: number, level: number): number {
    this.start = -1;
    const byte = this.#bytes[at]!;
    if (level < this.#path.length - 1) {
      return byte === braceOpen ? this.#object(at, depth + 1, level + 1) : unsure;
    }
    if (byte === braceOpen || byte === bracketOpen || byte === letterN) return unsure;
    const isString = byte === quote;
    const behind = isString ? this.#string(at, false) : this.#value(at, depth);
    this.start = isString ? at + 1 : at;
    this.end = isString ? behind - 1 : behind;
    return behind;
  }

  #value(at: number, depth: number): number {
    const bytes = this.#bytes;
    const byte = bytes[at]!;
    if (byte === quote) return this.#string(at, true);
    if (byte === minus || isDigit(byte)) return this.#number(at);
    if (byte === braceOpen) return this.#object(at, depth + 1, -1);
    if (byte === bracketOpen) return this.#array(at, depth + 1);
    const literal = literals.get(byte);
    if (literal === undefined || !isText(bytes, at, at + literal.length, literal)) return unsure;
    return at + literal.length;
  }

  #array(from: number, depth: number): number {
    if (depth === depthMax) return unsure;
    const bytes = this.#bytes;
    let at = this.#space(from + 1);
    if (bytes[at] === bracketClose) return at + 1;
    for (;;) {
      at = this.#value(at, depth);
      if (at < 0) return unsure;
      at = this.#space(at);
      const byte = bytes[at++];
      if (byte === bracketClose) return at;
      if (byte !== comma) return unsure;
      at = this.#space(at);
    }
  }

  #string(from: number, mayEscape: boolean): number {
    const bytes = this.#bytes;
    const limit = this.#limit;
    let at = from + 1;
    for (;;) {
      while (at < limit && plain[bytes[at]!] === 1) at += 1;
      if (at >= limit) return unsure;
      const byte = bytes[at++];
      if (byte === quote) return at;
      if (byte !== backslash || !mayEscape) return unsure;
      const escaped = bytes[at++];
      if (escaped === letterU) {
        for (const hexEnd = at + 4; at < hexEnd; at++) if (!isHexDigit(bytes[at])) return unsure;
      } else if (escaped === undefined || !escapes.has(escaped)) {
        return unsure;
      }
    }
  }

  #number(from: number): number {
    const bytes = this.#bytes;
    let at = bytes[from] === minus ? from + 1 : from;
    at = bytes[at] === zero ? at + 1 : this.#digits(at);
    if (at >= 0 && bytes[at] === point) at = this.#digits(at + 1);
    if (at < 0 || (bytes[at]! | 0x20) !== letterE) return at;
    at += 1;
    return this.#digits(bytes[at] === plus || bytes[at] === minus ? at + 1 : at);
  }

  #digits(from: number): number {
    let at = from;
    while (isDigit(this.#bytes[at])) at += 1;
    return at > from ? at : unsure;
  }

  #space(from: number): number {
    let at = from;
    while (isSpace(this.#bytes[at])) at += 1;
    return at;
  }
}

/** Whether the bytes from `start` to `end` are exactly this text. */
export function isText(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  for (let index = 0; index < text.length; index++) {
    if (bytes[start + index] !== text[index]) return false;
  }
  return true;
}

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= zero && byte <= nine;

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}
