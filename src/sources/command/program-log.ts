/** What the programs of a source print beside the protocol: in a file up to a limit, and its last lines for errors. */
import { closeSync, openSync, writeSync } from 'node:fs';

const fileBytesMax = 16 * 1024 * 1024;
const linesKept = 20;
const lineLettersMax = 2_000;

export class ProgramLog {
  readonly #path: string;
  readonly #file: number;
  readonly #lastLines: string[] = [];
  #bytes = 0;
  #isOpen = true;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'a', 0o600);
  }

  /** `from`: who printed it, if there are several. */
  note(line: string, from: string): void {
    const short = `${from}${line.slice(0, lineLettersMax)}`;
    if (this.#lastLines.push(short) > linesKept) this.#lastLines.shift();
    if (this.#bytes > fileBytesMax || !this.#isOpen) return;
    this.#bytes += Buffer.byteLength(short) + 1;
    writeSync(this.#file, `${this.#bytes > fileBytesMax ? 'The rest was left out.' : short}\n`);
  }

  /** For the hint of an error. */
  get tail(): string {
    return this.#lastLines.length === 0
      ? `It printed nothing. Its log is ${this.#path}.`
      : `Its last lines, of ${this.#path}:\n${this.#lastLines.join('\n')}`;
  }

  close(): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }
}
