/**
 * The log of a process, with a limit of its size: if there is more, the middle is left out. No error of the disk holds the
 * process up.
 */
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { printable } from '../text/printable.ts';

const defaultBytesMax = 64 * 1024 * 1024;
const copiedBytes = 1024 * 1024;
/** The end of the output is in memory, too. */
const endBytesMax = 16 * 1024;
const tailLines = 20;
const tailLineLetters = 500;

export class ProcessLog {
  readonly path: string;
  readonly #bytesMax: number;
  readonly #onProblem: (sentence: string) => void;
  #file: number | undefined;
  #size = 0;
  /** Once the middle is left out: what comes before it. */
  #headBytes: number | undefined;
  /** Of the marker that then follows the head. */
  #markerBytes = 0;
  #leftOut = 0;
  #end: Buffer = Buffer.alloc(0);

  /** Makes the file. Throws the system's error if that fails. */
  constructor(path: string, onProblem: (sentence: string) => void, bytesMax = defaultBytesMax) {
    this.path = path;
    this.#onProblem = onProblem;
    this.#bytesMax = bytesMax;
    this.#file = openSync(path, 'wx+', 0o600);
  }

  write(bytes: Buffer): void {
    const newest = bytes.subarray(-endBytesMax);
    this.#end = Buffer.concat([this.#end, newest]).subarray(-endBytesMax);
    if (this.#file === undefined) return;
    try {
      this.#append(bytes, this.#file);
    } catch (error) {
      // The disk may be full. The process goes on, and its errors still have the end of its output.
      this.#onProblem(`${this.path} is not written any more: ${messageOf(error)}`);
      this.close();
    }
  }

  /** The last lines, without characters that a terminal obeys. */
  tail(): string {
    return this.#end
      .toString('utf8')
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '')
      .slice(-tailLines)
      .map((line) => printable(line.slice(-tailLineLetters)))
      .join('\n');
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #append(bytes: Buffer, file: number): void {
    let rest = bytes;
    if (this.#size + rest.length > this.#bytesMax) {
      const keptMax = Math.floor(this.#bytesMax / 4);
      const skipped = Math.max(0, rest.length - keptMax);
      this.#leaveOutMiddle(file, keptMax, skipped);
      rest = rest.subarray(skipped);
    }
    writeAll(file, rest, this.#size);
    this.#size += rest.length;
  }

  /** Keeps the first half of the file, and moves its last bytes there. */
  #leaveOutMiddle(file: number, keptMax: number, skipped: number): void {
    const head = (this.#headBytes ??= Math.min(Math.floor(this.#bytesMax / 2), this.#size));
    // If part of what comes is skipped, then so is all between it and the head.
    const from = skipped > 0 ? this.#size : Math.max(head + this.#markerBytes, this.#size - keptMax);
    this.#leftOut += from - head - this.#markerBytes + skipped;
    const marker = Buffer.from(`\n… ${this.#leftOut} bytes are left out here …\n`);
    const kept = Buffer.alloc(this.#size - from);
    for (let at = 0; at < kept.length;) {
      const read = readSync(file, kept, at, Math.min(copiedBytes, kept.length - at), from + at);
      if (read === 0) break;
      at += read;
    }
    writeAll(file, marker, head);
    writeAll(file, kept, head + marker.length);
    this.#markerBytes = marker.length;
    this.#size = head + marker.length + kept.length;
    ftruncateSync(file, this.#size);
  }
}

function writeAll(file: number, bytes: Buffer, position: number): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, position + at);
}
