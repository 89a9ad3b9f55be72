/**
 * The journal's format: a consumer's own record of what was handed to it and of what the store had taken
 * once the database's commit had returned. Frames (`frames.ts`), of which the first is the opening.
 * Little-endian. One journal for each consumer process: `journal-1.bin`, `journal-2.bin` and so on.
 *
 *   body   := type:u8 …
 *     1 opening    json:utf8               {"format":3,"run":…,"topicId":…,"store":…,"categories":[…],"pid":…}
 *     2 delivered  epoch:i32 codes:u16 rows:u32*codes range* time:f64
 *                                          these offsets were handed over; the rows are yet to be stored: so many
 *                                          of each category, and of dead letters last. No codes: nobody counted
 *     3 written    ranges:u32 range*ranges span* time:f64
 *                                          the commit of these offsets has returned; the spans say what was in it
 *     4 refused    range* time:f64         another consumer was there first: nothing of these was stored
 *     5 overflow                           the limit on the file's size: nothing was noted from here on
 *     6 closing                            the consumer ended in order
 *   range  := partition:u32 first:f64 end:f64                offsets first … end−1
 *   span   := partition:u32 first:f64 count:u32 code:u8*count
 *                                          what was written at the offsets first … first+count−1
 *   code   := an index into the opening's categories | 254 no row of the run | 255 a dead letter
 *
 * `time` is when the frame was written, in ms since the epoch by the consumer's clock: no verdict rests on it.
 * Format 2 did not count what was delivered; format 1 had no times either.
 *
 * `epoch` is the group's generation. An offset of a range that is in no span has no row of the run: a
 * marker, an aborted record, a record of others. A row may stand outside the ranges, or be one of two at an
 * offset: the journal notes what was handed to the store, right or wrong.
 *
 * A delivery that is neither written nor refused is in doubt: the consumer ended between the two, and its
 * commit may have been carried out.
 */
import { z } from 'zod';

export const journalFormat = 3;

/** No journal grows beyond this: some hundred million messages, fetched a hundred or more at a time. */
export const journalBytesMax = 1024 * 1024 * 1024;

export const entryTypes = {
  opening: 1,
  delivered: 2,
  written: 3,
  refused: 4,
  overflow: 5,
  closing: 6,
} as const;

/** Codes of a span that are no category. */
export const rowCodes = { noRow: 254, deadLetter: 255 } as const;

export const rangeBytes = 4 + 8 + 8;
export const spanHeaderBytes = 4 + 8 + 4;

export const journalOpeningSchema = z.object({
  format: z.int().min(0),
  run: z.string(),
  /** What the offsets mean something in. */
  topicId: z.string(),
  /** The store that was written to: its path as seen from the run's folder. */
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

/** What was written from an offset on, one code an offset. */
export interface WrittenSpan {
  partition: number;
  first: number;
  codes: Uint8Array;
}

export const journalFileName = (number: number): string => `journal-${number}.bin`;

export const journalFilePattern = /^journal-([1-9]\d{0,4})\.bin$/;
