/**
 * A batch to be stored, in columns without an object for a row. Columns and bytes lie in memory that
 * threads share and that is used again; texts that repeat are indexes.
 */
import { messageIdOf } from '../workload/workload.ts';
import { RowColumns } from './row-columns.ts';

/** One row in plain values, for whoever makes or alters a few. */
export interface RowValues {
  /** Index into the store's categories. */
  category: number;
  partition: number;
  offset: number;
  key: Uint8Array | null;
  payload: Uint8Array | null;
  /** What the record's headers say of its origin; null for messages that are not nodrop's. */
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
  /** The record's headers as they stand in the record batch. */
  headers: Uint8Array | null;
  reason: string;
}

/** A batch on its way to another thread: what is large is shared, the rest is copied. */
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
/** Memory beyond that, which one decompressed record batch may take, is not kept for the next. */
const keptBytesMax = 16 * 1024 * 1024;
/** In place of the index of a text, or of the start of bytes. */
const nothing = -1;
const noBytes = Buffer.alloc(0);

export class RowBatch extends RowColumns {
  /** Rows in the columns. */
  count = 0;
  /** Of all that the rows lie in: decompressed, it may be many times what was fetched. */
  sourceBytes = 0;
  /** What the positions in the columns count in. */
  bytes: Buffer<SharedArrayBuffer>;
  readonly deadLetters: DeadLetter[] = [];
  /** Ids that do not follow from producer and sequence. */
  readonly otherIds = new Map<number, string | null>();
  #source: Buffer = noBytes;
  /** Where the source's copy begins. */
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

  /** A batch of another thread, to be read for as long as that one leaves it as it is. */
  static shared({ count, columns, bytes, texts, otherIds, deadLetters }: SharedRowBatch): RowBatch {
    const batch = new RowBatch(columns, bytes);
    batch.count = count;
    batch.#texts = [...texts];
    for (const [row, id] of otherIds) batch.otherIds.set(row, id);
    batch.deadLetters.push(...deadLetters);
    return batch;
  }

  share(): SharedRowBatch {
    // A view would take all with it that it is a view of.
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

  /** Rows and dead letters. */
  get size(): number {
    return this.count + this.deadLetters.length;
  }

  /** Makes it empty; its memory stays, to be filled again. */
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

  /** Begins a row, whose other columns are then to be set. Its bytes lie in this source, which is copied. */
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

  /** Bytes of UTF-8. */
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

  /** A row in plain values. Bytes are copies. */
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

  /** A view. */
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
