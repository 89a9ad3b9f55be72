/** Whether a process works on a run: `nodrop run` itself, or a producer or consumer that was started by hand. */
import { isAlive } from '../system/process-state.ts';
import { journalFilePattern } from './journal/journal-format.ts';
import { readJournalOpening } from './journal/journal-reader.ts';
import { leftoverProcess } from '../system/process-record.ts';
import { readLedgerOpening } from './ledger/ledger-reader.ts';
import { ledgersOf } from './ledger/ledgers.ts';
import type { RunFolder } from './run-folder.ts';
import { hasSeal } from './seal.ts';

export const isAtWork = async (folder: RunFolder): Promise<boolean> =>
  (await leftoverProcess(folder.path)) !== undefined || hasStagesAtWork(folder);

/** Whether a producer or a consumer works on the run, no matter whether a run or a user started it. */
export const hasStagesAtWork = (folder: RunFolder): boolean => isProduced(folder) || isConsumed(folder);

const isProduced = (folder: RunFolder): boolean =>
  ledgersOf(folder).some(({ path }) => !hasSeal(path) && isAlive(writerOf(path, readLedgerOpening)));

/**
 * A consumer has a journal once it has joined its group, and seals the journal when it ends. Before that, only its
 * pid in `consumer.json` shows it.
 */
function isConsumed(folder: RunFolder): boolean {
  const journals = folder
    .list(journalFilePattern)
    .map((name) => folder.file(name))
    .map((path) => ({ pid: writerOf(path, readJournalOpening), isSealed: hasSeal(path) }));
  const latest = folder.consumerPid();
  const isOpening = latest !== undefined && !journals.some(({ pid }) => pid === latest);
  return (isOpening && isAlive(latest)) || journals.some(({ pid, isSealed }) => !isSealed && isAlive(pid));
}

function writerOf(path: string, read: (path: string) => { pid: number } | undefined): number {
  try {
    return read(path)?.pid ?? 0;
  } catch {
    // A damaged file has no writer.
    return 0;
  }
}
