const combinationsMax = 256;

/**
 * Flags by dense index, up to 16 of them, in one byte: the byte is the number of a combination, and fewer than 256
 * combinations can occur.
 */
export class FlagsColumn {
  #codes: Uint8Array<ArrayBuffer>;
  readonly #flagsOf = new Uint16Array(combinationsMax);
  /** 0 for a combination without a code yet, and for no flags. */
  readonly #codeOf = new Uint8Array(2 ** 16);
  #codeCount = 1;

  constructor(count: number) {
    this.#codes = new Uint8Array(count);
  }

  get length(): number {
    return this.#codes.length;
  }

  get(index: number): number {
    return this.#flagsOf[this.#codes[index] ?? 0]!;
  }

  set(index: number, flags: number): void {
    if (flags !== 0 && this.#codeOf[flags] === 0) this.#number(flags);
    this.#codes[index] = this.#codeOf[flags]!;
  }

  resize(count: number): void {
    this.#codes = new Uint8Array(this.#codes.buffer.transfer(count));
  }

  #number(flags: number): void {
    if (this.#codeCount === combinationsMax) throw new Error('bug: more combinations of flags than can be');
    this.#flagsOf[this.#codeCount] = flags;
    this.#codeOf[flags] = this.#codeCount++;
  }
}
