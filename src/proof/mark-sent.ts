/** Finds out which messages with an unknown outcome were sent: those that a destination has. */
import { indexOf } from '../check/facts/bucket-index.ts';
import type { HopFiles } from '../check/facts/fact-files.ts';
import { factFlags } from '../check/facts/fact-format.ts';
import { none } from '../workload/place.ts';

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
