/**
 * Which messages of a producer share a transaction, and which transactions are aborted on purpose: a pure function of
 * the seed, so the audit knows what was planned without asking the producer.
 */
import { beginningOf, scramble, stepped } from './splitmix.ts';

export interface TransactionOptions {
  /** Messages in a transaction; the last one of a producer may have fewer. */
  size: number;
  /** The share of transactions that are aborted on purpose: 0 to 1. */
  abortRate: number;
}

/** Keeps the draws of transactions apart from those of messages. */
const salt = 0x7a5c_91d3;

export class TransactionPlan {
  readonly #seed: number;
  readonly #options: TransactionOptions;

  constructor(seed: number, options: TransactionOptions) {
    this.#seed = seed;
    this.#options = options;
  }

  /** The number of the transaction of a sequence. */
  numberOf(sequence: number): number {
    return Math.floor(sequence / this.#options.size);
  }

  /** The first sequence that is not in a transaction any more. */
  endOf(transaction: number): number {
    return (transaction + 1) * this.#options.size;
  }

  /** Whether the producer is to abort this transaction. */
  isAborted(producer: number, transaction: number): boolean {
    const random = scramble(stepped(beginningOf((this.#seed ^ salt) >>> 0, producer, transaction)));
    return random / 2 ** 32 < this.#options.abortRate;
  }
}
