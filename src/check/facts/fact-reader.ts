/** Reads the facts of a hop, bucket by bucket. */
import { closeSync, openSync, readSync } from 'node:fs';
import { chunkHeaderBytes, factBytes, headBytes, type Fact, type FactShape } from './fact-format.ts';

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
  readonly #packed: Buffer;
  readonly #view: DataView;
  readonly #words: Uint32Array;
  readonly #doubles: Float64Array;
  /** The words of a fact. */
  readonly #width: number;
  readonly #shape: FactShape;
  readonly #readTexts: () => Buffer;
  #texts: { bytes: Buffer; starts: Uint32Array } | undefined;

  /** `readTexts` is called once, if a text is asked for. */
  constructor(bytes: Buffer, shape: FactShape, readTexts: () => Buffer) {
    this.#shape = shape;
    this.#width = factBytes(shape) / 4;
    this.count = bytes.length / factBytes(shape);
    if (!Number.isInteger(this.count)) throw new Error('a bucket ends in the middle of a fact');
    this.#packed = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    this.#doubles = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
    this.#readTexts = readTexts;
  }

  /** A number that spreads evenly within a bucket. */
  slotOf(fact: number): number {
    return this.#words[fact * this.#width + 2]!;
  }

  isSameId(fact: number, other: BucketFacts, otherFact: number): boolean {
    const a = fact * this.#width;
    const b = otherFact * other.#width;
    const mine = this.#words;
    const theirs = other.#words;
    return (
      mine[a] === theirs[b] &&
      mine[a + 1] === theirs[b + 1] &&
      mine[a + 2] === theirs[b + 2] &&
      mine[a + 3] === theirs[b + 3]
    );
  }

  /** The four words of the hash of a fact's id. */
  hash = (fact: number): Uint32Array => this.#words.slice(fact * this.#width, fact * this.#width + 4);

  /** The facts of the id with this hash, in their order. */
  withId(hash: Uint32Array): BucketFacts {
    const width = this.#width;
    const bytes = 4 * width;
    const facts = Array.from({ length: this.count }, (_, fact) => fact).filter((fact) =>
      hash.every((word, index) => this.#words[fact * width + index] === word),
    );
    const packed = Buffer.alloc(facts.length * bytes);
    for (const [index, fact] of facts.entries()) {
      this.#packed.copy(packed, index * bytes, fact * bytes, (fact + 1) * bytes);
    }
    return new BucketFacts(packed, this.#shape, () =>
      Buffer.concat(facts.map((fact) => this.#packedText(fact))),
    );
  }

  offset(fact: number): number {
    return this.#doubles[(fact * this.#width) / 2 + 2]!;
  }

  partition(fact: number): number {
    return this.#words[fact * this.#width + 6]!;
  }

  category(fact: number): number {
    return this.#words[fact * this.#width + 7]! & 0xffff;
  }

  flags(fact: number): number {
    return this.#words[fact * this.#width + 7]! >>> 16;
  }

  version(fact: number): bigint {
    return this.#view.getBigInt64(4 * fact * this.#width + headBytes + 8 * this.#shape.compared, true);
  }

  /** Copies all of a fact but its text. */
  copy(fact: number, into: Fact): void {
    const at = fact * this.#width;
    into.hash.set(this.#words.subarray(at, at + 4));
    into.offset = this.offset(fact);
    into.partition = this.partition(fact);
    into.category = this.category(fact);
    into.flags = this.flags(fact);
    const digests = at + headBytes / 4;
    into.digests.set(this.#words.subarray(digests, digests + 2 * this.#shape.compared));
    into.version = this.#shape.isVersioned ? this.version(fact) : 0n;
  }

  /** The bits of the compared values that differ; 0 if all are equal. */
  differences(fact: number, other: BucketFacts, otherFact: number): number {
    let bits = 0;
    const a = fact * this.#width + headBytes / 4;
    const b = otherFact * other.#width + headBytes / 4;
    const mine = this.#words;
    const theirs = other.#words;
    const { compared } = this.#shape;
    for (let value = 0; value < compared; value++) {
      const isSame =
        mine[a + 2 * value] === theirs[b + 2 * value] &&
        mine[a + 2 * value + 1] === theirs[b + 2 * value + 1];
      if (!isSame) bits |= 1 << value;
    }
    return bits;
  }

  /** The compared values of a fact, equal for facts of all hops with equal values. */
  values(fact: number): string {
    const start = fact * this.#width + headBytes / 4;
    return this.#words.subarray(start, start + 2 * this.#shape.compared).join();
  }

  /** The two words of the digest of a compared value. */
  digest(fact: number, value: number): Uint32Array {
    const start = fact * this.#width + headBytes / 4 + 2 * value;
    return this.#words.subarray(start, start + 2);
  }

  /** The text of a fact's id. */
  text(fact: number): string {
    return this.#packedText(fact).toString('utf8', 2);
  }

  /** The text, and its length before it. */
  #packedText(fact: number): Buffer {
    this.#texts ??= this.#readAll();
    const { bytes, starts } = this.#texts;
    const start = starts[fact]!;
    return bytes.subarray(start, start + 2 + bytes.readUInt16LE(start));
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
