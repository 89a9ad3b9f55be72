import { logFlags, untold, type Evidence, type LogBatch } from '../evidence.ts';
import { none } from '../../workload/place.ts';
import { Order } from './order.ts';
import type { Partition, Partitions } from './partitions.ts';
import { differ, recordFlags } from './trail.ts';
import type { Trails } from './trails.ts';

export interface LogReading {
  /** Records of this run. */
  records: number;
  foreign: number;
  /** Offsets at which the log has two different records. */
  contradictions: number;
  /** Records at or beyond the ends up to which their partitions were read according to the scan. */
  beyondEnd: number;
  /** Messages out of order. */
  reordered: ReadonlySet<number>;
}

/** Reads the log into the trails. The ledger must have been read before. */
export function readLogHop(
  { log, messages, topics, root }: Evidence,
  trails: Trails,
  partitions: Partitions,
): LogReading {
  const order = new Order(log, topics);
  const last = new LastRows();
  const reading = { records: 0, foreign: 0, contradictions: 0, beyondEnd: 0, reordered: order.reordered };
  for (const batch of log.batches()) {
    for (let row = 0; row < batch.count; row++) {
      const message = batch.message[row]!;
      const partition = partitions.of(batch.partition[row]!);
      if (last.contradicts(batch, row)) reading.contradictions += 1;
      if (partition.range && batch.offset[row]! >= partition.range.end) reading.beyondEnd += 1;
      if (partition.range?.compacted) noteKey(partition, batch, row);
      // At an acked offset, a record that does not say which message it is can only be the acked message.
      const isNameless = message === none || (batch.flags[row]! & logFlags.nameless) !== 0;
      const isClaimed = isNameless && log.topicRecreated !== true && partition.acked.has(batch.offset[row]!);
      if (message !== none && !isClaimed) {
        // The order in which others sent their records is not known.
        if (root !== 'log' && trails.isKnown(message) && isSound(batch, row, trails)) {
          order.take(batch, row, !trails.isLogged(message));
        }
        trails.addRecord(batch, row);
        noteOccupant(partition, batch, row, trails);
        partition.countDeliveries(batch.offset[row]!);
        reading.records += 1;
      } else if (isClaimed) {
        noteForeignLooking(partition, batch, row);
        reading.records += 1;
      } else {
        reading.foreign += 1;
      }
    }
  }
  claimForeignLooking(messages.count, trails, partitions);
  return reading;
}

/** Committed and unchanged: a corrupted record may have a wrong key and sequence, too. */
function isSound({ message, content, key, flags }: LogBatch, row: number, trails: Trails): boolean {
  if (flags[row]! & (logFlags.aborted | logFlags.crcBad)) return false;
  const expected = trails.expectedBytes(message[row]!);
  return !differ(content[row]!, expected.content) && !differ(key[row]!, expected.key);
}

/** Notes a message that is not at its own acked offset. Nearly all messages are, and need no note. */
function noteOccupant(
  partition: Partition,
  { message, offset }: LogBatch,
  row: number,
  trails: Trails,
): void {
  if (!partition.acked.has(offset[row]!)) return partition.recorded.add(offset[row]!);
  if (!trails.isAckedAt(message[row]!, partition.number, offset[row]!)) partition.occupied.add(offset[row]!);
}

function noteKey(partition: Partition, { key, offset, flags }: LogBatch, row: number): void {
  if (key[row] !== untold && !(flags[row]! & logFlags.aborted)) {
    partition.lastOfKey.set(key[row]!, offset[row]!);
  }
}

function noteForeignLooking({ foreignLooking }: Partition, { offset, flags }: LogBatch, row: number): void {
  const known = foreignLooking.get(offset[row]!);
  if (known === undefined) foreignLooking.set(offset[row]!, [flags[row]!]);
  else known.push(flags[row]!);
}

/** A record that looks foreign at an acked offset is the acked message, corrupted. */
function claimForeignLooking(count: number, trails: Trails, partitions: Partitions): void {
  if (partitions.all.every(({ foreignLooking }) => foreignLooking.size === 0)) return;
  const bytes = { content: untold, key: untold, foreignLooking: true };
  for (let message = 0; message < count; message++) {
    for (const ack of trails.trail(message).acks) {
      for (const flags of partitions.of(ack.partition).foreignLooking.get(ack.offset) ?? []) {
        trails.unusual(message).records.push({ ...ack, ...bytes, ...recordFlags(flags) });
      }
    }
  }
}

/** The last row of each partition, to notice two different records at one offset. */
class LastRows {
  readonly #rows = new Map<number, { message: number; offset: number; content: number; flags: number }>();

  contradicts({ message, partition, offset, content, flags }: LogBatch, row: number): boolean {
    const last = this.#rows.get(partition[row]!) ?? {
      message: none,
      offset: none,
      content: untold,
      flags: 0,
    };
    const isSame =
      last.message === message[row] && last.content === content[row] && last.flags === flags[row];
    const isContradiction = last.offset === offset[row] && !isSame;
    if (offset[row]! < last.offset) throw new Error(`bug: the log's rows are out of order at ${offset[row]}`);
    last.message = message[row]!;
    last.offset = offset[row]!;
    last.content = content[row]!;
    last.flags = flags[row]!;
    this.#rows.set(partition[row]!, last);
    return isContradiction;
  }
}
