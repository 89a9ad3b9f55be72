/**
 * A store that notes every batch in the consumer's journal: as delivered before the store gets it, as written once the
 * commit has returned. The journal never weakens the store's promise: the consumer waits while the disk is full, and a
 * journal that cannot be written stops the consumer before the batch is stored, or after it was stored completely.
 */
import { messageOf, unavailableError } from '../../errors.ts';
import { rowCodes, type OffsetRange } from '../../run-folder/journal/journal-format.ts';
import type { JournalWriter, WrittenRows } from '../../run-folder/journal/journal-writer.ts';
import {
  FencedError,
  StoreOutageError,
  type Advance,
  type RowBatch,
  type Store,
} from '../../stores/store.ts';
import { patiently, type Patience } from './retry-through-outage.ts';

export interface Journaling {
  journal: JournalWriter;
  /** Rows of other runs are not noted. */
  run: string;
  /** The number of categories. */
  categories: number;
  patience: Patience;
}

/** Errors of the system that pass once a user makes room on the disk. */
const noRoom = new Set<string | undefined>(['ENOSPC', 'EDQUOT', 'EFBIG']);

export function journaledStore(store: Store, { journal, run, categories, patience }: Journaling): Store {
  const note = async (action: () => void): Promise<void> => {
    await patiently(async () => noteIn(journal, action), patience, 'The journal');
  };
  return {
    claim: (topic, begin) => store.claim(topic, begin),
    offsets: (topicId) => store.offsets(topicId),
    close: () => store.close(),
    write: async (topicId, batch, advances) => {
      const ranges = rangesOf(advances.filter(({ isGap }) => isGap !== true));
      const gaps = rangesOf(advances.filter(({ isGap }) => isGap === true));
      // Before the store advances: otherwise, a consumer that is killed in between leaves offsets unexplained.
      if (gaps.length > 0) await note(() => journal.skipped(gaps));
      await note(() => journal.delivered(ranges, countsOf(batch, run, categories)));
      try {
        await store.write(topicId, batch, advances);
      } catch (error) {
        if (error instanceof FencedError && !error.isInDoubt) {
          await note(() => journal.refused(ranges));
        }
        throw error;
      }
      await note(() => journal.written(ranges, rowsOf(batch, run)));
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

/** The journal takes an entry completely or not at all, so the action may be retried. */
function noteIn(journal: JournalWriter, action: () => void): void {
  try {
    action();
  } catch (error) {
    const problem = `The journal ${journal.path} cannot be written: ${messageOf(error)}`;
    if (noRoom.has((error as NodeJS.ErrnoException).code)) {
      throw new StoreOutageError(problem, 'Make room on the disk.', error);
    }
    throw unavailableError(problem, { cause: error, hint: 'Consume again: nothing was lost.' });
  }
}
