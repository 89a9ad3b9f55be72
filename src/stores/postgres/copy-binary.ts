/**
 * PostgreSQL's binary COPY format. The encoder writes fields directly into one growing buffer that it reuses; the
 * decoder reads a stream in chunks that may end anywhere.
 */

const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** The header: the signature, the flags, and the length of the header extension. */
const headerBytes = signature.length + 8;
const nullLength = -1;
const endOfRows = -1;
/** The limit of fields in a row; none of nodrop's tables has more. */
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

  /** Begins a COPY, and discards the rest of an earlier one. */
  begin(): void {
    this.#length = 0;
    this.#raw(signature);
    this.#raw(Buffer.alloc(8));
  }

  end(): void {
    this.#reserve(2);
    this.#length = this.#bytes.writeInt16BE(endOfRows, this.#length);
  }

  /** The bytes encoded since the last call: a view, valid until the next field is encoded. */
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

/** PostgreSQL's text cannot hold NUL, but a record's headers can. */
const textBytes = (value: string): Uint8Array => Buffer.from(value.replaceAll('\0', '\ufffd'), 'utf8');

/** The positions of a row's fields; a start of −1 stands for null. One object is reused for all rows. */
export interface BinaryRow {
  bytes: Buffer;
  count: number;
  starts: Int32Array;
  ends: Int32Array;
}

export class BinaryCopyDecoder {
  #chunks: Buffer[] = [];
  #chunkBytes = 0;
  /** How many bytes the next step needs: chunks are not joined before there are as many. */
  #neededBytes = headerBytes;
  #started = false;
  #ended = false;
  readonly #row: BinaryRow = {
    bytes: Buffer.alloc(0),
    count: 0,
    starts: new Int32Array(fieldsMax),
    ends: new Int32Array(fieldsMax),
  };

  /** Whether the end of the rows was reached, so that the stream was not cut short. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Calls `take` with each row that this chunk completes; all these rows lie in the same bytes. */
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

  /** Finds a row's fields, and returns where the next row begins; undefined if the row is incomplete. */
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

  /** Notes that the row at `start` needs the bytes up to `end`, and returns whether they are present. */
  #has(bytes: Buffer, start: number, end: number): boolean {
    this.#neededBytes = end - start;
    return end <= bytes.length;
  }
}

/** As a double: values beyond 2^53 are rounded. */
export const int8At = (bytes: Buffer, start: number): number =>
  bytes.readInt32BE(start) * two32 + bytes.readUInt32BE(start + 4);

/**
 * Returns a function that reads a time as ISO text, or as microseconds since 2000 if it has no ISO form (infinity). All
 * rows of a batch have the same time, so its text is made once.
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
