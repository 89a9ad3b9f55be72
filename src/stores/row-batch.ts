/**
 * A batch to be stored, in columns without an object for a row: numbers in typed arrays that are used
 * again, bytes where they lie in what was fetched, texts that repeat as indexes.
 */
import { messageIdOf } from '../workload.ts';

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

const firstCapacity = 4_096;
/** In place of the index of a text, or of the start of bytes. */
const nothing = -1;
const noBytes = Buffer.alloc(0);

export class RowBatch {
  /** Rows in the columns. */
  count = 0;
  /** Of all that the rows lie in: decompressed, it may be many times what was fetched. */
  sourceBytes = 0;
  category = new Uint16Array(firstCapacity);
  partition = new Int32Array(firstCapacity);
  offset = new Float64Array(firstCapacity);
  /** NaN for none. */
  sequence = new Float64Array(firstCapacity);
  /** What `textAt` takes. Equal texts of a batch have one index. */
  run = new Int32Array(firstCapacity);
  producer = new Int32Array(firstCapacity);
  readonly deadLetters: DeadLetter[] = [];
  #source = new Int32Array(firstCapacity);
  #keyStart = new Int32Array(firstCapacity);
  #keyEnd = new Int32Array(firstCapacity);
  #payloadStart = new Int32Array(firstCapacity);
  #payloadEnd = new Int32Array(firstCapacity);
  #digestStart = new Int32Array(firstCapacity);
  #digestEnd = new Int32Array(firstCapacity);
  #sources: Buffer[] = [];
  #texts: string[] = [];
  #textIndexes = new Map<string, number>();
  /** Ids that do not follow from producer and sequence. */
  #otherIds = new Map<number, string | null>();

  static of(rows: readonly RowValues[], deadLetters: readonly DeadLetter[] = []): RowBatch {
    const batch = new RowBatch();
    for (const row of rows) batch.add(row);
    batch.deadLetters.push(...deadLetters);
    return batch;
  }

  /** Rows and dead letters. */
  get size(): number {
    return this.count + this.deadLetters.length;
  }

  /** Makes it empty; the columns stay, to be filled again. */
  clear(): void {
    this.count = 0;
    this.sourceBytes = 0;
    this.deadLetters.length = 0;
    this.#sources = [];
    this.#texts = [];
    this.#textIndexes.clear();
    this.#otherIds.clear();
  }

  /** Begins a row, whose other columns are then to be set. Its bytes lie in this source. */
  begin(category: number, partition: number, offset: number, source: Buffer): number {
    const row = this.count++;
    if (row === this.category.length) this.#grow();
    if (this.#sources.at(-1) !== source) {
      this.#sources.push(source);
      this.sourceBytes += source.length;
    }
    this.category[row] = category;
    this.partition[row] = partition;
    this.offset[row] = offset;
    this.#source[row] = this.#sources.length - 1;
    return row;
  }

  /** A start of −1 stands for null. */
  setKey(row: number, start: number, end: number): void {
    this.#keyStart[row] = start;
    this.#keyEnd[row] = end;
  }

  setPayload(row: number, start: number, end: number): void {
    this.#payloadStart[row] = start;
    this.#payloadEnd[row] = end;
  }

  /** Bytes of UTF-8. */
  setDigest(row: number, start: number, end: number): void {
    this.#digestStart[row] = start;
    this.#digestEnd[row] = end;
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
    if (this.id(row) !== values.id) this.#otherIds.set(row, values.id);
  }

  /** A row in plain values. Bytes are views. */
  values(row: number): RowValues {
    return {
      category: this.category[row]!,
      partition: this.partition[row]!,
      offset: this.offset[row]!,
      key: this.key(row),
      payload: this.payload(row),
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
    if (this.#otherIds.size > 0 && this.#otherIds.has(row)) return this.#otherIds.get(row)!;
    return messageIdOf(this.textAt(this.producer[row]!) ?? undefined, this.sequenceOf(row) ?? undefined);
  }

  /** A view. */
  key(row: number): Buffer | null {
    const start = this.#keyStart[row]!;
    return start < 0 ? null : this.#sources[this.#source[row]!]!.subarray(start, this.#keyEnd[row]);
  }

  payload(row: number): Buffer | null {
    const start = this.#payloadStart[row]!;
    return start < 0 ? null : this.#sources[this.#source[row]!]!.subarray(start, this.#payloadEnd[row]);
  }

  digest(row: number): string | null {
    const start = this.#digestStart[row]!;
    return start < 0
      ? null
      : this.#sources[this.#source[row]!]!.toString('utf8', start, this.#digestEnd[row]);
  }

  #indexOf(text: string | undefined): number {
    if (text === undefined) return nothing;
    let index = this.#textIndexes.get(text);
    if (index !== undefined) return index;
    index = this.#texts.push(text) - 1;
    this.#textIndexes.set(text, index);
    return index;
  }

  #grow(): void {
    const capacity = 2 * this.category.length;
    const grown = <T extends Int32Array | Uint16Array | Float64Array>(column: T, to: T): T => {
      to.set(column);
      return to;
    };
    const positions = (column: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(capacity);
      to.set(column);
      return to;
    };
    this.category = grown(this.category, new Uint16Array(capacity));
    this.offset = grown(this.offset, new Float64Array(capacity));
    this.sequence = grown(this.sequence, new Float64Array(capacity));
    this.partition = positions(this.partition);
    this.run = positions(this.run);
    this.producer = positions(this.producer);
    this.#source = positions(this.#source);
    this.#keyStart = positions(this.#keyStart);
    this.#keyEnd = positions(this.#keyEnd);
    this.#payloadStart = positions(this.#payloadStart);
    this.#payloadEnd = positions(this.#payloadEnd);
    this.#digestStart = positions(this.#digestStart);
    this.#digestEnd = positions(this.#digestEnd);
  }
}
