import { rowCodes, type WrittenSpan } from '../run-folder/journal/journal-format.ts';
import { JournalReader, type JournalEntry } from '../run-folder/journal/journal-reader.ts';
import { raise, type Tally } from './tally.ts';

/** Reads one journal as it grows. */
export class JournalWatch {
  readonly #reader: JournalReader;

  constructor(path: string) {
    this.#reader = new JournalReader(path);
  }

  /** The categories of the journal. */
  get names(): readonly string[] {
    return this.#reader.summary.opening?.categories ?? [];
  }

  /** Adds the entries since the last look. Stops at damage, which the audit reports. */
  look(tally: Tally): void {
    for (const entry of this.#reader.entries()) this.#add(entry, tally);
  }

  #add(entry: JournalEntry, tally: Tally): void {
    const { names } = this;
    const { timeMs } = entry;
    if (entry.type === 'refused') {
      tally.refusedWrites += 1;
    } else if (entry.type === 'delivered') {
      tally.addEpoch(entry.epoch, timeMs);
      tally.add('consumed', sum(entry.rows), timeMs, entry.rows, names);
    } else if (entry.type === 'skipped') {
      for (const { partition, end } of entry.ranges) raise(tally.storedEnds, partition, end);
    } else {
      const rows = rowsOf(entry.spans, names.length);
      tally.add('stored', sum(rows), timeMs, rows, names);
      for (const { partition, end } of entry.ranges) raise(tally.storedEnds, partition, end);
    }
  }
}

/** Counts rows by category, dead letters last. */
function rowsOf(spans: readonly WrittenSpan[], categories: number): Uint32Array {
  const byCode = new Uint32Array(256);
  for (const { codes } of spans) for (const code of codes) byCode[code]! += 1;
  const rows = new Uint32Array(categories + 1);
  rows.set(byCode.subarray(0, categories));
  rows[categories] = byCode[rowCodes.deadLetter]!;
  return rows;
}

const sum = (counts: ArrayLike<number>): number => Array.from(counts).reduce((all, count) => all + count, 0);
