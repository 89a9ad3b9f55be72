import { deadLetterCategory, none, type Evidence, type StoreBatch } from '../history.ts';
import type { Partitions } from './partitions.ts';
import { hasPosition, storedRow, type Position } from './trail.ts';
import type { Trails } from './trails.ts';

export interface StoreReading {
  /** Rows of this run, by category index. */
  byCategory: number[];
  deadLetters: number;
}

/** Reads the store into the trails. Ledger and log must have been read before. */
export async function readStore(
  evidence: Evidence,
  trails: Trails,
  partitions: Partitions,
): Promise<StoreReading> {
  const { store, categories, messages } = evidence;
  const reading: StoreReading = { byCategory: categories.map(() => 0), deadLetters: 0 };
  // Where journals account for all, nobody asks which rows they know.
  const isInDoubt = evidence.deliveries !== undefined && !evidence.deliveries.whole;
  let nameless = 0;
  for await (const batch of store.batches()) {
    if (batch.key !== undefined && messages.expectedKey === undefined) {
      throw new Error('bug: rows tell their keys, and nobody knows which to expect');
    }
    for (let row = 0; row < batch.count; row++) {
      if (isInDoubt) noteUndelivered(batch, row, partitions);
      if (batch.message[row] !== none) {
        trails.addRow(batch, row);
        count(reading, batch.category[row]!);
      } else if (keepNameless(batch, row, partitions)) {
        nameless += 1;
      }
    }
  }
  if (nameless > 0) joinNameless(evidence, trails, partitions, reading);
  return reading;
}

function noteUndelivered(batch: StoreBatch, index: number, partitions: Partitions): void {
  const row = storedRow(batch, index);
  if (!hasPosition(row)) return;
  const partition = partitions.of(row.partition);
  partition.hasUndeliveredRow ||= partition.delivered.timesAt(row.offset) === 0;
}

function count(reading: StoreReading, category: number): void {
  if (category === deadLetterCategory) reading.deadLetters += 1;
  else reading.byCategory[category]! += 1;
}

/** Keeps a row without an id that may yet be of this run: a dead letter, or the row of a record that looks foreign. */
function keepNameless(batch: StoreBatch, index: number, partitions: Partitions): boolean {
  const row = storedRow(batch, index);
  if (!hasPosition(row)) return false;
  const { namelessRows, foreignLooking } = partitions.of(row.partition);
  if (row.category !== deadLetterCategory && !foreignLooking.has(row.offset)) return false;
  namelessRows.set(row.offset, [...(namelessRows.get(row.offset) ?? []), row]);
  return true;
}

/**
 * Gives rows without an id to the messages whose records stand where they say; where the log shows none, to
 * those that were acked there. Where the topic was made anew, what stood there may have been anybody's: then only
 * those have them that are to be dead letters.
 */
function joinNameless(
  { messages, log: { topicRecreated = false } }: Evidence,
  trails: Trails,
  partitions: Partitions,
  reading: StoreReading,
): void {
  for (const hop of ['records', 'acks'] as const) {
    const joined: Position[] = [];
    for (let message = 0; message < messages.count; message++) {
      if (topicRecreated && messages.expectedCategory(message) !== deadLetterCategory) continue;
      for (const place of trails.trail(message)[hop]) {
        const rows = partitions.of(place.partition).namelessRows.get(place.offset);
        if (rows === undefined) continue;
        joined.push(place);
        const known = trails.unusual(message).rows;
        known.push(...rows.filter((row) => !known.includes(row)));
      }
    }
    for (const { partition, offset } of joined) {
      const { namelessRows } = partitions.of(partition);
      for (const row of namelessRows.get(offset) ?? []) count(reading, row.category);
      namelessRows.delete(offset);
    }
  }
}
