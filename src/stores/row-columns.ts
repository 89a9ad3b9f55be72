/** The columns of a batch of rows: typed arrays, one after another in one shared buffer. */

const doubleColumns = 2;
const intColumns = 9;
const rowBytes = 8 * doubleColumns + 4 * intColumns + 2;

export class RowColumns {
  /** The buffer that holds the columns; its length determines the number of rows. */
  memory!: SharedArrayBuffer;
  offset!: Float64Array;
  /** NaN for no sequence. */
  sequence!: Float64Array;
  partition!: Int32Array;
  /** An index for `textAt`. Equal texts of a batch have the same index. */
  run!: Int32Array;
  producer!: Int32Array;
  // Positions in the batch's bytes; a start of −1 stands for null.
  keyStart!: Int32Array;
  keyEnd!: Int32Array;
  payloadStart!: Int32Array;
  payloadEnd!: Int32Array;
  digestStart!: Int32Array;
  digestEnd!: Int32Array;
  category!: Uint16Array;

  constructor(memory: SharedArrayBuffer) {
    this.#lay(memory);
  }

  static memory(capacity: number): SharedArrayBuffer {
    return new SharedArrayBuffer(capacity * rowBytes);
  }

  protected growColumns(): void {
    const held = this.#all();
    this.#lay(RowColumns.memory(2 * this.category.length));
    for (const [index, column] of this.#all().entries()) column.set(held[index]!);
  }

  /** The columns with the widest numbers come first, so that each column is aligned. */
  #lay(memory: SharedArrayBuffer): void {
    const capacity = memory.byteLength / rowBytes;
    let at = 0;
    const next = (numberBytes: number): number => {
      const start = at;
      at += numberBytes * capacity;
      return start;
    };
    const doubles = (): Float64Array => new Float64Array(memory, next(8), capacity);
    const ints = (): Int32Array => new Int32Array(memory, next(4), capacity);
    this.memory = memory;
    this.offset = doubles();
    this.sequence = doubles();
    this.partition = ints();
    this.run = ints();
    this.producer = ints();
    this.keyStart = ints();
    this.keyEnd = ints();
    this.payloadStart = ints();
    this.payloadEnd = ints();
    this.digestStart = ints();
    this.digestEnd = ints();
    this.category = new Uint16Array(memory, next(2), capacity);
  }

  #all(): (Float64Array | Int32Array | Uint16Array)[] {
    const { offset, sequence, partition, run, producer, category } = this;
    const { keyStart, keyEnd, payloadStart, payloadEnd, digestStart, digestEnd } = this;
    const positions = [keyStart, keyEnd, payloadStart, payloadEnd, digestStart, digestEnd];
    return [offset, sequence, partition, run, producer, ...positions, category];
  }
}
