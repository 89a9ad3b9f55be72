import type { Evidence } from '../evidence.ts';
import { Transactions } from './transactions.ts';
import type { Trails } from './trails.ts';

/** Reads the ledger into the trails. */
export function readLedger({ ledger }: Pick<Evidence, 'ledger'>, trails: Trails): void {
  for (const batch of ledger.batches()) {
    if (batch.transaction !== undefined) trails.transactions ??= new Transactions(ledger);
    for (let row = 0; row < batch.count; row++) {
      trails.transactions?.note(batch, row, trails);
      trails.addAttempt(batch, row);
    }
  }
}
