/** Divides what a program prints into lines, and keeps no more than one of them. */

export const lineBytesMax = 1024 * 1024;
const newline = 0x0a;

export class LineSplitter {
  /** Lines that were longer than the limit (1 MiB) and left out. */
  tooLong = 0;
  #pending: Buffer[] = [];
  #bytes = 0;
  #isTooLong = false;

  /** The lines that end in the chunk, without their newline. */
  *lines(chunk: Buffer): Generator<string> {
    let at = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, at)) {
      this.#keep(chunk.subarray(at, end));
      at = end + 1;
      const line = this.#take();
      if (line !== undefined) yield line;
    }
    this.#keep(chunk.subarray(at));
  }

  /** The last line, if no newline ended it. */
  rest(): string | undefined {
    return this.#bytes === 0 && !this.#isTooLong ? undefined : this.#take();
  }

  #keep(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes > lineBytesMax) {
      this.#isTooLong = true;
      this.#pending = [];
    } else if (bytes.length > 0) this.#pending.push(bytes);
  }

  #take(): string | undefined {
    const line = this.#isTooLong ? undefined : Buffer.concat(this.#pending).toString('utf8');
    if (this.#isTooLong) this.tooLong += 1;
    this.#pending = [];
    this.#bytes = 0;
    this.#isTooLong = false;
    return line;
  }
}
