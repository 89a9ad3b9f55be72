/** The transactions that the lines of a history name, and how each ended. */
import type { Evidence } from '../evidence.ts';
import { NumberColumn } from '../number-column.ts';
import { transactionEnds, type TransactionEnd } from '../../run-folder/ledger/outcome.ts';
import type { LineOf } from './line-types.ts';
import { TextTable } from './text-table.ts';

const unknown = transactionEnds.indexOf('unknown');

export class TransactionCollector {
  readonly names = new TextTable();
  /** By number: the index of its end, plus 1; 0 if no line has told it. */
  readonly #ends = new NumberColumn('u8');
  /** Transactions that were both committed and aborted, if lines are to be believed. */
  readonly disputed = new Set<number>();

  /** The number of a transaction, from 1. */
  numberOf(name: string): number {
    return this.names.numberOf(name);
  }

  add({ id, outcome }: LineOf<'transaction'>): void {
    const number = this.numberOf(id);
    const end = transactionEnds.indexOf(outcome);
    const known = this.#ends.get(number) - 1;
    // What is known takes the place of what was not known yet.
    if (end === unknown && known >= 0) return;
    if (known >= 0 && known !== unknown && known !== end) this.disputed.add(number);
    this.#ends.set(number, end + 1);
  }

  /** In the order of their numbers. A transaction of which nothing reliable is told has an unknown end. */
  ofLedger(): Pick<Evidence['ledger'], 'transactions'> {
    if (this.names.count === 0) return {};
    const transactions = Array.from({ length: this.names.count }, (_, index) => ({
      name: this.names.textOf(index + 1),
      end: this.#endOf(index + 1),
    }));
    return { transactions };
  }

  #endOf(number: number): TransactionEnd {
    const end = this.disputed.has(number) ? unknown : this.#ends.get(number) - 1;
    return transactionEnds[end] ?? 'unknown';
  }
}
