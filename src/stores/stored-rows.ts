/**
 * Rows that were read from a store, in columns without an object per row: all rows of a chunk lie in the same bytes,
 * and repeated texts are decoded once. A chunk is valid until the next one is requested.
 */
import type { StoredRow } from './store-snapshot.ts';

/** Stands for null, as the index of a text or the start of bytes. */
const nothing = -1;
const noBytes = Buffer.alloc(0);

export type TextReader = (bytes: Buffer, start: number, end: number) => string;

const utf8: TextReader = (bytes, start, end) => bytes.toString('utf8', start, end);

/** A column of texts. Most texts are the same as in the row before. */
class TextColumn {
  /** By row, an index into the texts; −1 for null. */
  index = new Int32Array(0);
  readonly texts: string[] = [];
  readonly #read: TextReader;
  #start = 0;
  #end = 0;

  constructor(read: TextReader = utf8) {
    this.#read = read;
  }

  begin(capacity: number): void {
    this.index = sized(this.index, capacity);
    this.texts.length = 0;
  }

  set(row: number, bytes: Buffer, start: number, end: number): void {
    if (start < 0) {
      this.index[row] = nothing;
      return;
    }
    if (this.texts.length === 0 || !isSame(bytes, start, end, this.#start, this.#end)) {
      this.texts.push(this.#read(bytes, start, end));
      [this.#start, this.#end] = [start, end];
    }
    this.index[row] = this.texts.length - 1;
  }

  at(row: number): string | null {
    const index = this.index[row]!;
    return index === nothing ? null : this.texts[index]!;
  }
}

/** A column of bytes, as positions. A start of −1 stands for null. */
class BytesColumn {
  start = new Int32Array(0);
  end = new Int32Array(0);

  begin(capacity: number): void {
    this.start = sized(this.start, capacity);
    this.end = sized(this.end, capacity);
  }

  set(row: number, start: number, end: number): void {
    this.start[row] = start;
    this.end[row] = end;
  }
}

export class StoredRows {
  readonly category: string;
  count = 0;
  /** The bytes that positions refer to. */
  bytes: Buffer = noBytes;
  readonly run = new TextColumn();
  readonly producer = new TextColumn();
  readonly topicId = new TextColumn();
  readonly storedAt: TextColumn;
  /** UTF-8, like the digest. */
  readonly id = new BytesColumn();
  readonly key = new BytesColumn();
  readonly payload = new BytesColumn();
  readonly digest = new BytesColumn();
  /** NaN if the value is not an integer; so are `partition` and `offset`. */
  sequence = new Float64Array(0);
  partition = new Float64Array(0);
  offset = new Float64Array(0);

  constructor(category: string, readTime?: TextReader) {
    this.category = category;
    this.storedAt = new TextColumn(readTime);
  }

  /** Begins a chunk of at most `capacity` rows, which lie in these bytes. */
  begin(bytes: Buffer, capacity: number): void {
    this.count = 0;
    this.bytes = bytes;
    const { run, producer, topicId, storedAt, id, key, payload, digest } = this;
    for (const column of [run, producer, topicId, storedAt, id, key, payload, digest]) column.begin(capacity);
    if (this.sequence.length >= capacity) return;
    this.sequence = new Float64Array(capacity);
    this.partition = new Float64Array(capacity);
    this.offset = new Float64Array(capacity);
  }

  /** A row in plain values; its bytes are views. */
  row(row: number): StoredRow {
    const { bytes } = this;
    const view = ({ start, end }: BytesColumn): Buffer | null =>
      start[row]! < 0 ? null : bytes.subarray(start[row], end[row]);
    const [id, digest] = [view(this.id), view(this.digest)];
    const sequence = this.sequence[row]!;
    return {
      category: this.category,
      run: this.run.at(row),
      producer: this.producer.at(row),
      sequence: Number.isNaN(sequence) ? null : sequence,
      id: id && id.toString('utf8'),
      topicId: this.topicId.at(row) ?? '',
      partition: this.partition[row]!,
      offset: this.offset[row]!,
      key: view(this.key),
      payload: view(this.payload),
      digest: digest && digest.toString('utf8'),
      storedAt: this.storedAt.at(row) ?? '',
    };
  }

  *[Symbol.iterator](): Generator<StoredRow> {
    for (let row = 0; row < this.count; row++) yield this.row(row);
  }
}

const sized = (column: Int32Array<ArrayBuffer>, capacity: number): Int32Array<ArrayBuffer> =>
  column.length >= capacity ? column : new Int32Array(capacity);

/** A loop is faster than a native call for so few bytes. */
function isSame(bytes: Buffer, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let at = start, other = otherStart; at < end; at++, other++) {
    if (bytes[at] !== bytes[other]) return false;
  }
  return true;
}
