/**
 * Finds the values at some paths of a JSON document in its bytes, in one pass, without making objects of it: so numbers
 * keep all their digits. All bytes are checked: of a document that is no JSON, nothing is taken.
 */
import { firstMarked, isDigit, isHexDigit, isSpace, marksOf, plain } from './json-bytes.ts';
import { PathNode } from './path-node.ts';
import type { ValueBatchBuilder } from './value-batch.ts';

/** The kinds of JSON values. */
export type JsonKind = 'absent' | 'null' | 'text' | 'number' | 'boolean' | 'structure';

const depthMax = 256;
const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [braceOpen, braceClose, bracketOpen, bracketClose] = [0x7b, 0x7d, 0x5b, 0x5d];
const [minus, plus, point, zero] = [0x2d, 0x2b, 0x2e, 0x30];
const [letterT, letterF, letterN, letterU] = [0x74, 0x66, 0x6e, 0x75];
const [wordTrue, wordFalse, wordNull] = ['true', 'false', 'null'].map((word) => Buffer.from(word));
const afterBackslash = new Set(Buffer.from('"\\/bfnrt'));
/** Instead of a position: the document is no JSON. */
const broken = -1;

export class JsonValues {
  readonly #root: PathNode;
  readonly #count: number;
  /** By path: where its value is in the document, a string with its quotes. −1: the document has none. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** By path: 1 if its value is a string with escapes. */
  readonly #escaped: Uint8Array;
  #bytes: Uint8Array = Buffer.alloc(0);
  /** The same bytes. */
  #view: DataView = new DataView(new ArrayBuffer(0));
  #limit = 0;
  #documents = 0;
  /** Whether the last string that was passed has escapes. */
  #hasEscapes = false;
  /** Whether some value of the document is a string with escapes. */
  #hasEscaped = false;
  /** All bits that bytes of the document's strings have, in any of the four bytes. */
  #bits = 0;

  constructor(paths: readonly (readonly string[])[]) {
    this.#root = PathNode.rootOf(paths);
    this.#count = paths.length;
    this.#starts = new Int32Array(paths.length);
    this.#ends = new Int32Array(paths.length);
    this.#escaped = new Uint8Array(paths.length);
  }

  /**
   * Reads the document from `from` to, not including, `limit`. If two members have one name, the last counts. Returns
   * false if it is no JSON; then there are no values.
   */
  read(bytes: Uint8Array, from: number, limit: number): boolean {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.#limit = limit;
    this.#documents += 1;
    this.#bits = 0;
    this.#hasEscaped = false;
    this.#starts.fill(-1);
    let at = this.#value(this.#space(from), 0, this.#root);
    if (at >= 0) at = this.#space(at);
    if (at === limit) return true;
    this.#starts.fill(-1);
    return false;
  }

  kindOf(path: number): JsonKind {
    const start = this.#starts[path]!;
    if (start < 0) return 'absent';
    const byte = this.#bytes[start]!;
    if (byte === quote) return 'text';
    if (byte === letterN) return 'null';
    if (byte === letterT || byte === letterF) return 'boolean';
    return byte === braceOpen || byte === bracketOpen ? 'structure' : 'number';
  }

  /** Whether all bytes of the document are ASCII. */
  get isAscii(): boolean {
    return (this.#bits & 0x80808080) === 0;
  }

  /** Whether the value of some path is, or was before another of its name, a string with escapes. */
  get hasEscaped(): boolean {
    return this.#hasEscaped;
  }

  /** Whether the value of a path is a string with escapes: its bytes are not its text then. */
  isEscaped(path: number): boolean {
    return this.#escaped[path] === 1 && this.#starts[path]! >= 0;
  }

  /** Whether the value of a path is a text without escapes, a number or a boolean. */
  isPlain(path: number): boolean {
    const start = this.startOf(path);
    return start >= 0 && !this.isEscaped(path) && this.kindOf(path) !== 'structure';
  }

  /** Where the value of a path begins and ends, a string without its quotes; −1 if it is null or absent. */
  startOf(path: number): number {
    const start = this.#starts[path]!;
    if (start < 0) return start;
    const first = this.#bytes[start];
    return first === letterN ? -1 : first === quote ? start + 1 : start;
  }

  endOf(path: number): number {
    return this.#bytes[this.#starts[path]!] === quote ? this.#ends[path]! - 1 : this.#ends[path]!;
  }

  /** Adds the value of each path: a string without quotes and escapes, anything else as it is written. */
  addTo(builder: ValueBatchBuilder): void {
    for (let path = 0; path < this.#count; path++) this.add(path, builder);
  }

  add(path: number, builder: ValueBatchBuilder): void {
    const start = this.startOf(path);
    if (start < 0) return builder.addNull();
    const bytes = this.#bytes;
    if (!this.isEscaped(path)) return builder.addBytes(bytes, start, this.endOf(path));
    const { buffer, byteOffset } = bytes;
    const text = Buffer.from(buffer, byteOffset + start - 1, this.endOf(path) - start + 2).toString('utf8');
    builder.addText(unescaped(text));
  }

  // Each of these methods takes the position of a first byte, and returns the position after the last one.

  #value(from: number, depth: number, node: PathNode | undefined): number {
    const byte = this.#bytes[from]!;
    let at: number;
    if (from >= this.#limit) return broken;
    if (byte === quote) at = this.#string(from);
    else if (byte === braceOpen) at = this.#object(from, depth + 1, node);
    else if (byte === bracketOpen) at = this.#array(from, depth + 1);
    else if (byte === letterT) at = this.#word(from, wordTrue!);
    else if (byte === letterF) at = this.#word(from, wordFalse!);
    else if (byte === letterN) at = this.#word(from, wordNull!);
    else at = this.#number(from);
    if (node === undefined || at < 0) return at;
    if (byte !== braceOpen && node.children.length > 0) this.#forget(node);
    const { paths } = node;
    const isEscaped = byte === quote && this.#hasEscapes;
    if (isEscaped && paths.length > 0) this.#hasEscaped = true;
    for (let index = 0; index < paths.length; index++) {
      const path = paths[index]!;
      this.#starts[path] = from;
      this.#ends[path] = at;
      this.#escaped[path] = isEscaped ? 1 : 0;
    }
    return at;
  }

  #object(from: number, depth: number, node: PathNode | undefined): number {
    if (depth > depthMax) return broken;
    if (node !== undefined) {
      if (node.document === this.#documents) this.#forget(node);
      node.document = this.#documents;
    }
    const bytes = this.#bytes;
    let at = this.#space(from + 1);
    if (bytes[at] === braceClose && at < this.#limit) return at + 1;
    for (;;) {
      if (bytes[at] !== quote) return broken;
      const nameStart = at;
      at = this.#string(at);
      if (at < 0) return broken;
      const child = node && this.#childOf(node, nameStart, at);
      if (bytes[at] !== colon) {
        at = this.#space(at);
        if (bytes[at] !== colon) return broken;
      }
      at = this.#value(this.#space(at + 1), depth, child);
      if (at < 0) return broken;
      at = this.#space(at);
      if (at >= this.#limit) return broken;
      const byte = bytes[at++];
      if (byte === braceClose) return at;
      if (byte !== comma) return broken;
      at = this.#space(at);
    }
  }

  /** The child of a name, which is from `start` to `end` with its quotes. */
  #childOf(node: PathNode, start: number, end: number): PathNode | undefined {
    const bytes = this.#bytes;
    if (!this.#hasEscapes) return node.child(bytes, start + 1, end - 1);
    const { buffer, byteOffset } = bytes;
    const text = Buffer.from(buffer, byteOffset + start, end - start).toString('utf8');
    const name = Buffer.from(JSON.parse(text) as string);
    return node.child(name, 0, name.length);
  }

  /** Forgets what an earlier member of the same name had. */
  #forget(node: PathNode): void {
    for (const { node: child } of node.children) {
      for (const path of child.paths) this.#starts[path] = -1;
      if (child.children.length > 0) this.#forget(child);
    }
  }

  #array(from: number, depth: number): number {
    if (depth > depthMax) return broken;
    const bytes = this.#bytes;
    let at = this.#space(from + 1);
    if (bytes[at] === bracketClose && at < this.#limit) return at + 1;
    for (;;) {
      at = this.#value(at, depth, undefined);
      if (at < 0) return broken;
      at = this.#space(at);
      if (at >= this.#limit) return broken;
      const byte = bytes[at++];
      if (byte === bracketClose) return at;
      if (byte !== comma) return broken;
      at = this.#space(at);
    }
  }

  #string(from: number): number {
    const bytes = this.#bytes;
    const limit = this.#limit;
    const view = this.#view;
    this.#hasEscapes = false;
    let bits = 0;
    let at = from + 1;
    for (;;) {
      for (const last = limit - 8; at <= last; at += 8) {
        const low = view.getInt32(at, true);
        const high = view.getInt32(at + 4, true);
        bits |= low | high;
        const marks = marksOf(low);
        const marksAfter = marksOf(high);
        if ((marks | marksAfter) === 0) continue;
        at += marks === 0 ? 4 + firstMarked(marksAfter) : firstMarked(marks);
        break;
      }
      for (; at < limit && plain[bytes[at]!] === 1; at++) bits |= bytes[at]!;
      this.#bits |= bits;
      if (at >= limit) return broken;
      const byte = bytes[at++];
      if (byte === quote) return at;
      if (byte !== backslash || at >= limit) return broken;
      this.#hasEscapes = true;
      const escaped = bytes[at++]!;
      if (escaped === letterU) {
        for (const hexEnd = at + 4; at < hexEnd; at++)
          if (at >= limit || !isHexDigit(bytes[at]!)) return broken;
      } else if (!afterBackslash.has(escaped)) {
        return broken;
      }
    }
  }

  #number(from: number): number {
    const bytes = this.#bytes;
    let at = bytes[from] === minus ? from + 1 : from;
    at = bytes[at] === zero ? at + 1 : this.#digits(at);
    if (at < 0) return broken;
    if (at < this.#limit && bytes[at] === point) at = this.#digits(at + 1);
    if (at < 0 || at > this.#limit) return broken;
    if (at === this.#limit || (bytes[at]! | 0x20) !== 0x65) return at;
    at += 1;
    return this.#digits(bytes[at] === plus || bytes[at] === minus ? at + 1 : at);
  }

  #digits(from: number): number {
    const bytes = this.#bytes;
    const limit = this.#limit;
    let at = from;
    while (at < limit && isDigit(bytes[at]!)) at += 1;
    return at > from ? at : broken;
  }

  #word(from: number, word: Buffer): number {
    const end = from + word.length;
    if (end > this.#limit) return broken;
    for (let index = 0; index < word.length; index++) {
      if (this.#bytes[from + index] !== word[index]) return broken;
    }
    return end;
  }

  #space(from: number): number {
    const bytes = this.#bytes;
    const limit = this.#limit;
    let at = from;
    while (at < limit && isSpace(bytes[at]!)) at += 1;
    return at;
  }
}

/** A lone half of a surrogate pair has no UTF-8: such a text stays as it is written, so that no two become equal. */
function unescaped(text: string): string {
  const value = JSON.parse(text) as string;
  return value.isWellFormed() ? value : text;
}
