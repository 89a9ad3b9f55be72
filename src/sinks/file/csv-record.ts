/**
 * One record of CSV at a time (RFC 4180), in its bytes. A library would make a text of each field, tell an empty field
 * from an empty text in quotes only in its slow way, and pass over bytes that are no UTF-8.
 */
import type { ValueBatchBuilder } from '../../values/value-batch.ts';
import { newline } from './byte-window.ts';

const [quote, carriageReturn] = [0x22, 0x0d];
export const fieldsMax = 10_000;

/** The message continues a sentence: `the row …`. */
export class CsvError extends Error {
  override readonly name = 'CsvError';
}

export class CsvRecord {
  /** The fields of the record that was read last. */
  fields = 0;
  /** The newlines within quotes. */
  innerLines = 0;
  readonly #delimiter: number;
  #bytes: Buffer = Buffer.alloc(0);
  /** Where a field is, without its quotes. */
  readonly #starts = new Int32Array(fieldsMax);
  readonly #ends = new Int32Array(fieldsMax);
  /** 0: not quoted; 1: quoted; 2: quoted, with doubled quotes in it. */
  readonly #quoting = new Uint8Array(fieldsMax);

  constructor(delimiter: string) {
    this.#delimiter = delimiter.charCodeAt(0);
  }

  /**
   * Reads the record that begins at `from`, and returns where the next one begins; undefined if it goes beyond `limit`,
   * unless the file ends there. Throws a `CsvError`.
   */
  read(bytes: Buffer, from: number, limit: number, isLast: boolean): number | undefined {
    this.#bytes = bytes;
    this.fields = 0;
    this.innerLines = 0;
    let at = from;
    for (;;) {
      if (this.fields === fieldsMax) throw new CsvError(`has more than ${fieldsMax} fields`);
      const end = bytes[at] === quote && at < limit ? this.#quoted(at, limit) : this.#unquoted(at, limit);
      if (end >= limit) {
        if (!isLast) return undefined;
        if (end > limit) throw new CsvError('is cut off: the file ends within a field in quotes');
        return limit;
      }
      at = end + 1;
      if (bytes[end] === newline) return at;
    }
  }

  /** Whether the line has nothing at all. */
  get isBlank(): boolean {
    return this.fields === 1 && this.#starts[0] === this.#ends[0] && this.#quoting[0] === 0;
  }

  /** Adds a field: NULL if it is empty and not quoted. */
  addTo(builder: ValueBatchBuilder, field: number): void {
    const start = this.#starts[field]!;
    const end = this.#ends[field]!;
    const quoting = this.#quoting[field];
    if (quoting === 0 && start === end) builder.addNull();
    else if (quoting === 2) builder.addText(this.text(field)!);
    else builder.addBytes(this.#bytes, start, end);
  }

  /** The field as a text; undefined for NULL. */
  text(field: number): string | undefined {
    const start = this.#starts[field]!;
    const end = this.#ends[field]!;
    const quoting = this.#quoting[field];
    if (quoting === 0 && start === end) return undefined;
    const text = this.#bytes.toString('utf8', start, end);
    return quoting === 2 ? text.replaceAll('""', '"') : text;
  }

  /** Returns the position of the delimiter or newline after the field, or the limit. */
  #unquoted(from: number, limit: number): number {
    const bytes = this.#bytes;
    const delimiter = this.#delimiter;
    let at = from;
    for (; at < limit; at++) {
      const byte = bytes[at]!;
      if (byte === delimiter || byte === newline) break;
      if (byte === quote)
        throw new CsvError(`has a quote within field ${this.fields + 1}, which does not begin with one`);
    }
    // The line may end with CR and LF.
    const hasReturn = at < limit && bytes[at] === newline && at > from && bytes[at - 1] === carriageReturn;
    this.#add(from, hasReturn ? at - 1 : at, 0);
    return at;
  }

  /** As above; more than the limit if that is within the field. */
  #quoted(from: number, limit: number): number {
    const bytes = this.#bytes;
    let quoting = 1;
    let at = from + 1;
    for (; at < limit; at++) {
      const byte = bytes[at]!;
      if (byte === newline) this.innerLines += 1;
      if (byte !== quote) continue;
      if (bytes[at + 1] !== quote || at + 1 >= limit) break;
      quoting = 2;
      at += 1;
    }
    if (at >= limit) return limit + 1;
    this.#add(from + 1, at, quoting);
    at += 1;
    if (at + 1 < limit && bytes[at] === carriageReturn && bytes[at + 1] === newline) return at + 1;
    if (at >= limit || bytes[at] === this.#delimiter || bytes[at] === newline) return at;
    if (bytes[at] === carriageReturn && at + 1 === limit) return limit + 1;
    throw new CsvError(`has something behind the quotes of field ${this.fields}`);
  }

  #add(start: number, end: number, quoting: number): void {
    this.#starts[this.fields] = start;
    this.#ends[this.fields] = end;
    this.#quoting[this.fields] = quoting;
    this.fields += 1;
  }
}
