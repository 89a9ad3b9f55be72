/**
 * A batch to store, in columns without an object per row. Columns and bytes lie in memory that threads share and that
 * is reused for the next batch; repeated texts are stored once, as indexes.
 */
import { messageIdOf } from '../workload/workload.ts';
import { RowColumns } from './row-columns.ts';

/** One row in plain values, for code that makes or changes only a few rows. */
export interface RowValues {
  /** Index into the store's categories. */
  category: number;
  partition: number;
  offset: number;
  key: Uint8Array | null;
  payload: Uint8Array | null;
  /** The origin in the record's headers; null for messages that are not nodrop's. */
  run: string | null;
  producer: string | null;
  sequence: number | null;
  id: string | null;
  digest: string | null;
}

export interface DeadLetter {
  partition: number;
  offset: number;
  key: Uint8Array | null;
  payload: Uint8Array | null;
  /** The record's headers as encoded in the record batch. */
  headers: Uint8Array | null;
  reason: string;
}

/** A batch on its way to another thread: large parts are shared, the rest is copied. */
export interface SharedRowBatch {
  count: number;
  columns: SharedArrayBuffer;
  bytes: SharedArrayBuffer;
  texts: readonly string[];
  otherIds: ReadonlyMap<number, string | null>;
  deadLetters: readonly DeadLetter[];
}

const firstCapacity = 4_096;
const firstBytes = 256 * 1024;
/** More memory than this, which one decompressed record batch may need, is not kept for the next batch. */
const keptBytesMax = 16 * 1024 * 1024;
/** Stands for null, as the index of a text or the start of bytes. */
const nothing = -1;
const noBytes = Buffer.alloc(0);

export class RowBatch extends RowColumns {
  /** The number of rows in the columns. */
  count = 0;
  /** The size of all sources that the rows lie in. Decompressed, they may be many times the fetched bytes. */
  sourceBytes = 0;
  /** The bytes that the positions in the columns refer to. */
  bytes: Buffer<SharedArrayBuffer>;
  readonly deadLetters: DeadLetter[] = [];
  /** By row: ids that do not follow from producer and sequence. */
  readonly otherIds = new Map<number, string | null>();
  #source: Buffer = noBytes;
  /** Where the copy of the source begins in `bytes`. */
  #sourceStart = 0;
  #texts: string[] = [];
  #textIndexes = new Map<string, number>();

  constructor(columns = RowColumns.memory(firstCapacity), bytes = new SharedArrayBuffer(firstBytes)) {
    super(columns);
    this.bytes = Buffer.from(bytes);
  }

  static of(rows: readonly RowValues[], deadLetters: readonly DeadLetter[] = []): RowBatch {
    const batch = new RowBatch();
    for (const row of rows) batch.add(row);
    batch.deadLetters.push(...deadLetters);
    return batch;
  }

  /** A view of another thread's batch. It is valid while that thread does not change the batch. */
  static shared({ count, columns, bytes, texts, otherIds, deadLetters }: SharedRowBatch): RowBatch {
    const batch = new RowBatch(columns, bytes);
    batch.count = count;
    batch.#texts = [...texts];
    for (const [row, id] of otherIds) batch.otherIds.set(row, id);
    batch.deadLetters.push(...deadLetters);
    return batch;
  }

  share(): SharedRowBatch {
    // A view would carry the whole buffer behind it to the other thread.
    const copied = (bytes: Uint8Array | null): Uint8Array | null => bytes && new Uint8Array(bytes);
    return {
      count: this.count,
      columns: this.memory,
      bytes: this.bytes.buffer,
      texts: this.#texts,
      otherIds: this.otherIds,
      deadLetters: this.deadLetters.map((letter) => ({
        ...letter,
        key: copied(letter.key),
        payload: copied(letter.payload),
        headers: copied(letter.headers),
      })),
    };
  }

  /** The number of rows and dead letters. */
  get size(): number {
    return this.count + this.deadLetters.length;
  }

  /** Empties the batch; its memory is kept for reuse. */
  clear(): void {
    this.count = 0;
    this.sourceBytes = 0;
    this.deadLetters.length = 0;
    this.otherIds.clear();
    this.#source = noBytes;
    this.#texts = [];
    this.#textIndexes.clear();
    if (this.bytes.length > keptBytesMax) this.bytes = Buffer.from(new SharedArrayBuffer(firstBytes));
  }

  /** Begins a row; the caller then sets its other columns. The row's bytes lie in this source, which is copied. */
  begin(category: number, partition: number, offset: number, source: Buffer): number {
    const row = this.count++;
    if (row === this.category.length) this.growColumns();
    if (this.#source !== source) this.#take(source);
    this.category[row] = category;
    this.partition[row] = partition;
    this.offset[row] = offset;
    return row;
  }

  /** Positions in the row's source. A start of −1 stands for null. */
  setKey(row: number, start: number, end: number): void {
    this.keyStart[row] = this.#placed(start);
    this.keyEnd[row] = this.#placed(end);
  }

  setPayload(row: number, start: number, end: number): void {
    this.payloadStart[row] = this.#placed(start);
    this.payloadEnd[row] = this.#placed(end);
  }

  /** Positions of UTF-8 text in the row's source. */
  setDigest(row: number, start: number, end: number): void {
    this.digestStart[row] = this.#placed(start);
    this.digestEnd[row] = this.#placed(end);
  }

  setOrigin(row: number, run: string | undefined, producer: string | undefined, sequence: number): void {
    this.run[row] = this.#indexOf(run);
    this.producer[row] = this.#indexOf(producer);
    this.sequence[row] = sequence;
  }

  add(values: RowValues): void {
    const digest = values.digest === null ? null : Buffer.from(values.digest);
    const fields = [values.key, values.payload, digest];
    const source = Buffer.concat(fields.map((bytes) => bytes ?? noBytes));
    const row = this.begin(values.category, values.partition, values.offset, source);
    let at = 0;
    const place = (bytes: Uint8Array | null): [number, number] =>
      bytes === null ? [nothing, nothing] : [at, (at += bytes.length)];
    this.setKey(row, ...place(values.key));
    this.setPayload(row, ...place(values.payload));
    this.setDigest(row, ...place(digest));
    this.setOrigin(row, values.run ?? undefined, values.producer ?? undefined, values.sequence ?? NaN);
    if (this.id(row) !== values.id) this.otherIds.set(row, values.id);
  }

  /** A row in plain values; its bytes are copies. */
  values(row: number): RowValues {
    const copied = (bytes: Buffer | null): Buffer | null => bytes && Buffer.from(bytes);
    return {
      category: this.category[row]!,
      partition: this.partition[row]!,
      offset: this.offset[row]!,
      key: copied(this.key(row)),
      payload: copied(this.payload(row)),
      run: this.textAt(this.run[row]!),
      producer: this.textAt(this.producer[row]!),
      sequence: this.sequenceOf(row),
      id: this.id(row),
      digest: this.digest(row),
    };
  }

  allValues(): RowValues[] {
    return Array.from({ length: this.count }, (_, row) => this.values(row));
  }

  textAt(index: number): string | null {
    return index === nothing ? null : this.#texts[index]!;
  }

  sequenceOf(row: number): number | null {
    const sequence = this.sequence[row]!;
    return Number.isNaN(sequence) ? null : sequence;
  }

  id(row: number): string | null {
    if (this.otherIds.size > 0 && this.otherIds.has(row)) return this.otherIds.get(row)!;
    return messageIdOf(this.textAt(this.producer[row]!) ?? undefined, this.sequenceOf(row) ?? undefined);
  }

  /** A view of the key. */
  key(row: number): Buffer | null {
    const start = this.keyStart[row]!;
    return start < 0 ? null : this.bytes.subarray(start, this.keyEnd[row]);
  }

  payload(row: number): Buffer | null {
    const start = this.payloadStart[row]!;
    return start < 0 ? null : this.bytes.subarray(start, this.payloadEnd[row]);
  }

  digest(row: number): string | null {
    const start = this.digestStart[row]!;
    return start < 0 ? null : this.bytes.toString('utf8', start, this.digestEnd[row]);
  }

  #placed(position: number): number {
    return position < 0 ? nothing : this.#sourceStart + position;
  }

  #take(source: Buffer): void {
    const start = this.sourceBytes;
    const end = start + source.length;
    if (end > this.bytes.length) {
      const grown = Buffer.from(new SharedArrayBuffer(Math.max(end, 2 * this.bytes.length)));
      grown.set(this.bytes.subarray(0, start));
      this.bytes = grown;
    }
    this.bytes.set(source, start);
    this.#source = source;
    this.#sourceStart = start;
    this.sourceBytes = end;
  }

  #indexOf(text: string | undefined): number {
    if (text === undefined) return nothing;
    let index = this.#textIndexes.get(text);
    if (index !== undefined) return index;
    index = this.#texts.push(text) - 1;
    this.#textIndexes.set(text, index);
    return index;
  }
}
