/**
 * Texts by small number, and numbers by text: equal texts have one number. A million ids as JavaScript
 * strings in a Map take more than 100 bytes each; here a text takes its own bytes and about a dozen more.
 * Hexadecimal digests and UUIDs are packed into half as many bytes.
 */
import { NumberColumn } from '../number-column.ts';

const chunkBytes = 2 ** 20;
/** Longer texts are kept as strings, and so are texts that UTF-8 cannot tell apart. */
const packedMax = 4096;
/** The start of an entry is kept in 32 bits. */
const chunksMax = 4095;
const kept = 0xffffffff;
const slotsMin = 256;
/** The kinds of texts: the two lowest bits of an entry's header. The other bits have its length in bytes. */
const kinds = { plain: 0, hex: 1, uuid: 2 } as const;
const headerBytes = 2;
const uuidDashes = [8, 13, 18, 23];

export class TextTable {
  /** By number − 1: the start of the entry, counted over all chunks. */
  readonly #starts = new NumberColumn('u32');
  readonly #chunks: Uint8Array[] = [];
  #used = chunkBytes;
  /** Numbers by hash; 0 for a free slot. */
  #slots = new Uint32Array(slotsMin);
  readonly #numberOfKept = new Map<string, number>();
  readonly #keptByNumber = new Map<number, string>();
  readonly #entry = Buffer.alloc(headerBytes + packedMax);

  get count(): number {
    return this.#starts.length;
  }

  /** The number of a text, from 1; a new one for a new text. */
  numberOf(text: string): number {
    const bytes = this.#pack(text);
    if (bytes === undefined) return this.#numberKept(text);
    let slot = hashOf(this.#entry, bytes) & (this.#slots.length - 1);
    for (let number = this.#slots[slot]!; number !== 0; number = this.#slots[slot]!) {
      if (this.#isEntry(number, bytes)) return number;
      slot = (slot + 1) & (this.#slots.length - 1);
    }
    this.#append(bytes);
    this.#slots[slot] = this.count;
    if (this.count > this.#slots.length * 0.7) this.#rehash();
    return this.count;
  }

  textOf(number: number): string {
    const start = this.#starts.get(number - 1);
    if (start === kept) return this.#keptByNumber.get(number)!;
    const { kind, bytes } = this.#entryAt(start);
    if (kind === kinds.plain) return bytes.toString('utf8');
    const hex = bytes.toString('hex');
    if (kind === kinds.hex) return hex;
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  /** An order of the texts that does not depend on their numbers: the shorter first, so that 9 comes before 10. */
  compare(a: number, b: number): number {
    const [startA, startB] = [this.#starts.get(a - 1), this.#starts.get(b - 1)];
    if (startA === kept || startB === kept) return compareTexts(this.textOf(a), this.textOf(b));
    const [entryA, entryB] = [this.#entryAt(startA), this.#entryAt(startB)];
    if (entryA.kind !== entryB.kind || entryA.bytes.length !== entryB.bytes.length) {
      return compareTexts(this.textOf(a), this.textOf(b));
    }
    return Buffer.compare(entryA.bytes, entryB.bytes);
  }

  #numberKept(text: string): number {
    let number = this.#numberOfKept.get(text);
    if (number === undefined) {
      this.#starts.push(kept);
      number = this.count;
      this.#numberOfKept.set(text, number);
      this.#keptByNumber.set(number, text);
    }
    return number;
  }

  /** Writes the entry of a text, and returns its length; undefined for a text that is kept as a string. */
  #pack(text: string): number | undefined {
    const kind = kindOf(text);
    if (kind === kinds.plain) {
      if (text.length * 3 > packedMax || !text.isWellFormed()) return undefined;
      return this.#head(kind, this.#entry.write(text, headerBytes, 'utf8'));
    }
    const hex = kind === kinds.uuid ? text.replaceAll('-', '') : text;
    return this.#head(kind, this.#entry.write(hex, headerBytes, 'hex'));
  }

  #head(kind: number, length: number): number {
    this.#entry.writeUInt16LE(length * 4 + kind, 0);
    return headerBytes + length;
  }

  #append(bytes: number): void {
    if (this.#used + bytes > chunkBytes) {
      if (this.#chunks.length === chunksMax) throw new RangeError('texts of more than 4 GB in one table');
      this.#chunks.push(new Uint8Array(chunkBytes));
      this.#used = 0;
    }
    this.#starts.push((this.#chunks.length - 1) * chunkBytes + this.#used);
    this.#chunks.at(-1)!.set(this.#entry.subarray(0, bytes), this.#used);
    this.#used += bytes;
  }

  #isEntry(number: number, bytes: number): boolean {
    const start = this.#starts.get(number - 1);
    const chunk = this.#chunks[Math.floor(start / chunkBytes)]!;
    const from = start % chunkBytes;
    // The header has the length, so entries with equal headers have equally many bytes.
    for (let index = 0; index < bytes; index++) {
      if (chunk[from + index] !== this.#entry[index]) return false;
    }
    return true;
  }

  #entryAt(start: number): { kind: number; bytes: Buffer } {
    const chunk = this.#chunks[Math.floor(start / chunkBytes)]!;
    const from = start % chunkBytes;
    const header = chunk[from]! + chunk[from + 1]! * 256;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset + from + headerBytes, header >>> 2);
    return { kind: header & 3, bytes };
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    for (let number = 1; number <= this.count; number++) {
      const start = this.#starts.get(number - 1);
      if (start === kept) continue;
      const chunk = this.#chunks[Math.floor(start / chunkBytes)]!;
      const from = start % chunkBytes;
      const length = headerBytes + ((chunk[from]! + chunk[from + 1]! * 256) >>> 2);
      let slot = hashOf(chunk, length, from) & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = number;
    }
    this.#slots = slots;
  }
}

function kindOf(text: string): number {
  const { length } = text;
  const isUuid = length === 36 && uuidDashes.every((at) => text.charCodeAt(at) === 0x2d);
  if (!isUuid && (length % 2 === 1 || length === 0 || length > packedMax)) return kinds.plain;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    const isHex = (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66);
    if (!isHex && !(isUuid && uuidDashes.includes(index))) return kinds.plain;
  }
  return isUuid ? kinds.uuid : kinds.hex;
}

function hashOf(bytes: Uint8Array, length: number, from = 0): number {
  let hash = 0x811c9dc5;
  for (let index = from; index < from + length; index++) hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function compareTexts(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
