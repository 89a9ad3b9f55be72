/** Writes the facts of a hop. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { namingFile } from '../../system/write-whole.ts';
import {
  bucketOf,
  chunkHeaderBytes,
  factBytes,
  headBytes,
  idBytesMax,
  type Fact,
  type FactShape,
} from './fact-format.ts';

const chunkBytesMin = 4 * 1024;
const chunkBytesMax = 64 * 1024;
/** What all buckets of a writer may hold in memory. */
const bufferedBytes = 16 * 1024 * 1024;

export interface WrittenFacts {
  facts: number;
  /** SHA-256 of the files. */
  sums: { facts: string; ids: string };
}

export class FactWriter {
  readonly shape: FactShape;
  readonly #facts: ChunkWriter;
  readonly #ids: ChunkWriter;
  readonly #bytes: number;
  #count = 0;

  /** Creates the files; throws `usage` or `unavailable` if that is not possible. */
  constructor(path: string, shape: FactShape) {
    this.shape = shape;
    this.#bytes = factBytes(shape);
    this.#facts = new ChunkWriter(`${path}.facts`, shape.buckets);
    this.#ids = new ChunkWriter(`${path}.ids`, shape.buckets);
  }

  get count(): number {
    return this.#count;
  }

  /** Adds a fact, and the text of its id: `text` from `start` to `end`. */
  add(fact: Fact, text: Uint8Array, start: number, end: number): void {
    const bucket = bucketOf(fact.hash, this.shape.buckets);
    const at = this.#facts.reserve(bucket, this.#bytes);
    const { words, doubles, view } = this.#facts.bufferOf(bucket);
    const word = at / 4;
    const { hash, digests } = fact;
    for (let index = 0; index < 4; index++) words[word + index] = hash[index]!;
    doubles[at / 8 + 2] = fact.offset;
    words[word + 6] = fact.partition;
    words[word + 7] = fact.category | (fact.flags << 16);
    for (let index = 0; index < digests.length; index++) words[word + 8 + index] = digests[index]!;
    if (this.shape.isVersioned) view.setBigInt64(at + headBytes + 4 * digests.length, fact.version, true);
    this.#count += 1;
    const length = Math.min(end - start, idBytesMax);
    const textAt = this.#ids.reserve(bucket, 2 + length);
    const target = this.#ids.bufferOf(bucket).bytes;
    target[textAt] = length & 0xff;
    target[textAt + 1] = length >>> 8;
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

/** One memory as bytes, words and doubles. Facts begin at a multiple of eight bytes. */
class ChunkBuffer {
  readonly bytes: Buffer;
  readonly words: Uint32Array;
  readonly doubles: Float64Array;
  readonly view: DataView;

  constructor(bytes: number) {
    const memory = new ArrayBuffer(Math.ceil(bytes / 8) * 8);
    this.bytes = Buffer.from(memory);
    this.words = new Uint32Array(memory);
    this.doubles = new Float64Array(memory);
    this.view = new DataView(memory);
  }
}

/** Gathers bytes by bucket, and appends them to one file in chunks. */
class ChunkWriter {
  readonly #path: string;
  readonly #file: number;
  readonly #hash: Hash = createHash('sha256');
  readonly #chunkBytes: number;
  readonly #buffers: (ChunkBuffer | undefined)[];
  readonly #used: Int32Array;

  constructor(path: string, buckets: number) {
    this.#path = path;
    this.#file = namingFile(path, () => openSync(path, 'wx', 0o600));
    this.#buffers = Array.from({ length: buckets });
    this.#used = new Int32Array(buckets);
    this.#chunkBytes = Math.max(chunkBytesMin, Math.min(chunkBytesMax, bufferedBytes / buckets));
  }

  /** Makes room in the bucket's buffer, and returns where it begins. The caller fills it before the next call. */
  reserve(bucket: number, bytes: number): number {
    let at = this.#used[bucket]!;
    const buffer = this.#buffers[bucket];
    if (buffer === undefined) at = this.#allocate(bucket, bytes);
    else if (at + bytes > buffer.bytes.length) {
      this.#flush(bucket);
      at = bytes + chunkHeaderBytes > buffer.bytes.length ? this.#allocate(bucket, bytes) : chunkHeaderBytes;
    }
    this.#used[bucket] = at + bytes;
    return at;
  }

  bufferOf = (bucket: number): ChunkBuffer => this.#buffers[bucket]!;

  close(): string {
    for (let bucket = 0; bucket < this.#buffers.length; bucket++) this.#flush(bucket);
    closeSync(this.#file);
    return this.#hash.digest('hex');
  }

  abandon(): void {
    closeSync(this.#file);
  }

  #allocate(bucket: number, bytes: number): number {
    this.#buffers[bucket] = new ChunkBuffer(Math.max(this.#chunkBytes, bytes + chunkHeaderBytes));
    return chunkHeaderBytes;
  }

  #flush(bucket: number): void {
    const used = this.#used[bucket]!;
    if (used <= chunkHeaderBytes) return;
    const chunk = this.#buffers[bucket]!.bytes;
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
