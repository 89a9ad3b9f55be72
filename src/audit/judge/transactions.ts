/**
 * What the ledger says about the transactions of messages: which message was sent in which, and how each ended. Nearly
 * every message has one transaction, or none, which takes a number. One that was sent again in another transaction has
 * a list of attempts.
 */
import { outcomes, type Outcome, type TransactionEnd } from '../../run-folder/ledger/outcome.ts';
import { none, type Place } from '../../workload/place.ts';
import { BitSet } from '../bit-set.ts';
import type { AttemptBatch, Evidence } from '../evidence.ts';
import { NumberColumn } from '../number-column.ts';
import { hasPlace } from './trail.ts';
import type { Trails } from './trails.ts';

/** An attempt's outcome and its transaction's end together. `aborted`: no hop behind the log may have the message. */
export type MessageOutcome = Outcome | 'aborted';

/** The attempts to send a message in one transaction. */
export interface Sending {
  /** `none`: outside of transactions. */
  transaction: number;
  /** The sum of these attempts, without regard to the transaction's end. */
  outcome: Outcome;
  /** The positions that their acks name. */
  acks: Place[];
  /** The message was sent in this transaction only. Otherwise only acks tell which record is of which transaction. */
  isOnly: boolean;
}

/** The first is the outcome of several attempts if any has it, then the second, and so on. */
const precedence = ['acked', 'unknown', 'aborted', 'rejected'] as const satisfies readonly MessageOutcome[];

export class Transactions {
  /** Transactions of which a part stands committed in the log. Filled after the log was read. */
  readonly partlyCommitted = new BitSet();
  readonly #ledger: Evidence['ledger'];
  /** The transaction plus 1; 0 for a message outside of transactions. */
  readonly #of = new NumberColumn('i32');
  readonly #several = new Map<number, Sending[]>();

  constructor(ledger: Evidence['ledger']) {
    this.#ledger = ledger;
  }

  /** To be called for each attempt before the trails get it. */
  note(batch: AttemptBatch, row: number, trails: Trails): void {
    const message = batch.message[row]!;
    const transaction = batch.transaction?.[row] ?? none;
    const outcome = outcomes[batch.outcome[row]!]!;
    const place = { partition: batch.partition[row]!, offset: batch.offset[row]! };
    const acks = outcome === 'acked' && hasPlace(place) ? [place] : [];
    const before = trails.told(message);
    const several = this.#several.get(message);
    if (several !== undefined) {
      const same = several.find((sending) => sending.transaction === transaction);
      if (same === undefined) several.push({ transaction, outcome, acks, isOnly: false });
      else {
        same.outcome = firstOf([same.outcome, outcome]) as Outcome;
        same.acks.push(...acks);
      }
    } else if (before === undefined) {
      if (transaction !== none) this.#of.set(message, transaction + 1);
    } else if (this.#single(message) !== transaction) {
      const sum = { outcome: before, acks: [...trails.trail(message).acks], isOnly: false };
      const first = { ...sum, transaction: this.#single(message) };
      this.#several.set(message, [first, { transaction, outcome, acks, isOnly: false }]);
    }
  }

  /** How many the ledger names. */
  get count(): number {
    return this.#ledger.transactions?.length ?? 0;
  }

  endOf(transaction: number): TransactionEnd {
    return this.#ledger.transactions?.[transaction]?.end ?? 'unknown';
  }

  /** `told`: the sum of the message's attempts. */
  outcomeOf(message: number, told: Outcome): MessageOutcome {
    const several = this.#several.get(message);
    if (several === undefined) return this.#outcome(told, this.#single(message));
    return firstOf(several.map(({ outcome, transaction }) => this.#outcome(outcome, transaction)));
  }

  /** What was sent of a message, by transaction; empty if nothing was sent in one. */
  sendingsOf(message: number, trails: Trails): Sending[] {
    const several = this.#several.get(message);
    if (several !== undefined) return several;
    const [transaction, outcome] = [this.#single(message), trails.told(message)];
    if (transaction === none || outcome === undefined) return [];
    return [{ transaction, outcome, acks: trails.trail(message).acks, isOnly: true }];
  }

  /** The only transaction of a message; `none` if it has none or several. */
  onlyOf(message: number): number {
    return this.#several.has(message) ? none : this.#single(message);
  }

  #single(message: number): number {
    return this.#of.get(message) - 1;
  }

  #outcome(outcome: Outcome, transaction: number): MessageOutcome {
    if (transaction === none || outcome === 'rejected') return outcome;
    const end = this.endOf(transaction);
    return end === 'committed' ? outcome : end;
  }
}

const firstOf = (outcomes: readonly MessageOutcome[]): MessageOutcome =>
  precedence.find((outcome) => outcomes.includes(outcome))!;
