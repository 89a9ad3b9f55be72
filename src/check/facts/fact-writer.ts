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
    const bucket = bucketOf(fact.high, this.shape.buckets);
    const at = this.#facts.reserve(bucket, this.#bytes);
    const view = this.#facts.viewOf(bucket);
    view.setBigUint64(at, fact.high, true);
    view.setBigUint64(at + 8, fact.low, true);
    view.setFloat64(at + 16, fact.offset, true);
    view.setUint32(at + 24, fact.partition, true);
    view.setUint16(at + 28, fact.category, true);
    view.setUint16(at + 30, fact.flags, true);
    const { compared } = this.shape;
    for (let value = 0; value < compared; value++) {
      view.setBigUint64(at + headBytes + 8 * value, fact.digests[value]!, true);
    }
    if (this.shape.isVersioned) view.setBigInt64(at + headBytes + 8 * compared, fact.version, true);
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
