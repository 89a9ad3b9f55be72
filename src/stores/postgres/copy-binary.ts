/**
 * PostgreSQL's binary COPY format. The encoder puts fields straight into one buffer that grows and is
 * used again; the decoder takes a stream in chunks that end anywhere.
 */

const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** The signature, the flags, and the length of an extension of the header. */
const headerBytes = signature.length + 8;
const nullLength = -1;
const endOfRows = -1;

const two32 = 2 ** 32;
/** PostgreSQL counts microseconds from the year 2000. */
const epoch2000Ms = Date.UTC(2000, 0, 1);

export class BinaryCopyEncoder {
  #bytes = Buffer.allocUnsafe(1 << 19);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Begins a COPY, whatever was left of another. */
  begin(): void {
    this.#length = 0;
    this.#raw(signature);
    this.#raw(Buffer.alloc(8));
  }

  end(): void {
    this.#reserve(2);
    this.#length = this.#bytes.writeInt16BE(endOfRows, this.#length);
  }

  /** What was encoded since the last call: a view, good until something is encoded again. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }

  row(fieldCount: number): void {
    this.#reserve(2);
    this.#bytes[this.#length++] = fieldCount >>> 8;
    this.#bytes[this.#length++] = fieldCount;
  }

  bytes(value: Uint8Array | null): void {
    this.#reserve(4 + (value?.length ?? 0));
    this.#int32(value?.length ?? nullLength);
    if (value === null) return;
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  text(value: string | null): void {
    if (value === null) return this.bytes(null);
    this.#reserve(4 + value.length);
    const start = this.#length + 4;
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code === 0 || code >= 0x80) return this.bytes(textBytes(value));
      this.#bytes[start + index] = code;
    }
    this.#int32(value.length);
    this.#length += value.length;
  }

  int4(value: number): void {
    this.#reserve(8);
    this.#int32(4);
    this.#int32(value);
  }

  int8(value: number | null): void {
    if (value === null) return this.bytes(null);
    this.#reserve(12);
    this.#int32(8);
    this.#int32(Math.floor(value / two32));
    this.#int32(value);
  }

  timestamp(timeMs: number): void {
    this.int8((timeMs - epoch2000Ms) * 1000);
  }

  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #int32(value: number): void {
    const bytes = this.#bytes;
    const at = this.#length;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
    this.#length = at + 4;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Text cannot hold NUL in PostgreSQL, and a record's headers can. */
const textBytes = (value: string): Uint8Array => Buffer.from(value.replaceAll('\0', '\ufffd'), 'utf8');

/** A row's fields as they came: null, or a view of the chunk. */
export type BinaryRow = (Buffer | null)[];

export class BinaryCopyDecoder {
  #chunks: Buffer[] = [];
  #chunkBytes = 0;
  /** How much there must be to get any further: chunks are not joined before. */
  #neededBytes = headerBytes;
  #started = false;
  #ended = false;

  /** Whether the rows have come to their end, rather than stopped. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The rows that are complete with this chunk. */
  decode(chunk: Buffer): BinaryRow[] {
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
    const rows: BinaryRow[] = [];
    if (this.#chunkBytes < this.#neededBytes) return rows;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    let at = this.#started ? 0 : this.#header(bytes);
    while (at !== undefined && !this.#ended) {
      const fields: BinaryRow = [];
      const next = this.#row(bytes, at, fields);
      if (next === undefined) break;
      if (!this.#ended) rows.push(fields);
      at = next;
    }
    const rest = bytes.subarray(at);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#chunkBytes = rest.length;
    return rows;
  }

  #header(bytes: Buffer): number {
    if (!bytes.subarray(0, signature.length).equals(signature)) throw new Error('not a binary COPY');
    this.#started = true;
    return headerBytes + bytes.readInt32BE(signature.length + 4);
  }

  /** Puts a row's fields into the array, and gives where the next row begins; undefined if it is not all there. */
  #row(bytes: Buffer, start: number, fields: BinaryRow): number | undefined {
    const has = (end: number): boolean => {
      this.#neededBytes = end - start;
      return end <= bytes.length;
    };
    if (!has(start + 2)) return undefined;
    const count = bytes.readInt16BE(start);
    let at = start + 2;
    this.#ended = count === endOfRows;
    for (let index = 0; index < count; index++) {
      if (!has(at + 4)) return undefined;
      const length = bytes.readInt32BE(at);
      at += 4;
      if (length === nullLength) {
        fields.push(null);
        continue;
      }
      if (!has(at + length)) return undefined;
      fields.push(bytes.subarray(at, at + length));
      at += length;
    }
    return at;
  }
}

/** As a double: what lies beyond 2^53 is rounded. */
export const int8Of = (field: Buffer): number => field.readInt32BE(0) * two32 + field.readUInt32BE(4);

/**
 * A reader of times, in ISO form; of one that has none, such as infinity, the microseconds since 2000. The
 * rows of a batch have one time, whose text is made once.
 */
export function createTimestampReader(): (field: Buffer) => string {
  let last = NaN;
  let text = '';
  return (field) => {
    const microseconds = int8Of(field);
    if (microseconds === last) return text;
    const date = new Date(Math.floor(microseconds / 1000) + epoch2000Ms);
    last = microseconds;
    text = Number.isNaN(date.getTime()) ? String(microseconds) : date.toISOString();
    return text;
  };
}
