import type { Messages } from '../evidence.ts';
import type { Place } from '../../workload/place.ts';
import type { Proof } from './proof.ts';
import { hasPlace, standsAtOneOf } from './trail.ts';
import type { Trails } from './trails.ts';

/**
 * Two acks of one offset may be the producer's mistake. But if a row of one message is at that offset, and the log has
 * the other message there and the first nowhere, Kafka has lost the first record. This may also have happened at other
 * offsets, whose acks did not arrive: rows of messages that the log no longer has show where.
 */
export function noteRewritten(messages: Messages, trails: Trails, { partitions, logWhole }: Proof): void {
  if (!logWhole || partitions.all.every(({ contested }) => contested.size === 0)) return;
  const stored: Place[] = [];
  const standing = new Set<string>();
  for (let message = 0; message < messages.count; message++) {
    const { acks, records, rows } = trails.trail(message);
    if (records.length === 0) {
      for (const { partition, offset } of rows.filter(hasPlace))
        partitions.of(partition).outlived.add(offset);
    }
    for (const ack of acks) {
      if (!partitions.of(ack.partition).contested.has(ack.offset)) continue;
      if (standsAtOneOf(ack, records)) standing.add(placeOf(ack));
      else if (records.length === 0 && standsAtOneOf(ack, rows)) stored.push(ack);
    }
  }
  for (const place of stored) {
    if (standing.has(placeOf(place))) partitions.of(place.partition).isRewritten = true;
  }
}

const placeOf = ({ partition, offset }: Place): string => `${partition}:${offset}`;
