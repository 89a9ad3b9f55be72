const pageOffsets = 32_768;

/** A set of offsets of one partition, a bit each, in pages: offsets are dense, but may begin anywhere. */
export class OffsetSet {
  readonly #pages = new Map<number, Uint32Array>();

  has(offset: number): boolean {
    const word = this.#pages.get(Math.floor(offset / pageOffsets))?.[(offset % pageOffsets) >>> 5] ?? 0;
    return ((word >>> (offset & 31)) & 1) === 1;
  }

  add(offset: number): void {
    const number = Math.floor(offset / pageOffsets);
    let page = this.#pages.get(number);
    if (page === undefined) this.#pages.set(number, (page = new Uint32Array(pageOffsets / 32)));
    page[(offset % pageOffsets) >>> 5]! |= 1 << (offset & 31);
  }
}
