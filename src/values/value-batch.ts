/**
 * Values of rows or records, packed: a batch has `count` rows of `width` values each. A value is its text in UTF-8, or
 * its bytes. What each kind of value looks like:
 *
 * - `text`: as it is; `padded`: as it is, and blanks at its end do not count (CHAR of SQL);
 * - `number`: an integer or decimal number, as JSON writes it or with leading zeros of its own database, never rounded;
 * - `boolean`: true or false;
 * - `time`: ISO 8601 with T or a blank, up to nine digits of a second, and a zone; without a zone, it is taken for UTC;
 * - `uuid`: with dashes, in either case;
 * - `bytes`: the bytes themselves;
 * - `json`: a value that may be any of the above; an object or array is its JSON text.
 */
export const valueKinds = ['text', 'padded', 'number', 'boolean', 'time', 'uuid', 'bytes', 'json'] as const;
export type ValueKind = (typeof valueKinds)[number];

export interface ValueBatch {
  count: number;
  width: number;
  bytes: Buffer;
  /** Where value `column` of row `row` begins in `bytes`, at index `row * width + column`; −1 for NULL or absent. */
  start: Int32Array;
  end: Int32Array;
  /** By row, if the rows are records of a topic. */
  places?: { partition: Int32Array; offset: Float64Array };
}

/** What a reader gathers before it hands a batch on. */
const [batchRows, batchBytes] = [4096, 256 * 1024];

/**
 * Builds batches of values one value after the other, row by row. `take` gives the same object each time, so a batch is
 * valid until the next value is added.
 */
export class ValueBatchBuilder {
  readonly #batch: ValueBatch;
  #values = 0;
  #used = 0;

  constructor(width: number) {
    this.#batch = {
      count: 0,
      width,
      bytes: Buffer.allocUnsafeSlow(1 << 16),
      start: new Int32Array(1024),
      end: new Int32Array(1024),
    };
  }

  get count(): number {
    return this.#values / this.#batch.width;
  }

  /** Whether it is time to take a batch. */
  get isFull(): boolean {
    return this.count >= batchRows || this.#used >= batchBytes;
  }

  addNull(): void {
    this.#next(-1, -1);
  }

  /** Adds the bytes from `start` to `end` of a buffer. */
  addBytes(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#ensure(length);
    const { bytes } = this.#batch;
    const used = this.#used;
    // Short values are quicker to copy byte by byte than through a call.
    if (length <= 64) for (let at = 0; at < length; at++) bytes[used + at] = source[start + at]!;
    else bytes.set(source.subarray(start, end), used);
    this.#next(used, used + length);
    this.#used += length;
  }

  addText(text: string): void {
    this.#ensure(text.length * 3);
    const length = this.#batch.bytes.write(text, this.#used, 'utf8');
    this.#next(this.#used, this.#used + length);
    this.#used += length;
  }

  /** The rows since the last call. */
  take(): ValueBatch {
    this.#batch.count = this.count;
    this.#values = 0;
    this.#used = 0;
    return this.#batch;
  }

  #next(start: number, end: number): void {
    const batch = this.#batch;
    if (this.#values === batch.start.length) {
      batch.start = grown(batch.start);
      batch.end = grown(batch.end);
    }
    batch.start[this.#values] = start;
    batch.end[this.#values++] = end;
  }

  #ensure(length: number): void {
    const { bytes } = this.#batch;
    if (this.#used + length <= bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes.length * 2, this.#used + length));
    bytes.copy(larger, 0, 0, this.#used);
    this.#batch.bytes = larger;
  }
}

function grown(column: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(column.length * 2);
  larger.set(column);
  return larger;
}
