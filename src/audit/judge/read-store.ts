import { deadLetterCategory, type Evidence, type StoreBatch } from '../evidence.ts';
import { none, type Place } from '../../workload/place.ts';
import type { NamelessRow, Partition, Partitions } from './partitions.ts';
import { hasPlace, samePlace, judgedRow } from './trail.ts';
import type { Trails } from './trails.ts';

export interface StoreReading {
  /** Rows of this run, by category index. */
  byCategory: number[];
  deadLetters: number;
}

/**
 * Reads the store into the trails. Ledger and log must have been read before. Rows without a known message are joined
 * by position: first to a record at that place, then to a message that was acked there. A position has a meaning only
 * within one topic id.
 */
export async function readStore(
  evidence: Evidence,
  trails: Trails,
  partitions: Partitions,
): Promise<StoreReading> {
  const { store, categories, messages } = evidence;
  const reading: StoreReading = { byCategory: categories.map(() => 0), deadLetters: 0 };
  // If the journals account for everything, it does not matter which rows they know.
  const isInDoubt = evidence.deliveries !== undefined && !evidence.deliveries.whole;
  let nameless = 0;
  for await (const batch of store.batches()) {
    if (batch.key !== undefined && messages.expectedKey === undefined) {
      throw new Error('bug: rows have keys, but the evidence has no expected ones');
    }
    for (let row = 0; row < batch.count; row++) {
      if (isInDoubt) noteUndelivered(batch, row, partitions);
      const message = batch.message[row]!;
      const isKnown = message !== none && trails.isNamed(message);
      if (message !== none) count(reading, batch.category[row]!);
      if (isKnown) trails.addRow(batch, row);
      else if (keepNameless(batch, row, evidence, partitions)) nameless += 1;
      else if (message !== none) trails.addRow(batch, row);
    }
  }
  if (nameless > 0) joinNameless(evidence, trails, partitions, reading);
  return reading;
}

function noteUndelivered(batch: StoreBatch, index: number, partitions: Partitions): void {
  const row = judgedRow(batch, index);
  if (!hasPlace(row)) return;
  const partition = partitions.of(row.partition);
  partition.hasUndeliveredRow ||= partition.delivered.timesAt(row.offset) === 0;
}

function count(reading: StoreReading, category: number): void {
  if (category === deadLetterCategory) reading.deadLetters += 1;
  else reading.byCategory[category]! += 1;
}

/**
 * Keeps a row without a message, or with a message that only the store knows, if it may belong to this run: a dead
 * letter, a row at the place of a message of the run, and a row beyond the log's end.
 */
function keepNameless(
  batch: StoreBatch,
  index: number,
  { log, root }: Evidence,
  partitions: Partitions,
): boolean {
  const row = judgedRow(batch, index);
  if (!hasPlace(row)) return false;
  const { acked, recorded, namelessRows, end } = partitions.of(row.partition);
  const stranger = batch.message[index] === none ? undefined : batch.message[index];
  if (root === 'log' && stranger !== undefined) return false;
  const isTaken = acked.has(row.offset) || recorded.has(row.offset);
  const isBeyond = log.isFinal !== false && end !== undefined && row.offset >= end;
  const isLetter = row.category === deadLetterCategory;
  if (!isTaken && (stranger !== undefined || (!isLetter && !isBeyond))) return false;
  // A dead letter may lack an id; if it has one, it must be its message's.
  row.foreignLooking = !isLetter || stranger !== undefined;
  const known = namelessRows.get(row.offset);
  if (known === undefined) namelessRows.set(row.offset, [{ row, stranger, isTaken: false }]);
  else known.push({ row, stranger, isTaken: false });
  return true;
}

/**
 * Joins rows without a known message to the messages whose records are at their place; if the log has none there, to
 * those that were acked there. A row with a stranger's id is joined only if the message has no other row there. If the
 * topic was recreated, any producer's record may have been there: then rows are joined only to messages that must be
 * dead letters.
 */
function joinNameless(
  { messages, log: { topicRecreated = false } }: Evidence,
  trails: Trails,
  partitions: Partitions,
  reading: StoreReading,
): void {
  for (const hop of ['records', 'acks'] as const) {
    const joined: Place[] = [];
    for (let message = 0; message < messages.count; message++) {
      if (topicRecreated && messages.expectedCategory(message) !== deadLetterCategory) continue;
      for (const place of trails.trail(message)[hop]) {
        const rows = partitions.of(place.partition).namelessRows.get(place.offset);
        if (rows === undefined) continue;
        joined.push(place);
        // Rows without an id come first: a stranger's row is joined only if the message has no other row there.
        rows.sort((a, b) => (a.stranger ?? none) - (b.stranger ?? none));
        // Acks may name one place for two messages: a row belongs to one of them.
        for (const one of rows) if (hop === 'records' || !one.isTaken) join(one, message, place, trails);
      }
    }
    for (const { partition, offset } of joined) {
      const { namelessRows } = partitions.of(partition);
      for (const one of namelessRows.get(offset) ?? []) {
        if (one.stranger === undefined) count(reading, one.row.category);
        else if (!one.isTaken) trails.unusual(one.stranger).rows.push({ ...one.row, foreignLooking: false });
      }
      namelessRows.delete(offset);
    }
  }
  for (const partition of partitions.all) keepRest(partition, trails);
}

/** Rows that were not joined: a stranger's row stays the stranger's; beyond the log's end, there must be none. */
function keepRest({ namelessRows, beyondEnd, end }: Partition, trails: Trails): void {
  for (const [offset, rows] of namelessRows) {
    for (const { row, stranger } of rows) {
      if (stranger !== undefined) trails.unusual(stranger).rows.push({ ...row, foreignLooking: false });
      else if (end !== undefined && offset >= end) beyondEnd.set(offset, false);
    }
  }
  namelessRows.clear();
}

function join(nameless: NamelessRow, message: number, place: Place, trails: Trails): void {
  const { row, stranger } = nameless;
  const { rows } = trails.trail(message);
  if (rows.includes(row)) return;
  // A row without a place may belong there.
  const hasOther = rows.some((other) => !hasPlace(other) || samePlace(other, place));
  if (stranger !== undefined && hasOther) return;
  trails.unusual(message).rows.push(row);
  nameless.isTaken = true;
}
