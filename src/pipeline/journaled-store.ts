/**
 * A store whose every batch is noted in the consumer's journal: as delivered before the store sees it, as
 * written once the commit has returned. The journal is never in the way of the store's own promise: one
 * that cannot be written stops the consumer before the batch is stored, or after it was stored whole.
 */
import { messageOf, unavailableError } from '../errors.ts';
import { rowCodes, type OffsetRange } from '../journal/journal-format.ts';
import type { JournalWriter, WrittenRows } from '../journal/journal-writer.ts';
import { FencedError, type Advance, type RowBatch, type Store } from '../stores/store.ts';

/** `run`: rows of other runs are not noted. `categories`: how many there are. */
export function journaledStore(store: Store, journal: JournalWriter, run: string, categories: number): Store {
  return {
    claim: (topic, begin) => store.claim(topic, begin),
    offsets: (topicId) => store.offsets(topicId),
    close: () => store.close(),
    write: async (topicId, batch, advances) => {
      const ranges = rangesOf(advances);
      note(journal, () => journal.delivered(ranges, countsOf(batch, run, categories)));
      try {
        await store.write(topicId, batch, advances);
      } catch (error) {
        if (error instanceof FencedError && !error.isInDoubt) {
          note(journal, () => journal.refused(ranges));
        }
        throw error;
      }
      note(journal, () => journal.written(ranges, rowsOf(batch, run)));
    },
  };
}

const rangesOf = (advances: readonly Advance[]): OffsetRange[] =>
  advances.map(({ partition, from, next }) => ({ partition, first: from, end: next }));

function rowsOf(batch: RowBatch, run: string): WrittenRows {
  const partition = new Int32Array(batch.size);
  const offset = new Float64Array(batch.size);
  const code = new Uint8Array(batch.size);
  let count = 0;
  const add = (ofPartition: number, atOffset: number, rowCode: number): void => {
    partition[count] = ofPartition;
    offset[count] = atOffset;
    code[count++] = rowCode;
  };
  for (let row = 0; row < batch.count; row++) {
    if (batch.textAt(batch.run[row]!) !== run) continue;
    add(batch.partition[row]!, batch.offset[row]!, batch.category[row]!);
  }
  for (const letter of batch.deadLetters) add(letter.partition, letter.offset, rowCodes.deadLetter);
  return { count, partition, offset, code };
}

/** Rows of the run by category, dead letters last. */
function countsOf(batch: RowBatch, run: string, categories: number): Uint32Array {
  const counts = new Uint32Array(categories + 1);
  for (let row = 0; row < batch.count; row++) {
    if (batch.textAt(batch.run[row]!) === run) counts[batch.category[row]!]! += 1;
  }
  counts[categories] = batch.deadLetters.length;
  return counts;
}

function note(journal: JournalWriter, action: () => void): void {
  try {
    action();
  } catch (error) {
    throw unavailableError(`The journal ${journal.path} cannot be written: ${messageOf(error)}`, {
      cause: error,
      hint: 'Make room on the disk, then consume again: nothing was lost.',
    });
  }
}
