/**
 * PostgreSQL's text COPY format, decoded in the bytes of its chunks: a row is a line, fields have tabs between them, and
 * `\` begins an escape. The chunks may end anywhere.
 */
import type { ChosenColumns } from '../chosen-columns.ts';
import { RowDocuments } from '../row-documents.ts';
import type { ValueBatchBuilder } from '../../values/value-batch.ts';
import type { PostgresColumn } from './postgres-columns.ts';

const [tab, newline, backslash] = [0x09, 0x0a, 0x5c];
const [letterN, letterT, letterX] = [0x4e, 0x74, 0x78];
const [wordTrue, wordFalse] = [Buffer.from('true'), Buffer.from('false')];

/** What follows a backslash, where that is not the byte itself. COPY writes no other escape, such as octal ones. */
const escapes = new Map([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x76, 0x0b],
]);

type Encoding = 'text' | 'boolean' | 'hex';

export class CopyTextDecoder {
  readonly #builder: ValueBatchBuilder;
  /** By place. */
  readonly #fields: readonly number[];
  readonly #encodings: readonly Encoding[];
  readonly #documents: RowDocuments;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** The beginning of a row whose end is in a later chunk. */
  #rest: Buffer[] = [];
  #rows = 0;

  constructor(chosen: ChosenColumns<PostgresColumn>, builder: ValueBatchBuilder) {
    const { columns, places } = chosen;
    this.#builder = builder;
    this.#starts = new Int32Array(columns.length);
    this.#ends = new Int32Array(columns.length);
    this.#fields = places.map(({ column }) => column);
    this.#encodings = places.map(({ column }) => encodingOf(columns[column]!));
    this.#documents = new RowDocuments(chosen);
  }

  /** The rows so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Whether the last chunk ended within a row. */
  get isWithinRow(): boolean {
    return this.#rest.length > 0;
  }

  /** Adds the values of each row that this chunk completes. Changes the chunk's bytes. */
  decode(chunk: Buffer): void {
    const last = chunk.lastIndexOf(newline);
    if (last < 0) {
      if (chunk.length > 0) this.#rest.push(chunk);
      return;
    }
    let at = 0;
    if (this.#rest.length > 0) {
      at = chunk.indexOf(newline) + 1;
      const row = Buffer.concat([...this.#rest, chunk.subarray(0, at)]);
      this.#rest = [];
      this.#row(row, 0);
    }
    while (at <= last) at = this.#row(chunk, at);
    // The chunk's memory may be large: a short rest is copied out of it.
    if (at < chunk.length) this.#rest.push(Buffer.from(chunk.subarray(at)));
  }

  /** Adds the values of the row that begins here; returns where the next one begins. */
  #row(bytes: Buffer, start: number): number {
    const starts = this.#starts;
    const ends = this.#ends;
    const fields = starts.length;
    let field = 0;
    let at = start;
    let from = start;
    for (;;) {
      const byte = bytes[at]!;
      if (byte > backslash || (byte !== tab && byte !== newline && byte !== backslash)) {
        at += 1;
        continue;
      }
      if (byte === backslash) {
        const end = fieldEnd(bytes, at);
        if (isNull(bytes, from, end)) {
          starts[field] = -1;
        } else {
          starts[field] = from;
          ends[field] = unescaped(bytes, at, end);
        }
        at = end;
      } else {
        starts[field] = from;
        ends[field] = at;
      }
      field += 1;
      from = at + 1;
      if (bytes[at] === newline) break;
      if (field === fields) throw new Error('a row of COPY has more fields than were asked for');
      at = from;
    }
    if (field !== fields) throw new Error('a row of COPY has fewer fields than were asked for');
    this.#rows += 1;
    this.#add(bytes);
    return from;
  }

  #add(bytes: Buffer): void {
    const builder = this.#builder;
    const fields = this.#fields;
    for (let place = 0; place < fields.length; place++) {
      const start = this.#starts[fields[place]!]!;
      const end = this.#ends[fields[place]!]!;
      const encoding = this.#encodings[place];
      if (start < 0) builder.addNull();
      else if (this.#documents.add(place, this.#rows, builder, bytes, start, end)) continue;
      else if (encoding === 'text') builder.addBytes(bytes, start, end);
      else if (encoding === 'boolean') {
        const word = bytes[start] === letterT ? wordTrue : wordFalse;
        builder.addBytes(word, 0, word.length);
      } else {
        addHex(builder, bytes, start, end);
      }
    }
  }
}

/** Adds the bytes of a bytea: `\x` and hex digits. */
function addHex(builder: ValueBatchBuilder, bytes: Buffer, start: number, end: number): void {
  const decoded = Buffer.from(bytes.toString('latin1', start + 2, end), 'hex');
  const isWhole = decoded.length === (end - start - 2) / 2;
  if (bytes[start] !== backslash || bytes[start + 1] !== letterX || !isWhole) {
    throw new Error('a bytea of COPY is no hex');
  }
  builder.addBytes(decoded, 0, decoded.length);
}

function encodingOf({ kind, isBoolean }: PostgresColumn): Encoding {
  if (isBoolean) return 'boolean';
  return kind === 'bytes' ? 'hex' : 'text';
}

/** The end of the field, from its first backslash on. */
function fieldEnd(bytes: Buffer, from: number): number {
  for (let at = from; ; at++) {
    const byte = bytes[at]!;
    if (byte === backslash) at += 1;
    else if (byte === tab || byte === newline) return at;
  }
}

const isNull = (bytes: Buffer, start: number, end: number): boolean =>
  end === start + 2 && bytes[start] === backslash && bytes[start + 1] === letterN;

/** Resolves the escapes of a field where it lies, from its first backslash on; returns its new end. */
function unescaped(bytes: Buffer, from: number, end: number): number {
  let to = from;
  for (let at = from; at < end; at++) {
    let byte = bytes[at]!;
    if (byte === backslash) {
      byte = bytes[++at]!;
      byte = escapes.get(byte) ?? byte;
    }
    bytes[to++] = byte;
  }
  return to;
}
