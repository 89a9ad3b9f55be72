/**
 * Finds the text at a path in the bytes of a JSON object, without making an object of it. It sees the whole
 * through and says nothing where it cannot be sure: of what is no JSON, of bytes beyond ASCII, of names with
 * escapes on the way, of a state that is no plain text. `JSON.parse` then has the word.
 */

const depthMax = 32;
const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [braceOpen, braceClose, bracketOpen, bracketClose] = [0x7b, 0x7d, 0x5b, 0x5d];
const [minus, plus, point, zero, nine] = [0x2d, 0x2b, 0x2e, 0x30, 0x39];
const [letterE, letterU] = [0x65, 0x75];
const escapes = new Set(Buffer.from('"\\/bfnrt'));
/** By byte: 1 for what stands for itself in a string. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== quote && byte !== backslash ? 1 : 0,
);
const literals = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]));

export class StateScanner {
  /** Where the text that was found lies, without its quotes. */
  start = -1;
  end = -1;
  readonly #path: readonly Buffer[];
  #bytes: Uint8Array = Buffer.alloc(0);
  #at = 0;

  constructor(path: readonly string[]) {
    this.#path = path.map((name) => Buffer.from(name));
  }

  /** Whether there is a text at the path for sure; it then lies from `start` to `end`. */
  find(bytes: Uint8Array): boolean {
    this.#bytes = bytes;
    this.#at = 0;
    this.start = -1;
    this.#space();
    if (bytes[this.#at] !== braceOpen || !this.#object(0, 0)) return false;
    this.#space();
    return this.#at === bytes.length && this.start >= 0;
  }

  /** `level`: how much of the path led here; −1 beside it. */
  #object(depth: number, level: number): boolean {
    if (depth === depthMax) return false;
    const bytes = this.#bytes;
    this.#at += 1;
    this.#space();
    if (bytes[this.#at] === braceClose) {
      this.#at += 1;
      return true;
    }
    for (;;) {
      if (bytes[this.#at] !== quote) return false;
      const nameStart = this.#at + 1;
      // With escapes, a name may be another than it looks.
      if (!this.#string(level < 0)) return false;
      const isOnPath = level >= 0 && this.#isName(nameStart, this.#at - 1, level);
      this.#space();
      if (bytes[this.#at] !== colon) return false;
      this.#at += 1;
      this.#space();
      if (!(isOnPath ? this.#member(depth, level) : this.#value(depth))) return false;
      this.#space();
      const byte = bytes[this.#at++];
      if (byte === braceClose) return true;
      if (byte !== comma) return false;
      this.#space();
    }
  }

  /** A value on the path. Of two members of one name the last counts. */
  #member(depth: number, level: number): boolean {
    this.start = -1;
    const byte = this.#bytes[this.#at];
    const isLast = level === this.#path.length - 1;
    if (byte !== (isLast ? quote : braceOpen)) return false;
    if (!isLast) return this.#object(depth + 1, level + 1);
    const start = this.#at + 1;
    if (!this.#string(false)) return false;
    this.start = start;
    this.end = this.#at - 1;
    return true;
  }

  #value(depth: number): boolean {
    const byte = this.#bytes[this.#at]!;
    if (byte === quote) return this.#string(true);
    if (byte === braceOpen) return this.#object(depth + 1, -1);
    if (byte === bracketOpen) return this.#array(depth + 1);
    if (byte === minus || isDigit(byte)) return this.#number();
    const literal = literals.get(byte);
    if (literal === undefined) return false;
    for (const expected of literal) if (this.#bytes[this.#at++] !== expected) return false;
    return true;
  }

  #array(depth: number): boolean {
    if (depth === depthMax) return false;
    this.#at += 1;
    this.#space();
    if (this.#bytes[this.#at] === bracketClose) {
      this.#at += 1;
      return true;
    }
    for (;;) {
      if (!this.#value(depth)) return false;
      this.#space();
      const byte = this.#bytes[this.#at++];
      if (byte === bracketClose) return true;
      if (byte !== comma) return false;
      this.#space();
    }
  }

  /** Passes over a string, from quote to quote. */
  #string(mayEscape: boolean): boolean {
    const bytes = this.#bytes;
    const { length } = bytes;
    let at = this.#at + 1;
    for (;;) {
      while (at < length && plain[bytes[at]!] === 1) at += 1;
      if (at === length) return false;
      const byte = bytes[at++];
      if (byte === quote) break;
      if (byte !== backslash || !mayEscape) return false;
      const escaped = bytes[at++];
      if (escaped === letterU) {
        for (const hexEnd = at + 4; at < hexEnd; at++) if (!isHexDigit(bytes[at])) return false;
      } else if (escaped === undefined || !escapes.has(escaped)) {
        return false;
      }
    }
    this.#at = at;
    return true;
  }

  #number(): boolean {
    const bytes = this.#bytes;
    if (bytes[this.#at] === minus) this.#at += 1;
    if (bytes[this.#at] === zero) this.#at += 1;
    else if (!this.#digits()) return false;
    if (bytes[this.#at] === point) {
      this.#at += 1;
      if (!this.#digits()) return false;
    }
    if ((bytes[this.#at]! | 0x20) !== letterE) return true;
    this.#at += 1;
    if (bytes[this.#at] === plus || bytes[this.#at] === minus) this.#at += 1;
    return this.#digits();
  }

  #digits(): boolean {
    const start = this.#at;
    while (isDigit(this.#bytes[this.#at])) this.#at += 1;
    return this.#at > start;
  }

  #space(): void {
    const bytes = this.#bytes;
    for (;;) {
      const byte = bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#at += 1;
    }
  }

  #isName(start: number, end: number, level: number): boolean {
    return isText(this.#bytes, start, end, this.#path[level]!);
  }
}

/** Whether just this text lies there. */
export function isText(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  for (let index = 0; index < text.length; index++) {
    if (bytes[start + index] !== text[index]) return false;
  }
  return true;
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= zero && byte <= nine;

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}
