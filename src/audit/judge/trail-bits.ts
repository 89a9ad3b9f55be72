/** The bits in which `trails.ts` keeps a message's facts. Fewer than 200 of their combinations occur. */
import { outcomeCodes } from '../../run-folder/ledger/outcome.ts';

/** The bits of each message. */
export const bits = {
  /** Only one outcome is set: the one that sums up all attempts. */
  acked: 1,
  rejected: 2,
  unknown: 4,
  /** Acked without a position: any position is right. */
  ackedAnywhere: 8,
  /** The kept position was named by an ack. */
  ackPosition: 16,
  /** A committed record was seen; if the message is plain, at the kept position. */
  logged: 32,
  crcOk: 64,
  contentTold: 128,
  keyTold: 256,
  /** One correct row was seen, at the kept position, or without a position. */
  stored: 512,
  rowWithoutPosition: 1024,
  unusual: 2048,
} as const;

export const attempted = bits.acked | bits.rejected | bits.unknown;
/** The outcome of each value of the three bits, of which only one is set. */
export const outcomeOfBits = [undefined, 'acked', 'rejected', undefined, 'unknown'] as const;
/** The bits of a message without any defect. */
export const exemplary = bits.acked | bits.ackPosition | bits.logged | bits.stored;
/** The bits that an unusual message keeps; its trail has the rest. */
export const keptOfUnusual = attempted | bits.ackedAnywhere | bits.logged | bits.unusual;

/** Adds an attempt: an ack takes precedence over an unknown outcome, and that over a rejection. */
export function withOutcome(known: number, outcome: number): number {
  if (outcome === outcomeCodes.acked) return (known & ~attempted) | bits.acked;
  if (known & bits.acked) return known;
  if (outcome === outcomeCodes.unknown) return (known & ~attempted) | bits.unknown;
  return known & bits.unknown ? known : known | bits.rejected;
}
