/** Groups the messages of a producer into transactions, ends each as planned, and keeps the ledger of it. */
import { protocolErrors } from '@platformatic/kafka';
import type { TransactionalProducer } from '../../kafka/produce/transactional-producer.ts';
import type { LedgerWriter } from '../../run-folder/ledger/ledger-writer.ts';
import type { TransactionPlan } from '../../workload/transaction-plan.ts';
import type { Reach } from '../stage/failpoints.ts';

export interface TransactionCourseParts {
  plan: TransactionPlan;
  /** The index of the producer. */
  producer: number;
  ledger: LedgerWriter;
  transactions: Pick<TransactionalProducer, 'isEachAcked' | 'isFenced' | 'end' | 'next'>;
  reach?: Reach | undefined;
}

export class TransactionCourse {
  readonly #parts: TransactionCourseParts;
  /** The number of the open transaction. */
  #open: number | undefined;

  constructor(parts: TransactionCourseParts) {
    this.#parts = parts;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** How many messages, from this one on, fit into its transaction. */
  roomAt(sequence: number): number {
    const { plan } = this.#parts;
    return plan.endOf(plan.numberOf(sequence)) - sequence;
  }

  /** To be called before the intent of each batch. */
  begin(first: number): void {
    const { plan, ledger } = this.#parts;
    if (this.#open !== undefined) return;
    this.#open = plan.numberOf(first);
    ledger.begin(this.#open);
  }

  isComplete(next: number): boolean {
    return this.#open !== undefined && next === this.#parts.plan.endOf(this.#open);
  }

  /**
   * Ends the open transaction, once all its messages have their outcomes: it is committed if the plan says so and each
   * was acked. Throws `unavailable` if no other transaction can follow.
   */
  async end(): Promise<void> {
    const { plan, producer, transactions, reach } = this.#parts;
    const isCommit = transactions.isEachAcked && !plan.isAborted(producer, this.#open!);
    if (isCommit) await reach?.('before-commit');
    await this.#request(isCommit);
    await transactions.next();
  }

  /** Aborts what is open, so that consumers need not wait until the coordinator does. */
  async abandon(): Promise<void> {
    if (this.#open !== undefined) await this.#request(false);
  }

  async #request(isCommit: boolean): Promise<void> {
    const { ledger, transactions } = this.#parts;
    const number = this.#open!;
    // On disk before the request: after a request to abort, nothing can commit the transaction.
    ledger.requestEnd(number, isCommit);
    const { outcome, error } = await transactions.end(isCommit);
    this.#open = undefined;
    // -1 is Kafka's own code for an unknown error.
    if (transactions.isFenced) ledger.fenced();
    ledger.end(number, outcome, error === 'NONE' ? 0 : (protocolErrors[error]?.code ?? -1));
  }
}
