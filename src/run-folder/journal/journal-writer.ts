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

/** Rows as they went to the store, in columns and in any order. `code` as the format has it. */
export interface WrittenRows {
  /** The columns may be longer. */
  count: number;
  partition: ArrayLike<number>;
  offset: ArrayLike<number>;
  code: ArrayLike<number>;
}

const overflowBytes = frameHeaderBytes + 1;
/** A hole between two rows costs its bytes; beyond this, another span is shorter. */
const holeMax = spanHeaderBytes;

/** Opens a journal of its own for this process, whatever journals are there. */
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

/** Appends to a journal. Every method returns when `write` has; a full disk is thrown as it comes. */
export class JournalWriter {
  readonly path: string;
  readonly #frames: FrameWriter;
  readonly #bytesMax: number;
  #epoch = 0;
  #isFull = false;

  /** Creates the file; throws EEXIST where there is one already. */
  constructor(path: string, opening: JournalOpening, bytesMax = journalBytesMax) {
    this.path = path;
    this.#bytesMax = bytesMax;
    this.#frames = new FrameWriter(path);
    const frame = { format: journalFormat, ...opening };
    namingFile(path, () => this.#frames.appendJson(entryTypes.opening, frame));
  }

  /** The group's generation under which all is delivered from now on. */
  beginEpoch(epoch: number): void {
    this.#epoch = epoch;
  }

  /** To be called before anything of these ranges goes to the store. `rows`: by category, dead letters last. */
  delivered(ranges: readonly OffsetRange[], rows: ArrayLike<number> = []): void {
    const rangesAt = 1 + 4 + 2 + rows.length * 4;
    const body = Buffer.allocUnsafe(rangesAt + ranges.length * rangeBytes + frameTimeBytes);
    body.writeUInt8(entryTypes.delivered, 0);
    body.writeInt32LE(this.#epoch, 1);
    body.writeUInt16LE(rows.length, 5);
    for (let code = 0; code < rows.length; code++) body.writeUInt32LE(rows[code]!, 7 + code * 4);
    this.#append(body, putRanges(body, rangesAt, ranges));
  }

  /** To be called once the commit of these ranges has returned, with all rows that were in it. */
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
    const body = Buffer.allocUnsafe(1 + ranges.length * rangeBytes + frameTimeBytes);
    body.writeUInt8(entryTypes.refused, 0);
    this.#append(body, putRanges(body, 1, ranges));
  }

  close(): void {
    try {
      this.#frames.append(Buffer.from([entryTypes.closing]));
    } finally {
      this.#frames.close();
    }
  }

  /** `end`: where the time belongs. */
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

/** Rows in spans: one after another where their offsets do, with small holes filled. */
function spansOf(rows: WrittenRows): WrittenSpan[] {
  const { count, partition, offset, code } = rows;
  const order = orderOf(rows);
  // A hole is filled only where a span's header would take more.
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

/** The order by position; undefined where the rows are in it, a partition after another, as most batches are. */
function orderOf({ count, partition, offset }: WrittenRows): number[] | undefined {
  const before = (a: number, b: number): number => partition[a]! - partition[b]! || offset[a]! - offset[b]!;
  let row = 1;
  while (row < count && before(row - 1, row) <= 0) row += 1;
  return row >= count ? undefined : Array.from({ length: count }, (_, index) => index).sort(before);
}
