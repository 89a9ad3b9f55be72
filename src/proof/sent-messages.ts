/** Finds out which messages with an unknown outcome were sent: those that a destination has. */
import { indexOf } from '../check/facts/bucket-index.ts';
import type { HopFiles } from '../check/facts/fact-files.ts';
import { factFlags } from '../check/facts/fact-format.ts';
import { none } from '../workload/place.ts';

/** Something that reads a destination, and knows which messages it is to have. */
export interface SentAsked {
  readonly destination: { name: string; from?: string };
  noteSent(before: Uint8Array | undefined): Uint8Array;
}

/** Asks each destination after the one that feeds it. To be called after each look. */
export function noteSent(checks: readonly SentAsked[]): void {
  const sent = new Map<string, Uint8Array>();
  for (const check of checks) {
    const { name, from } = check.destination;
    sent.set(name, check.noteSent(from === undefined ? undefined : sent.get(from)));
  }
}

/** Sets `sent` to 1, by sequence, for the messages with an unknown outcome of which the look has a row. */
export function markSent(
  sent: Uint8Array,
  { made, look, buckets }: { made: HopFiles; look: HopFiles; buckets: number },
): void {
  for (let bucket = 0; bucket < buckets; bucket++) {
    const messages = made.read(bucket);
    const there = indexOf(look.read(bucket));
    for (let fact = 0; fact < messages.count; fact++) {
      const isDoubtful = (messages.flags(fact) & factFlags.doubtful) !== 0;
      if (isDoubtful && there.find(messages, fact) !== none) sent[messages.offset(fact)] = 1;
    }
  }
}
