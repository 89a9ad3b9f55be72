import { jsonFrameOf, nothingRead, readFrames, splitTime, type FrameState } from '../frames.ts';
import { isOffset, isPartition } from '../../workload/place.ts';
import {
  entryTypes,
  journalFormat,
  journalOpeningSchema,
  rangeBytes,
  spanHeaderBytes,
  type JournalOpening,
  type OffsetRange,
  type WrittenSpan,
} from './journal-format.ts';

/** What a journal says about one fetched batch, and when: ms since the epoch, null in a journal of format 1. */
export type JournalEntry = Said & { timeMs: number | null };

type Said =
  | {
      type: 'delivered';
      ranges: OffsetRange[];
      epoch: number;
      /** Rows by category, dead letters last; empty if the consumer did not count them. */
      rows: number[];
    }
  | { type: 'written'; ranges: OffsetRange[]; spans: WrittenSpan[] }
  | { type: 'refused'; ranges: OffsetRange[] }
  | { type: 'skipped'; ranges: OffsetRange[] };

/** The formats whose frames have no time, and whose frames do not count deliveries. */
const untimedFormat = 1;
const uncountedFormat = 2;
const unskippedFormat = 3;

/** What is known about a journal once it has been read to its end. */
export interface JournalSummary extends FrameState {
  opening?: JournalOpening;
  /** The consumer ended in order. */
  closed: boolean;
  /** The journal reached its size limit: it has nothing of what came later. */
  overflowed: boolean;
}

/** Reads one journal, a frame at a time. `summary` is filled while it reads. */
export class JournalReader {
  readonly summary: JournalSummary = { ...nothingRead(), closed: false, overflowed: false };
  readonly #path: string;
  #format = journalFormat;

  constructor(path: string) {
    this.#path = path;
  }

  *entries(): Generator<JournalEntry> {
    for (const body of readFrames(this.#path, this.summary)) {
      const entry = this.#take(body);
      if (typeof entry === 'object') yield entry;
      if (typeof entry !== 'string') continue;
      this.summary.damage = entry;
      return;
    }
  }

  /** Reads a frame; returns a sentence if the frame is impossible. */
  #take(body: Buffer): JournalEntry | string | undefined {
    const type = body.readUInt8(0);
    const { summary } = this;
    if ((summary.opening === undefined) !== (type === entryTypes.opening)) {
      return 'its opening is missing or doubled';
    }
    if (summary.closed) return 'it goes on after its end';
    if (summary.overflowed && type !== entryTypes.closing) return 'it goes on after it overflowed';
    if (type === entryTypes.opening) {
      const opened = jsonFrameOf(body, journalOpeningSchema);
      if (opened === undefined) return 'its opening cannot be read';
      const { format, ...opening } = opened;
      if (![journalFormat, unskippedFormat, uncountedFormat, untimedFormat].includes(format))
        return `its format ${format} is not known`;
      this.#format = format;
      summary.opening = opening;
      return undefined;
    }
    if (type === entryTypes.overflow) summary.overflowed = true;
    else if (type === entryTypes.closing) summary.closed = true;
    else return this.#entryOf(type, body) ?? 'an entry in it is malformed';
    return undefined;
  }

  #entryOf(type: number, timed: Buffer): JournalEntry | undefined {
    const { body, timeMs } = splitTime(timed, this.#format !== untimedFormat);
    const said = saidIn(type, body, this.#format > uncountedFormat);
    return said && { ...said, timeMs };
  }
}

/** The opening, which names the journal's writer; undefined if it was not written whole. */
export function readJournalOpening(path: string): JournalOpening | undefined {
  const [first] = readFrames(path, nothingRead());
  return first?.readUInt8(0) === entryTypes.opening ? jsonFrameOf(first, journalOpeningSchema) : undefined;
}

function saidIn(type: number, body: Buffer, isCounted: boolean): Said | undefined {
  if (type === entryTypes.delivered && body.length >= 5) return deliveredOf(body, isCounted);
  if (type === entryTypes.refused || type === entryTypes.skipped) {
    const ranges = rangesOf(body, 1, body.length);
    return (
      ranges && (type === entryTypes.refused ? { type: 'refused', ranges } : { type: 'skipped', ranges })
    );
  }
  return type === entryTypes.written && body.length >= 5 ? writtenOf(body) : undefined;
}

function deliveredOf(body: Buffer, isCounted: boolean): Said | undefined {
  const codes = isCounted && body.length >= 7 ? body.readUInt16LE(5) : 0;
  const start = isCounted ? 7 + codes * 4 : 5;
  const ranges = rangesOf(body, start, body.length);
  const rows = Array.from({ length: ranges === undefined ? 0 : codes }, (_, code) =>
    body.readUInt32LE(7 + code * 4),
  );
  return ranges && { type: 'delivered', ranges, epoch: body.readInt32LE(1), rows };
}

function writtenOf(body: Buffer): Said | undefined {
  const rangesEnd = 5 + body.readUInt32LE(1) * rangeBytes;
  const ranges = rangesOf(body, 5, rangesEnd);
  if (ranges === undefined) return undefined;
  const spans: WrittenSpan[] = [];
  let at = rangesEnd;
  while (at + spanHeaderBytes <= body.length) {
    const end = at + spanHeaderBytes + body.readUInt32LE(at + 12);
    if (end > body.length) return undefined;
    const codes = body.subarray(at + spanHeaderBytes, end);
    const span = { partition: body.readUInt32LE(at), first: body.readDoubleLE(at + 4), codes };
    if (!isRange(span.partition, span.first, span.first + codes.length)) return undefined;
    spans.push(span);
    at = end;
  }
  return at === body.length ? { type: 'written', ranges, spans } : undefined;
}

function rangesOf(body: Buffer, start: number, end: number): OffsetRange[] | undefined {
  if (start > end || end > body.length || (end - start) % rangeBytes !== 0) return undefined;
  const ranges: OffsetRange[] = [];
  for (let at = start; at < end; at += rangeBytes) {
    const partition = body.readUInt32LE(at);
    const [first, last] = [body.readDoubleLE(at + 4), body.readDoubleLE(at + 12)];
    if (!isRange(partition, first, last)) return undefined;
    ranges.push({ partition, first, end: last });
  }
  return ranges;
}

const isRange = (partition: number, first: number, end: number): boolean =>
  isPartition(partition) && isOffset(first) && isOffset(end) && first <= end;
