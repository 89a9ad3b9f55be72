const chunkShift = 11;
const chunkRows = 2 ** chunkShift;

const arrays = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i32: Int32Array, f64: Float64Array };
type Chunk = InstanceType<(typeof arrays)[keyof typeof arrays]>;

/**
 * Numbers by dense index, 0 if none was set. It has chunks, so it grows without a copy, and takes memory only up to the
 * highest index that was set.
 */
export class NumberColumn {
  readonly #kind: keyof typeof arrays;
  readonly #chunks: Chunk[] = [];
  #length = 0;

  constructor(kind: keyof typeof arrays) {
    this.#kind = kind;
  }

  /** The highest index that was set, plus one. */
  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    this.set(this.#length, value);
  }

  get(index: number): number {
    return index < this.#length ? this.#chunks[index >>> chunkShift]![index % chunkRows]! : 0;
  }

  set(index: number, value: number): void {
    if (index >= this.#length) this.#grow(index + 1);
    this.#chunks[index >>> chunkShift]![index % chunkRows] = value;
  }

  #grow(length: number): void {
    this.#length = length;
    while (this.#chunks.length * chunkRows < length) this.#chunks.push(new arrays[this.#kind](chunkRows));
  }
}
