import { frameBytesMax, frameHeaderBytes, frameTimeBytes, FrameWriter } from '../frames.ts';
import { wallClockMs } from '../../system/wall-clock.ts';
import { namingFile } from '../../system/write-whole.ts';
import {
  entryTypes,
  journalBytesMax,
  journalFileName,
  journalFormat,
  rangeBytes,
  rowCodes,
  spanHeaderBytes,
  type JournalOpening,
  type OffsetRange,
  type WrittenSpan,
} from './journal-format.ts';

/** Rows that went to the store, in columns and in any order. `code` has the meaning that the format defines. */
export interface WrittenRows {
  /** The number of rows: the columns may be longer. */
  count: number;
  partition: ArrayLike<number>;
  offset: ArrayLike<number>;
  code: ArrayLike<number>;
}

const overflowBytes = frameHeaderBytes + 1;
/** A hole between two rows costs a byte for each offset; if it is longer than this, a new span is shorter. */
const holeMax = spanHeaderBytes;

/** Opens a new journal for this process, with the first number that is free. */
export function openJournal(
  pathOf: (name: string) => string,
  opening: JournalOpening,
  bytesMax = journalBytesMax,
): JournalWriter {
  for (let number = 1; ; number++) {
    try {
      return new JournalWriter(pathOf(journalFileName(number)), opening, bytesMax);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Appends to a journal. Each method returns after `write` has; the error of a full disk is thrown unchanged. */
export class JournalWriter {
  readonly path: string;
  readonly #frames: FrameWriter;
  readonly #bytesMax: number;
  #epoch = 0;
  #isFull = false;

  /** Creates the file; throws EEXIST if it exists already. */
  constructor(path: string, opening: JournalOpening, bytesMax = journalBytesMax) {
    this.path = path;
    this.#bytesMax = bytesMax;
    this.#frames = new FrameWriter(path);
    const frame = { format: journalFormat, ...opening };
    namingFile(path, () => this.#frames.appendJson(entryTypes.opening, frame));
  }

  /** Sets the group's generation of all later deliveries. */
  beginEpoch(epoch: number): void {
    this.#epoch = epoch;
  }

  /** To be called before any row of these ranges goes to the store. `rows`: by category, dead letters last. */
  delivered(ranges: readonly OffsetRange[], rows: ArrayLike<number> = []): void {
    const rangesAt = 1 + 4 + 2 + rows.length * 4;
    const body = Buffer.allocUnsafe(rangesAt + ranges.length * rangeBytes + frameTimeBytes);
    body.writeUInt8(entryTypes.delivered, 0);
    body.writeInt32LE(this.#epoch, 1);
    body.writeUInt16LE(rows.length, 5);
    for (let code = 0; code < rows.length; code++) body.writeUInt32LE(rows[code]!, 7 + code * 4);
    this.#append(body, putRanges(body, rangesAt, ranges));
  }

  /** To be called after the commit of these ranges has returned, with all rows that were in it. */
  written(ranges: readonly OffsetRange[], rows: WrittenRows): void {
    const spans = spansOf(rows);
    const spanBytes = spans.reduce((sum, { codes }) => sum + spanHeaderBytes + codes.length, 0);
    const body = Buffer.allocUnsafe(1 + 4 + ranges.length * rangeBytes + spanBytes + frameTimeBytes);
    body.writeUInt8(entryTypes.written, 0);
    body.writeUInt32LE(ranges.length, 1);
    let at = putRanges(body, 5, ranges);
    for (const { partition, first, codes } of spans) {
      body.writeUInt32LE(partition, at);
      body.writeDoubleLE(first, at + 4);
      body.writeUInt32LE(codes.length, at + 12);
      body.set(codes, at + spanHeaderBytes);
      at += spanHeaderBytes + codes.length;
    }
    this.#append(body, at);
  }

  /** Another consumer has advanced a partition: nothing of these ranges was stored. */
  refused(ranges: readonly OffsetRange[]): void {
    this.#note(entryTypes.refused, ranges);
  }

  /** Retention has removed these ranges: the consumer goes on behind them. */
  skipped(ranges: readonly OffsetRange[]): void {
    this.#note(entryTypes.skipped, ranges);
  }

  #note(type: number, ranges: readonly OffsetRange[]): void {
    const body = Buffer.allocUnsafe(1 + ranges.length * rangeBytes + frameTimeBytes);
    body.writeUInt8(type, 0);
    this.#append(body, putRanges(body, 1, ranges));
  }

  close(): void {
    try {
      this.#frames.append(Buffer.from([entryTypes.closing]));
    } finally {
      this.#frames.close();
    }
  }

  /** `end`: the position of the time in the body. */
  #append(body: Buffer, end: number): void {
    if (this.#isFull) return;
    body.writeDoubleLE(wallClockMs(), end);
    const bytesAfter = this.#frames.bytes + frameHeaderBytes + body.length;
    if (bytesAfter + overflowBytes <= this.#bytesMax && body.length <= frameBytesMax) {
      this.#frames.append(body);
      return;
    }
    this.#frames.append(Buffer.from([entryTypes.overflow]));
    this.#isFull = true;
  }
}

function putRanges(body: Buffer, start: number, ranges: readonly OffsetRange[]): number {
  let at = start;
  for (const { partition, first, end } of ranges) {
    body.writeUInt32LE(partition, at);
    body.writeDoubleLE(first, at + 4);
    body.writeDoubleLE(end, at + 12);
    at += rangeBytes;
  }
  return at;
}

/** Puts rows into spans of consecutive offsets; small holes are filled. */
function spansOf(rows: WrittenRows): WrittenSpan[] {
  const { count, partition, offset, code } = rows;
  const order = orderOf(rows);
  // A hole is filled only if a span's header would take more bytes.
  const codes = new Uint8Array(count * (1 + holeMax));
  const spans: WrittenSpan[] = [];
  let [spanPartition, first, start, end] = [-1, 0, 0, 0];
  const endSpan = (): void => {
    if (end > start) spans.push({ partition: spanPartition, first, codes: codes.subarray(start, end) });
  };
  for (let index = 0; index < count; index++) {
    const row = order?.[index] ?? index;
    const hole = partition[row] === spanPartition ? offset[row]! - first - (end - start) : -1;
    if (hole < 0 || hole > holeMax) {
      endSpan();
      [spanPartition, first, start] = [partition[row]!, offset[row]!, end];
    } else if (hole > 0) {
      codes.fill(rowCodes.noRow, end, end + hole);
      end += hole;
    }
    codes[end++] = code[row]!;
  }
  endSpan();
  return spans;
}

/** The order of the rows by position; undefined if they are in that order already, like in most batches. */
function orderOf({ count, partition, offset }: WrittenRows): number[] | undefined {
  const before = (a: number, b: number): number => partition[a]! - partition[b]! || offset[a]! - offset[b]!;
  let row = 1;
  while (row < count && before(row - 1, row) <= 0) row += 1;
  return row >= count ? undefined : Array.from({ length: count }, (_, index) => index).sort(before);
}
