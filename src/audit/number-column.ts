const chunkShift = 14;
const chunkRows = 2 ** chunkShift;

const arrays = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i32: Int32Array, f64: Float64Array };

/** Numbers by index, in chunks: it grows without a copy, and takes little more than what it holds. */
export class NumberColumn {
  readonly #kind: keyof typeof arrays;
  readonly #chunks: (Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array)[] = [];
  #length = 0;

  constructor(kind: keyof typeof arrays) {
    this.#kind = kind;
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    const row = this.#length++ % chunkRows;
    if (row === 0) this.#chunks.push(new arrays[this.#kind](chunkRows));
    this.#chunks.at(-1)![row] = value;
  }

  get(index: number): number {
    return this.#chunks[index >>> chunkShift]![index % chunkRows]!;
  }

  set(index: number, value: number): void {
    this.#chunks[index >>> chunkShift]![index % chunkRows] = value;
  }
}
