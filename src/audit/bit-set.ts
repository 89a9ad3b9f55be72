const pageBits = 32_768;

/** A set of offsets of one partition, or of messages: a bit each, in pages, since a dense range may begin anywhere. */
export class BitSet {
  readonly #pages = new Map<number, Uint32Array>();

  has(number: number): boolean {
    const word = this.#pages.get(Math.floor(number / pageBits))?.[(number % pageBits) >>> 5] ?? 0;
    return ((word >>> (number & 31)) & 1) === 1;
  }

  add(number: number): void {
    const key = Math.floor(number / pageBits);
    let page = this.#pages.get(key);
    if (page === undefined) this.#pages.set(key, (page = new Uint32Array(pageBits / 32)));
    page[(number % pageBits) >>> 5]! |= 1 << (number & 31);
  }
}
