/** Reads the journals of a run's consumers to their ends, and says why some cannot be relied on. */
import { messageOf } from '../../errors.ts';
import { storeName } from '../../stores/engines.ts';
import type { Manifest, RunFolder } from '../run-folder.ts';
import { checkSeal, hasSeal } from '../seal.ts';
import { journalFileName, journalFilePattern } from './journal-format.ts';
import {
  JournalReader,
  readJournalOpening,
  type JournalEntry,
  type JournalSummary,
} from './journal-reader.ts';

/** A run, and the store whose journals are wanted. */
export interface JournaledStore {
  folder: RunFolder;
  manifest: Manifest;
  storeLocation: string;
}

export interface JournalFile {
  number: number;
  path: string;
  /** The journal was read to its end, and nothing is missing from it. */
  isIntact: boolean;
}

/** The journals for this store and topic, and why other journals cannot be relied on. */
export async function journalsOf({
  folder,
  manifest,
  storeLocation,
}: JournaledStore): Promise<{ journals: JournalFile[]; problems: string[] }> {
  const numbers = folder
    .list(journalFilePattern)
    .map((name) => Number(journalFilePattern.exec(name)![1]))
    .sort((a, b) => a - b);
  const store = storeName(storeLocation, folder.path);
  const journals: JournalFile[] = [];
  const problems: string[] = [];
  // Journals are numbered in the order of their creation, and the folder notes how many there were.
  const made = Math.max(numbers.at(-1) ?? 0, folder.journalsMade());
  if (made !== numbers.length) {
    problems.push(`of ${made} journals only ${numbers.length} ${numbers.length === 1 ? 'is' : 'are'} there`);
  }
  for (const number of numbers) {
    const name = journalFileName(number);
    const path = folder.file(name);
    try {
      if ((await checkSeal(path)) === 'broken') {
        problems.push(`${name} was changed after it was sealed`);
        continue;
      }
      const opening = readJournalOpening(path);
      if (opening !== undefined && opening.run !== manifest.id) problems.push(`${name} is of another run`);
      else if (opening === undefined || (opening.topicId === manifest.topicId && opening.store === store))
        journals.push({ number, path, isIntact: false });
    } catch (error) {
      problems.push(`${name} cannot be read: ${messageOf(error)}`);
    }
  }
  return { journals, problems };
}

/** Yields the entries of one journal after another. Calls `report` after each journal that cannot be relied on. */
export function* entriesOf(
  journals: readonly JournalFile[],
  report: (problem: string) => void,
): Generator<{ journal: JournalFile; entry: JournalEntry; categories: readonly string[] }> {
  for (const journal of journals) {
    const reader = new JournalReader(journal.path);
    const { summary } = reader;
    try {
      for (const entry of reader.entries()) {
        yield { journal, entry, categories: summary.opening!.categories };
      }
    } catch (error) {
      summary.damage = messageOf(error);
    }
    const problem = problemOf(summary, hasSeal(journal.path));
    if (problem !== undefined) report(`${journalFileName(journal.number)}: ${problem}`);
    journal.isIntact = problem === undefined && !summary.torn;
  }
}

function problemOf(
  { damage, overflowed, torn, closed }: JournalSummary,
  isSealed: boolean,
): string | undefined {
  if (damage !== undefined) return damage;
  if (overflowed) return 'it reached the limit of its size';
  // A consumer seals what it has closed.
  return isSealed && (torn || !closed) ? 'it was sealed, and has no end' : undefined;
}
