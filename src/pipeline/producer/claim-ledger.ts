/** Finds the session that a producer begins, and opens its ledger, which only one process can. */
import { existsSync, rmSync } from 'node:fs';
import { usageError } from '../../errors.ts';
import { isAlive } from '../../system/process-state.ts';
import { ledgerFileName } from '../../run-folder/ledger/ledger-format.ts';
import { readIntended, readLedgerOpening } from '../../run-folder/ledger/ledger-reader.ts';
import { LedgerWriter } from '../../run-folder/ledger/ledger-writer.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import { hasSeal } from '../../run-folder/seal.ts';

/**
 * A producer that was killed, or fenced by another one of its transactional id, goes on from its ledgers, in a new
 * session, with the first sequence that none of them intends. Sends without an outcome stay unknown, and are not
 * repeated. The new session follows the manifest, not its own options, and its schedule begins again.
 */
export function sessionOf(folder: RunFolder, producer: number): { session: number; first: number } {
  let first = 0;
  for (let session = 0; ; session++) {
    const path = folder.file(ledgerFileName(producer, session));
    // A ledger of a producer that never sent anything is replaced.
    if (!existsSync(path) || !folder.isUsed()) return { session, first };
    const { opening, next, damage, closed } = readIntended(path);
    // A fenced producer has ended in order, and not done its work.
    if (hasSeal(path) && closed !== 'fenced') folder.refuseIfUsed();
    if (opening !== undefined && isAlive(opening.pid)) {
      throw usageError(
        `Run ${folder.id} is under way in process ${opening.pid}.`,
        'Choose another id with --run.',
      );
    }
    if (damage !== undefined) {
      throw usageError(`Run ${folder.id} cannot go on: its ledger ${path}: ${damage}.`);
    }
    first = Math.max(first, next);
  }
}

/** Opens the ledger, which only one process can. A ledger that a producer left before it began is replaced. */
export function claimLedger(
  folder: RunFolder,
  { producer, session }: { producer: number; session: number },
  path: string,
): LedgerWriter {
  if (existsSync(path)) {
    const owner = readLedgerOpening(path)?.pid;
    if (owner !== undefined && isAlive(owner)) {
      throw usageError(
        `Run ${folder.id} is being started by process ${owner}.`,
        'Choose another id with --run.',
      );
    }
    rmSync(path);
  }
  return new LedgerWriter(path, { run: folder.id, producer, session, pid: process.pid });
}
