/** Damage to the evidence in a run's folder. */
import { rmSync, statSync, truncateSync } from 'node:fs';
import { ledgerFileName } from '../../run-folder/ledger/ledger-format.ts';
import { sealPathOf } from '../../run-folder/seal.ts';
import type { Change } from './live-defect.ts';

/** Cuts the ledger short, and removes the seal that would show it. */
export const cutLedger: Change = async ({ folder }) => {
  const path = folder.file(ledgerFileName(0, 0));
  const { size } = statSync(path);
  truncateSync(path, size >> 4);
  rmSync(sealPathOf(path));
  return true;
};
