import { LedgerReader, type LedgerFrame } from '../run-folder/ledger/ledger-reader.ts';
import type { TransactionFrame } from '../run-folder/ledger/transaction-frames.ts';
import { outcomeCodes } from '../run-folder/ledger/outcome.ts';
import { none } from '../workload/place.ts';
import type { Workload } from '../workload/workload.ts';
import { raise, type Tally } from './tally.ts';

type OutcomeFrame = LedgerFrame & { type: 'outcome' };

/** Reads one ledger as it grows. */
export class LedgerWatch {
  readonly #reader: LedgerReader;
  readonly #producer: number;
  readonly #workload: Workload | undefined;
  readonly #names: readonly string[];
  /** The acknowledged messages of the transaction that is open. */
  #openAcked = 0;

  /** `workload`: undefined if messages have no states. */
  constructor(path: string, producer: number, workload: Workload | undefined, names: readonly string[]) {
    this.#reader = new LedgerReader(path);
    this.#producer = producer;
    this.#workload = workload;
    this.#names = names;
  }

  /** Adds the frames since the last look. Stops at damage, which the audit reports. */
  look(tally: Tally): void {
    for (const frame of this.#reader.frames()) {
      if (frame.type === 'intent') {
        const states = this.#statesOf(frame.count, (index) => frame.first + index);
        tally.add('sent', frame.count, frame.timeMs, states, this.#names);
      } else if (frame.type === 'outcome') {
        this.#addOutcome(frame, tally);
      } else {
        this.#followTransaction(frame, tally);
      }
    }
  }

  #addOutcome({ outcome, count, timeMs, partition, offset, sequences }: OutcomeFrame, tally: Tally): void {
    if (outcome === outcomeCodes.rejected) tally.rejected += count;
    if (outcome === outcomeCodes.unknown) tally.unknown += count;
    if (outcome !== outcomeCodes.acked) return;
    const states = this.#statesOf(count, (index) => sequences.readUInt32LE(index * 4));
    this.#openAcked += count;
    tally.add('acked', count, timeMs, states, this.#names);
    if (offset !== none) raise(tally.ackedEnds, partition, offset + count);
  }

  /** Each transaction ends before the next begins. After a request to abort it, nothing can commit it. */
  #followTransaction(frame: TransactionFrame, tally: Tally): void {
    const isAborted =
      frame.type === 'end' ? !frame.isCommit : frame.type === 'ended' && frame.end === 'aborted';
    if (isAborted) tally.aborted += this.#openAcked;
    if (isAborted || frame.type === 'begin') this.#openAcked = 0;
  }

  #statesOf(count: number, sequenceOf: (index: number) => number): Uint32Array {
    const states = new Uint32Array(this.#names.length);
    if (this.#workload === undefined) return states;
    for (let index = 0; index < count; index++) {
      states[this.#workload.stateOf(this.#producer, sequenceOf(index))]! += 1;
    }
    return states;
  }
}
