/**
 * Facts: what one hop says of one id, in `HOP.facts`, and the texts of the ids in `HOP.ids`. Facts lie in buckets by the
 * hash of their id, so that all that is known of an id can be judged with a part of the evidence in memory.
 *
 * A file is a sequence of chunks. Each has a header, `bucket:u32 bytes:u32`, and facts of that bucket, little-endian:
 *
 *   0 id hash:u64×2   16 offset:f64   24 partition:u32   28 category:u16   30 flags:u16
 *   32 digest:u64 for each compared value   then version:i64, if versions are compared
 *
 * In `HOP.ids`, a chunk holds `length:u16` and the UTF-8 of each id, in the order of the bucket's facts. The SHA-256 sums of both files stand in `check.json`.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { namingFile } from '../../system/write-whole.ts';

export const factFlags = {
  /** The record's transaction was aborted. */
  aborted: 1,
  /** A record beyond the range: it explains rows, and is not judged. */
  later: 2,
  /** A declared drop: no row is expected. */
  dropped: 4,
  /** The record has no value. */
  tombstone: 8,
  /** A row of a dead-letter table or topic, not of the sink. */
  deadLetter: 16,
  /** The category is not told. */
  uncategorised: 32,
  /** The version is not told. */
  unversioned: 64,
  /** The batch of the record failed its checksum. */
  crcBad: 128,
  /** The record's id cannot be read; the hash is that of its position. */
  nameless: 256,
} as const;

/** Stands for no partition. */
export const noPartition = 0xffffffff;

export interface FactShape {
  /** How many compared values a fact has. */
  compared: number;
  isVersioned: boolean;
  buckets: number;
}

const headBytes = 32;
const chunkHeaderBytes = 8;
const chunkBytesMin = 4 * 1024;
const chunkBytesMax = 64 * 1024;
/** What all buckets of a writer may hold in memory. */
const bufferedBytes = 16 * 1024 * 1024;
export const idBytesMax = 0xffff;

export const factBytes = ({ compared, isVersioned }: FactShape): number =>
  headBytes + 8 * compared + (isVersioned ? 8 : 0);

export interface Fact {
  /** Two halves of the hash. */
  high: bigint;
  low: bigint;
  offset: number;
  partition: number;
  category: number;
  flags: number;
  digests: BigUint64Array;
  version: bigint;
}

export interface WrittenFacts {
  facts: number;
  /** SHA-256 of the files. */
  sums: { facts: string; ids: string };
}

export class FactWriter {
  readonly #shape: FactShape;
  readonly #facts: ChunkWriter;
  readonly #ids: ChunkWriter;
  readonly #bytes: number;
  #count = 0;

  /** Creates the files; throws `usage` or `unavailable` if that is not possible. */
  constructor(path: string, shape: FactShape) {
    this.#shape = shape;
    this.#bytes = factBytes(shape);
    this.#facts = new ChunkWriter(`${path}.facts`, shape.buckets);
    this.#ids = new ChunkWriter(`${path}.ids`, shape.buckets);
  }

  get count(): number {
    return this.#count;
  }

  /** Adds a fact, and the text of its id: `text` from `start` to `end`. */
  add(fact: Fact, text: Uint8Array, start: number, end: number): void {
    const bucket = bucketOf(fact.high, this.#shape.buckets);
    const at = this.#facts.reserve(bucket, this.#bytes);
    const view = this.#facts.viewOf(bucket);
    view.setBigUint64(at, fact.high, true);
    view.setBigUint64(at + 8, fact.low, true);
    view.setFloat64(at + 16, fact.offset, true);
    view.setUint32(at + 24, fact.partition, true);
    view.setUint16(at + 28, fact.category, true);
    view.setUint16(at + 30, fact.flags, true);
    const { compared } = this.#shape;
    for (let value = 0; value < compared; value++) {
      view.setBigUint64(at + headBytes + 8 * value, fact.digests[value]!, true);
    }
    if (this.#shape.isVersioned) view.setBigInt64(at + headBytes + 8 * compared, fact.version, true);
    this.#count += 1;
    const length = Math.min(end - start, idBytesMax);
    const textAt = this.#ids.reserve(bucket, 2 + length);
    this.#ids.viewOf(bucket).setUint16(textAt, length, true);
    const target = this.#ids.bytesOf(bucket);
    for (let index = 0; index < length; index++) target[textAt + 2 + index] = text[start + index]!;
  }

  close(): WrittenFacts {
    return { facts: this.#count, sums: { facts: this.#facts.close(), ids: this.#ids.close() } };
  }

  /** Closes the files of a check that came to no end. */
  abandon(): void {
    this.#facts.abandon();
    this.#ids.abandon();
  }
}

/** The bucket of an id by the high half of its hash. */
export const bucketOf = (high: bigint, buckets: number): number =>
  Number(((high >> 32n) * BigInt(buckets)) >> 32n);

/** Gathers bytes by bucket, and appends them to one file in chunks. */
class ChunkWriter {
  readonly #path: string;
  readonly #file: number;
  readonly #hash: Hash = createHash('sha256');
  readonly #chunkBytes: number;
  readonly #buffers: (Buffer | undefined)[];
  readonly #views: DataView[] = [];
  readonly #used: Int32Array;

  constructor(path: string, buckets: number) {
    this.#path = path;
    this.#file = namingFile(path, () => openSync(path, 'wx', 0o600));
    this.#buffers = Array.from({ length: buckets });
    this.#used = new Int32Array(buckets);
    this.#chunkBytes = Math.max(chunkBytesMin, Math.min(chunkBytesMax, bufferedBytes / buckets));
  }

  /** The position, in the bucket's buffer, of so many bytes that the caller writes at once. */
  reserve(bucket: number, bytes: number): number {
    let at = this.#used[bucket]!;
    const buffer = this.#buffers[bucket];
    if (buffer === undefined) at = this.#allocate(bucket, bytes);
    else if (at + bytes > buffer.length) {
      this.#flush(bucket);
      at = bytes + chunkHeaderBytes > buffer.length ? this.#allocate(bucket, bytes) : chunkHeaderBytes;
    }
    this.#used[bucket] = at + bytes;
    return at;
  }

  viewOf = (bucket: number): DataView => this.#views[bucket]!;
  bytesOf = (bucket: number): Buffer => this.#buffers[bucket]!;

  close(): string {
    for (let bucket = 0; bucket < this.#buffers.length; bucket++) this.#flush(bucket);
    closeSync(this.#file);
    return this.#hash.digest('hex');
  }

  abandon(): void {
    closeSync(this.#file);
  }

  #allocate(bucket: number, bytes: number): number {
    const buffer = Buffer.allocUnsafeSlow(Math.max(this.#chunkBytes, bytes + chunkHeaderBytes));
    this.#buffers[bucket] = buffer;
    this.#views[bucket] = new DataView(buffer.buffer);
    return chunkHeaderBytes;
  }

  #flush(bucket: number): void {
    const used = this.#used[bucket]!;
    if (used <= chunkHeaderBytes) return;
    const chunk = this.#buffers[bucket]!;
    chunk.writeUInt32LE(bucket, 0);
    chunk.writeUInt32LE(used - chunkHeaderBytes, 4);
    const bytes = chunk.subarray(0, used);
    this.#hash.update(bytes);
    for (let done = 0; done < used;) {
      done += namingFile(this.#path, () => writeSync(this.#file, bytes, done));
    }
    this.#used[bucket] = 0;
  }
}

/** Where the chunks of each bucket lie in a file. Throws if the file is not one of chunks. */
export class ChunkReader {
  readonly #path: string;
  readonly #file: number;
  /** By bucket: pairs of position and length. */
  readonly #chunks: number[][];
  readonly #bytes: number[];

  constructor(path: string, buckets: number) {
    this.#path = path;
    this.#file = openSync(path, 'r');
    this.#chunks = Array.from({ length: buckets }, () => []);
    this.#bytes = Array.from({ length: buckets }, () => 0);
    const header = Buffer.alloc(chunkHeaderBytes);
    for (let at = 0; ;) {
      const read = readSync(this.#file, header, 0, chunkHeaderBytes, at);
      if (read === 0) break;
      const bucket = header.readUInt32LE(0);
      const length = header.readUInt32LE(4);
      if (read < chunkHeaderBytes || bucket >= buckets) throw new Error(`${path} is damaged at byte ${at}`);
      this.#chunks[bucket]!.push(at + chunkHeaderBytes, length);
      this.#bytes[bucket]! += length;
      at += chunkHeaderBytes + length;
    }
  }

  /** All bytes of a bucket. */
  read(bucket: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(this.#bytes[bucket]!);
    const chunks = this.#chunks[bucket]!;
    let used = 0;
    for (let index = 0; index < chunks.length; index += 2) {
      const length = chunks[index + 1]!;
      const read = readSync(this.#file, bytes, used, length, chunks[index]!);
      if (read < length) throw new Error(`${this.#path} ends in the middle of a chunk`);
      used += length;
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The facts of one bucket in columns. */
export class BucketFacts {
  readonly count: number;
  readonly #view: DataView;
  readonly #halves: Uint32Array;
  readonly #bytes: number;
  readonly #shape: FactShape;
  readonly #readTexts: () => Buffer;
  #texts: { bytes: Buffer; starts: Uint32Array } | undefined;

  /** `readTexts` is called once, if a text is asked for. */
  constructor(bytes: Buffer, shape: FactShape, readTexts: () => Buffer) {
    this.#shape = shape;
    this.#bytes = factBytes(shape);
    this.count = bytes.length / this.#bytes;
    if (!Number.isInteger(this.count)) throw new Error('a bucket ends in the middle of a fact');
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#halves = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    this.#readTexts = readTexts;
  }

  /** A number that spreads evenly within a bucket. */
  slotOf = (fact: number): number => this.#halves[(fact * this.#bytes) / 4 + 2]!;

  isSameId(fact: number, other: BucketFacts, otherFact: number): boolean {
    const [a, b] = [(fact * this.#bytes) / 4, (otherFact * other.#bytes) / 4];
    const [mine, theirs] = [this.#halves, other.#halves];
    return (
      mine[a] === theirs[b] &&
      mine[a + 1] === theirs[b + 1] &&
      mine[a + 2] === theirs[b + 2] &&
      mine[a + 3] === theirs[b + 3]
    );
  }

  offset = (fact: number): number => this.#view.getFloat64(fact * this.#bytes + 16, true);
  partition = (fact: number): number => this.#view.getUint32(fact * this.#bytes + 24, true);
  category = (fact: number): number => this.#view.getUint16(fact * this.#bytes + 28, true);
  flags = (fact: number): number => this.#view.getUint16(fact * this.#bytes + 30, true);
  version = (fact: number): bigint =>
    this.#view.getBigInt64(fact * this.#bytes + headBytes + 8 * this.#shape.compared, true);

  /** The bits of the compared values that differ; 0 if all are equal. */
  differences(fact: number, other: BucketFacts, otherFact: number): number {
    let bits = 0;
    const [a, b] = [(fact * this.#bytes + headBytes) / 4, (otherFact * other.#bytes + headBytes) / 4];
    for (let value = 0; value < this.#shape.compared; value++) {
      const isSame =
        this.#halves[a + 2 * value] === other.#halves[b + 2 * value] &&
        this.#halves[a + 2 * value + 1] === other.#halves[b + 2 * value + 1];
      if (!isSame) bits |= 1 << value;
    }
    return bits;
  }

  /** The text of a fact's id. */
  text(fact: number): string {
    this.#texts ??= this.#readAll();
    const { bytes, starts } = this.#texts;
    return bytes.toString('utf8', starts[fact]! + 2, starts[fact]! + 2 + bytes.readUInt16LE(starts[fact]!));
  }

  #readAll(): { bytes: Buffer; starts: Uint32Array } {
    const bytes = this.#readTexts();
    const starts = new Uint32Array(this.count);
    let at = 0;
    for (let fact = 0; fact < this.count; fact++) {
      starts[fact] = at;
      at += 2 + bytes.readUInt16LE(at);
    }
    if (at !== bytes.length) throw new Error('the ids of a bucket do not fit its facts');
    return { bytes, starts };
  }
}
