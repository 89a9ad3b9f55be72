const pageBits = 32_768;

/** A set of offsets of one partition, or of messages: a bit each, in pages, since a dense range may begin anywhere. */
export class BitSet {
  readonly #pages = new Map<number, Uint32Array>();
  /** The page of the last number: the next one is likely to be in it, too. */
  #lastKey = -1;
  #lastPage: Uint32Array | undefined;

  has(number: number): boolean {
    const page = this.#page(Math.floor(number / pageBits));
    return page !== undefined && ((page[(number % pageBits) >>> 5]! >>> (number & 31)) & 1) === 1;
  }

  add(number: number): void {
    const key = Math.floor(number / pageBits);
    let page = this.#page(key);
    if (page === undefined) {
      page = this.#lastPage = new Uint32Array(pageBits / 32);
      this.#pages.set(key, page);
    }
    page[(number % pageBits) >>> 5]! |= 1 << (number & 31);
  }

  #page(key: number): Uint32Array | undefined {
    if (key !== this.#lastKey) {
      this.#lastKey = key;
      this.#lastPage = this.#pages.get(key);
    }
    return this.#lastPage;
  }
}
