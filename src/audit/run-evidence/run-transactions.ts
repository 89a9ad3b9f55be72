/** The transactions of a run, from its ledgers, compared with the plan. */
import type { Manifest } from '../../run-folder/run-folder.ts';
import type { LedgerTransaction as InLedger } from '../../run-folder/ledger/transaction-frames.ts';
import { TransactionPlan } from '../../workload/transaction-plan.ts';
import { producerName } from '../../workload/workload.ts';
import type { LedgerTransaction } from '../evidence.ts';

export class RunTransactions {
  /** In the order of the ledgers. */
  readonly all: LedgerTransaction[] = [];
  readonly #plan: TransactionPlan | undefined;

  constructor({ seed, transactions }: Pick<Manifest, 'seed' | 'transactions'>) {
    this.#plan = transactions && new TransactionPlan(seed, transactions);
  }

  get arePlanned(): boolean {
    return this.#plan !== undefined;
  }

  /** Takes over what is known of a ledger's transactions. `first`: where they begin in the list. */
  update(
    first: number,
    { producer, session }: { producer: number; session: number },
    known: readonly InLedger[],
  ): void {
    // Only the last one can have changed since.
    for (let index = Math.max(0, this.all.length - first - 1); index < known.length; index++) {
      const { number, end } = known[index]!;
      const name = `${producerName(producer)}-${session}-${number}`;
      const transaction = this.all[first + index];
      if (transaction === undefined) this.all.push({ name, end });
      else transaction.end = end;
    }
  }

  /** Why a ledger cannot be that of the plan. */
  contradictionOf(producer: number, known: readonly InLedger[]): string | undefined {
    const plan = this.#plan;
    if (plan === undefined)
      return known.length > 0 ? 'it has transactions, and the plan has none' : undefined;
    const odd = known.find(({ number, end }) => end === 'committed' && plan.isAborted(producer, number));
    return odd && `it has transaction ${odd.number} as committed, and the plan has it aborted`;
  }
}
