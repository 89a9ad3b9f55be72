import { messageOf } from '../../errors.ts';
import { producerName } from '../../workload/workload.ts';
import type { RunFolder } from '../run-folder.ts';
import { checkSeal } from '../seal.ts';
import { ledgerFilePattern } from './ledger-format.ts';
import { readLedgerOpening } from './ledger-reader.ts';

export interface LedgerFile {
  name: string;
  path: string;
  producer: number;
  session: number;
}

/** The ledgers of a run, sorted by producer and session. */
export const ledgersOf = (folder: RunFolder): LedgerFile[] =>
  folder
    .list(ledgerFilePattern)
    .map((name) => {
      const [producer, session] = ledgerFilePattern.exec(name)!.slice(1).map(Number) as [number, number];
      return { name, path: folder.file(name), producer, session };
    })
    .sort((a, b) => a.producer - b.producer || a.session - b.session);

/**
 * Why a ledger does not count at all, in a few words after its name: it cannot be read, its seal is broken, or it
 * belongs to another producer or run. Undefined if it counts.
 */
export async function ledgerProblem(
  { path, producer, session }: LedgerFile,
  run: string,
): Promise<string | undefined> {
  try {
    if ((await checkSeal(path)) === 'broken') return 'was changed after it was sealed';
    const opening = readLedgerOpening(path);
    if (opening === undefined) return undefined;
    if (opening.run !== run) return 'is of another run';
    if (opening.producer === producer && opening.session === session) return undefined;
    return `is of ${producerName(opening.producer)}, session ${opening.session}`;
  } catch (error) {
    return `cannot be read: ${messageOf(error)}`;
  }
}
