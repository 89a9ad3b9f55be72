/** The bits in which `trails.ts` keeps what is known of a message. Of their combinations, fewer than 200 occur. */
import { outcomeCodes } from '../../run-folder/ledger/outcome.ts';

/** What is kept of every message. */
export const bits = {
  /** Of the outcomes, only the one that all attempts sum up to. */
  acked: 1,
  rejected: 2,
  unknown: 4,
  /** Acked by an ack that names no position: any one is right. */
  ackedAnywhere: 8,
  /** The position that is kept was named by an ack. */
  ackPosition: 16,
  /** A committed record was seen; of a plain message, it stands at the position that is kept. */
  logged: 32,
  crcOk: 64,
  contentTold: 128,
  keyTold: 256,
  /** One right row was seen, at the position that is kept, or without one. */
  stored: 512,
  rowWithoutPosition: 1024,
  unusual: 2048,
} as const;

export const attempted = bits.acked | bits.rejected | bits.unknown;
/** Only one of the three is kept. */
export const outcomeOfBits = [undefined, 'acked', 'rejected', undefined, 'unknown'] as const;
/** All is as it must be. */
export const exemplary = bits.acked | bits.ackPosition | bits.logged | bits.stored;
/** What is kept of an unusual message; its trail says the rest. */
export const keptOfUnusual = attempted | bits.ackedAnywhere | bits.logged | bits.unusual;

/** With one more attempt: an ack counts for more than a doubt, and that for more than a refusal. */
export function withOutcome(known: number, outcome: number): number {
  if (outcome === outcomeCodes.acked) return (known & ~attempted) | bits.acked;
  if (known & bits.acked) return known;
  if (outcome === outcomeCodes.unknown) return (known & ~attempted) | bits.unknown;
  return known & bits.unknown ? known : known | bits.rejected;
}
