/**
 * PostgreSQL's binary COPY format. The encoder puts fields straight into one buffer that grows and is
 * used again; the decoder takes a stream in chunks that end anywhere.
 */

const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** The signature, the flags, and the length of an extension of the header. */
const headerBytes = signature.length + 8;
const nullLength = -1;
const endOfRows = -1;
/** Of our tables' rows. */
const fieldsMax = 16;

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

/** A row's fields: where each lies in the bytes; a start of −1 stands for null. It serves for all rows. */
export interface BinaryRow {
  bytes: Buffer;
  count: number;
  starts: Int32Array;
  ends: Int32Array;
}

export class BinaryCopyDecoder {
  #chunks: Buffer[] = [];
  #chunkBytes = 0;
  /** How much there must be to get any further: chunks are not joined before. */
  #neededBytes = headerBytes;
  #started = false;
  #ended = false;
  readonly #row: BinaryRow = {
    bytes: Buffer.alloc(0),
    count: 0,
    starts: new Int32Array(fieldsMax),
    ends: new Int32Array(fieldsMax),
  };

  /** Whether the rows have come to their end, rather than stopped. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Calls `take` with the rows that are complete with this chunk; they all lie in the same bytes. */
  decode(chunk: Buffer, take: (row: BinaryRow) => void): void {
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
    if (this.#chunkBytes < this.#neededBytes) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    this.#row.bytes = bytes;
    let at = this.#started ? 0 : this.#header(bytes);
    while (!this.#ended) {
      const next = this.#readRow(bytes, at);
      if (next === undefined) break;
      if (!this.#ended) take(this.#row);
      at = next;
    }
    const rest = bytes.subarray(at);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#chunkBytes = rest.length;
  }

  #header(bytes: Buffer): number {
    if (!bytes.subarray(0, signature.length).equals(signature)) throw new Error('not a binary COPY');
    this.#started = true;
    return headerBytes + bytes.readInt32BE(signature.length + 4);
  }

  /** Finds a row's fields, and gives where the next row begins; undefined if it is not all there. */
  #readRow(bytes: Buffer, start: number): number | undefined {
    const row = this.#row;
    if (!this.#has(bytes, start, start + 2)) return undefined;
    row.count = bytes.readInt16BE(start);
    let at = start + 2;
    this.#ended = row.count === endOfRows;
    for (let index = 0; index < row.count; index++) {
      if (!this.#has(bytes, start, at + 4)) return undefined;
      const length = bytes.readInt32BE(at);
      at += 4;
      row.starts[index] = length === nullLength ? -1 : at;
      if (length !== nullLength) at += length;
      row.ends[index] = at;
      if (!this.#has(bytes, start, at)) return undefined;
    }
    return at;
  }

  /** Whether a row that begins there is there up to an end. */
  #has(bytes: Buffer, start: number, end: number): boolean {
    this.#neededBytes = end - start;
    return end <= bytes.length;
  }
}

/** As a double: what lies beyond 2^53 is rounded. */
export const int8At = (bytes: Buffer, start: number): number =>
  bytes.readInt32BE(start) * two32 + bytes.readUInt32BE(start + 4);

/**
 * A reader of times, in ISO form; of one that has none, such as infinity, the microseconds since 2000. The
 * rows of a batch have one time, whose text is made once.
 */
export function createTimestampReader(): (bytes: Buffer, start: number) => string {
  let last = NaN;
  let text = '';
  return (bytes, start) => {
    const microseconds = int8At(bytes, start);
    if (microseconds === last) return text;
    const date = new Date(Math.floor(microseconds / 1000) + epoch2000Ms);
    last = microseconds;
    text = Number.isNaN(date.getTime()) ? String(microseconds) : date.toISOString();
    return text;
  };
}
