/** The lines of an output, of any bytes and any length: of a long line, the rest is not kept. */

const newline = 10;
const lineBytesMax = 64 * 1024;

/** `containing`: only lines with this text. Where there are none, that costs far less than to look at each line. */
export type WantedLines = 'all' | 'none' | { containing: string };

export class OutputLines {
  readonly #wanted: () => WantedLines;
  readonly #onLine: (line: string) => void;
  /** The begin of a line whose end has not come yet. */
  #begun: Buffer[] = [];
  #begunBytes = 0;

  /** `wanted` is asked for each chunk. */
  constructor(wanted: () => WantedLines, onLine: (line: string) => void) {
    this.#wanted = wanted;
    this.#onLine = onLine;
  }

  add(chunk: Buffer): void {
    const first = chunk.indexOf(newline);
    if (first >= 0) {
      this.#tellFrom(chunk, first, chunk.lastIndexOf(newline) + 1);
      this.#begun = [];
      this.#begunBytes = 0;
    }
    this.#begin(chunk.subarray(chunk.lastIndexOf(newline) + 1));
  }

  #begin(piece: Buffer): void {
    // A copy: a piece of a chunk would keep all of it in memory.
    const kept = Buffer.from(piece.subarray(0, lineBytesMax - this.#begunBytes));
    if (kept.length === 0) return;
    this.#begun.push(kept);
    this.#begunBytes += kept.length;
  }

  /** `first`: where the line ends that has begun before. `end`: behind the last line. */
  #tellFrom(chunk: Buffer, first: number, end: number): void {
    const wanted = this.#wanted();
    if (wanted === 'none') return;
    const needle = wanted === 'all' ? undefined : wanted.containing;
    const begun = Buffer.concat([...this.#begun, chunk.subarray(0, first)]).subarray(0, lineBytesMax);
    if (needle === undefined || begun.includes(needle)) this.#tell(begun);
    for (let at = first + 1; at < end;) {
      const found = needle === undefined ? at : chunk.subarray(0, end).indexOf(needle, at);
      if (found < 0) return;
      const lineEnd = chunk.indexOf(newline, found);
      this.#tell(chunk.subarray(Math.max(at, chunk.lastIndexOf(newline, found - 1) + 1), lineEnd));
      at = lineEnd + 1;
    }
  }

  #tell(bytes: Buffer): void {
    const line = bytes.toString('utf8');
    this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
  }
}
