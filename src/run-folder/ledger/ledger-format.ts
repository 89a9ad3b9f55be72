/**
 * The format of the ledger: a producer's own record of what it was about to send, and of the outcomes.
 * It consists of frames (`frames.ts`), of which the first is the opening. Little-endian.
 *
 *   body   := type:u8 …
 *     1 opening  json:utf8                {"format":3,"run":…,"producer":…,"session":…,"pid":…}
 *     2 intent   first:u32 count:u32 time:f64
 *                                         sequences first … first+count−1 are about to be sent
 *     3 outcome  outcome:u8 partition:i32 offset:f64 error:i16 count:u32 sequence:u32*count time:f64
 *                                         these were sent to one partition in one record batch; the i-th of
 *                                         them stands at offset+i. An offset of −1: the broker named no position
 *     4 closing  json:utf8                {"reason":"finished"|"stopped"|"fenced"}
 *     5 begin    transaction:u32 time:f64
 *                                         the intents from here on belong to this transaction
 *     6 end      transaction:u32 request:u8 time:f64
 *                                         its commit (0) or abort (1) is about to be requested
 *     7 ended    transaction:u32 end:u8 error:i16 time:f64
 *                                         how it ended: an index into `transactionEnds`
 *
 * `time` is when the frame was written, in ms since the epoch by the producer's clock: no verdict depends on it.
 * Format 2 had no transactions, and format 1 no times either; both were otherwise the same. A producer without
 * transactions writes none of their frames.
 *
 * A transaction has a number, by which the plan says whether it is to be committed. Transactions follow one another:
 * the outcomes of all messages of one come before its `end`. A session that begins within a transaction of the plan
 * begins a transaction of its own under the same number.
 *
 * An intent is written before any of its messages is sent: `write` has returned, so the intent survives the death of
 * the process, but not a loss of power. A frame cut short at the end of the file is a torn tail: its messages were
 * never sent (an intent), or their outcome is not known (an outcome). Any other damage means that the ledger cannot be
 * relied on.
 */
import { z } from 'zod';

export const ledgerFormat = 3;
/** The highest sequence that the format can hold. */
export const sequenceMax = 0xfffffffe;

export const frameTypes = {
  opening: 1,
  intent: 2,
  outcome: 3,
  closing: 4,
  begin: 5,
  end: 6,
  ended: 7,
} as const;

const count = z.int().min(0);
export const ledgerOpeningSchema = z.object({
  format: count,
  run: z.string(),
  producer: count,
  session: count,
  pid: count,
});
export type LedgerOpening = Omit<z.infer<typeof ledgerOpeningSchema>, 'format'>;

export const ledgerClosingSchema = z.object({ reason: z.enum(['finished', 'stopped', 'fenced']) });
export type ClosingReason = z.infer<typeof ledgerClosingSchema>['reason'];

export const intentBytes = 1 + 4 + 4;
export const outcomeHeaderBytes = 1 + 1 + 4 + 8 + 2 + 4;
export const beginBytes = 1 + 4;
export const endBytes = 1 + 4 + 1;
export const endedBytes = 1 + 4 + 1 + 2;

export const ledgerFileName = (producer: number, session: number): string =>
  `ledger-p${producer}-${session}.bin`;

export const ledgerFilePattern = /^ledger-p(0|[1-9]\d{0,4})-(0|[1-9]\d{0,4})\.bin$/;
