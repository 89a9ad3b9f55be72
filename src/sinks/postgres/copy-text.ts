/**
 * PostgreSQL's text COPY format, decoded in the bytes of its chunks: a row is a line, fields have tabs between them, and
 * `\` begins an escape. The chunks may end anywhere.
 */
import type { ChosenColumns } from '../chosen-columns.ts';
import { JsonValues } from '../../values/json-values.ts';
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

type Encoding = 'text' | 'boolean' | 'hex' | 'json';

interface Target {
  field: number;
  encoding: Encoding;
  /** For `json`: which document, and which of its paths. */
  json: JsonValues | undefined;
  path: number;
  isWholeDocument: boolean;
}

export class CopyTextDecoder {
  readonly #builder: ValueBatchBuilder;
  readonly #targets: readonly Target[];
  /** By field: its document, if places are in it. */
  readonly #documents: readonly (JsonValues | undefined)[];
  /** By field: whether this row's document can be read. One that is nested too deeply cannot. */
  readonly #areRead: boolean[] = [];
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** The beginning of a row whose end is in a later chunk. */
  #rest: Buffer[] = [];
  #rows = 0;

  constructor({ columns, places }: ChosenColumns<PostgresColumn>, builder: ValueBatchBuilder) {
    this.#builder = builder;
    this.#starts = new Int32Array(columns.length);
    this.#ends = new Int32Array(columns.length);
    const paths = columns.map((_, field) =>
      places.flatMap(({ column, path }) => (column === field && path !== undefined ? [path] : [])),
    );
    this.#documents = paths.map((own) => (own.length === 0 ? undefined : new JsonValues(own)));
    const next = columns.map(() => 0);
    this.#targets = places.map(({ column, path }) => ({
      field: column,
      encoding: path === undefined ? encodingOf(columns[column]!) : 'json',
      json: path === undefined ? undefined : this.#documents[column],
      path: path === undefined ? 0 : next[column]!++,
      isWholeDocument: path?.length === 0,
    }));
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
      this.#rest.push(chunk);
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
    for (let field = 0; field < this.#documents.length; field++) {
      const start = this.#starts[field]!;
      if (start >= 0)
        this.#areRead[field] = this.#documents[field]?.read(bytes, start, this.#ends[field]!) ?? true;
    }
    for (const { field, encoding, json, path, isWholeDocument } of this.#targets) {
      const start = this.#starts[field]!;
      const end = this.#ends[field]!;
      if (start < 0) builder.addNull();
      else if (encoding === 'text' || (isWholeDocument && !this.#areRead[field]))
        builder.addBytes(bytes, start, end);
      else if (encoding === 'json') json!.add(path, builder);
      else if (encoding === 'boolean') {
        const word = bytes[start] === letterT ? wordTrue : wordFalse;
        builder.addBytes(word, 0, word.length);
      } else {
        const decoded = Buffer.from(bytes.toString('latin1', start + 2, end), 'hex');
        if (
          bytes[start] !== backslash ||
          bytes[start + 1] !== letterX ||
          decoded.length !== (end - start - 2) / 2
        )
          throw new Error('a bytea of COPY is no hex');
        builder.addBytes(decoded, 0, decoded.length);
      }
    }
  }
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
