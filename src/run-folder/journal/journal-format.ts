/**
 * The format of the journal: a consumer's own record of what was delivered to it and, once the database's commit had
 * returned, of what was stored. It has positions, not ids or contents, so it costs about a byte for each message and
 * some hundred for each fetched batch. It consists of frames (`frames.ts`); the first is the opening.
 * Little-endian. Each consumer process has one journal: `journal-1.bin`, `journal-2.bin` and so on. If a number is
 * missing, a journal was deleted.
 *
 *   body   := type:u8 …
 *     1 opening    json:utf8               {"format":4,"run":…,"topicId":…,"store":…,"categories":[…],"pid":…}
 *     2 delivered  epoch:i32 codes:u16 rows:u32*codes range* time:f64
 *                                          these offsets were handed over; the rows are not stored yet. `rows`:
 *                                          how many of each category, dead letters last. No codes: not counted
 *     3 written    ranges:u32 range*ranges span* time:f64
 *                                          the commit of these offsets has returned; the spans say what was in it
 *     4 refused    range* time:f64         another consumer was first: nothing of these was stored
 *     5 overflow                           the file reached its size limit: nothing was noted after this
 *     6 closing                            the consumer ended in order
 *     7 skipped    range* time:f64         retention had removed these offsets: nothing of them was handed over
 *   range  := partition:u32 first:f64 end:f64                offsets first … end−1
 *   span   := partition:u32 first:f64 count:u32 code:u8*count
 *                                          what was written at the offsets first … first+count−1
 *   code   := an index into the opening's categories | 254 no row of the run | 255 a dead letter
 *
 * `time` is when the frame was written, in ms since the epoch by the consumer's clock: no verdict depends on it.
 * Format 3 had no skipped offsets; format 2 did not count deliveries; format 1 had no times either.
 *
 * `epoch` is the group's generation. An offset of a range that is in no span has no row of the run: it is a
 * marker, an aborted record or a record of another program. A row may stand outside the ranges, or be one of two at
 * an offset: the journal notes what was handed to the store, right or wrong.
 *
 * A delivery that is neither written nor refused is in doubt: the consumer ended between the two, and its
 * commit may have been carried out.
 */
import { z } from 'zod';

export const journalFormat = 4;

/** The size limit of a journal: enough for some hundred million messages, fetched a hundred or more at a time. */
export const journalBytesMax = 1024 * 1024 * 1024;

export const entryTypes = {
  opening: 1,
  delivered: 2,
  written: 3,
  refused: 4,
  overflow: 5,
  closing: 6,
  skipped: 7,
} as const;

/** Codes of a span that do not stand for a category. */
export const rowCodes = { noRow: 254, deadLetter: 255 } as const;

export const rangeBytes = 4 + 8 + 8;
export const spanHeaderBytes = 4 + 8 + 4;

export const journalOpeningSchema = z.object({
  format: z.int().min(0),
  run: z.string(),
  /** The topic in which the offsets have a meaning. */
  topicId: z.string(),
  /** The store that was written to: its path relative to the run's folder, which may be moved. */
  store: z.string(),
  categories: z.array(z.string()),
  pid: z.int().min(0),
});
export type JournalOpening = Readonly<Omit<z.infer<typeof journalOpeningSchema>, 'format' | 'categories'>> & {
  readonly categories: readonly string[];
};

/** Offsets `first` to `end − 1`. */
export interface OffsetRange {
  partition: number;
  first: number;
  end: number;
}

/** What was written from an offset on, one code for each offset. */
export interface WrittenSpan {
  partition: number;
  first: number;
  codes: Uint8Array;
}

export const journalFileName = (number: number): string => `journal-${number}.bin`;

export const journalFilePattern = /^journal-([1-9]\d{0,4})\.bin$/;
