/**
 * A window on bytes that arrive in chunks. A reader takes whole lines or records from it and says how far it came; what
 * is left is there again at the beginning, with more behind it.
 */
import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { OperationalError } from '../../errors.ts';
import type { Deadline } from '../../system/deadline.ts';

export const newline = 0x0a;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

export interface ByteSource {
  /** Chunks of any length. */
  stream: Readable;
  /** Why there was no byte within the deadline. */
  onTimeout: () => Error;
  /** What an error of the stream means. */
  onError: (error: unknown) => Error;
  /** Called once after the last byte. Throws if more should have come. */
  onEnd?: () => void;
}

export class ByteWindow {
  /** The bytes from `start` to `end` are there. All three change with `fill`. */
  bytes: Buffer = Buffer.allocUnsafeSlow(1 << 20);
  start = 0;
  end = 0;
  /** Nothing comes after `end`. */
  isLast = false;
  readonly #source: ByteSource;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #deadline: Deadline;
  #isFirst = true;

  /** `deadline` limits the time without any byte. */
  constructor(source: ByteSource, deadline: Deadline) {
    this.#source = source;
    this.#chunks = source.stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.#deadline = deadline;
  }

  /**
   * Passes over the bytes before `from`, and reads on. Returns false if there is nothing more. The reader limits what it
   * leaves in the window.
   */
  async fill(from: number): Promise<boolean> {
    if (this.isLast) return false;
    const rest = this.end - from;
    this.bytes.copyWithin(0, from, this.end);
    this.start = 0;
    this.end = rest;
    // What is left is read again: twice as much each time keeps the work in proportion to the bytes.
    do {
      const chunk = await this.#next();
      if (chunk === undefined) this.isLast = true;
      else this.#append(chunk);
    } while (!this.isLast && (this.end < rest * 2 || (this.#isFirst && this.end < byteOrderMark.length)));
    if (this.#isFirst && byteOrderMark.equals(this.bytes.subarray(0, Math.min(this.end, 3)))) this.start = 3;
    this.#isFirst = false;
    return true;
  }

  /** Ends the stream, also while it is waited for. */
  close(): void {
    this.#source.stream.destroy();
  }

  async #next(): Promise<Buffer | undefined> {
    const { onTimeout, onError, onEnd } = this.#source;
    this.#deadline.restart();
    try {
      const { done, value } = await this.#deadline.race(this.#chunks.next(), onTimeout);
      if (done !== true) return value;
    } catch (error) {
      throw error instanceof OperationalError ? error : onError(error);
    }
    onEnd?.();
    return undefined;
  }

  #append(chunk: Buffer): void {
    if (this.end + chunk.length > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.end + chunk.length));
      this.bytes.copy(larger, 0, 0, this.end);
      this.bytes = larger;
    }
    chunk.copy(this.bytes, this.end);
    this.end += chunk.length;
  }
}

/** Where the first line that is no UTF-8 begins, and how many lines are before it; undefined if all are. */
export function firstLineNotUtf8(
  bytes: Buffer,
  start: number,
  end: number,
): { at: number; lines: number } | undefined {
  if (isUtf8(bytes.subarray(start, end))) return undefined;
  let at = start;
  for (let lines = 0; ; lines++) {
    const found = bytes.indexOf(newline, at);
    const lineEnd = found < 0 || found >= end ? end : found + 1;
    if (!isUtf8(bytes.subarray(at, lineEnd))) return { at, lines };
    at = lineEnd;
  }
}
