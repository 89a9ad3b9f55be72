import type { RunFolder } from '../run-folder.ts';
import { ledgerFilePattern } from './ledger-format.ts';

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
