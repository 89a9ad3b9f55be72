/** The frames of transactions in a ledger, and the transactions of a ledger as far as it was read. */
import { splitTime } from '../frames.ts';
import { beginBytes, endBytes, endedBytes, frameTypes } from './ledger-format.ts';
import { transactionEnds, type TransactionEnd } from './outcome.ts';

export type TransactionFrame =
  | { type: 'begin'; transaction: number; timeMs: number | null }
  | { type: 'end'; transaction: number; isCommit: boolean; timeMs: number | null }
  | {
      type: 'ended';
      transaction: number;
      end: TransactionEnd;
      errorCode: number;
      timeMs: number | null;
    };

/** One transaction of a ledger. */
export interface LedgerTransaction {
  /** The number in the plan. */
  number: number;
  /**
   * A ledger without an answer leaves it unknown, unless an abort was requested: after that, nothing can commit the
   * transaction.
   */
  end: TransactionEnd;
}

const isTransactionType = (type: number): boolean =>
  type === frameTypes.begin || type === frameTypes.end || type === frameTypes.ended;

/** undefined if the frame is of another type; a sentence if it is impossible. */
export function transactionFrameOf(timed: Buffer): TransactionFrame | string | undefined {
  const type = timed.readUInt8(0);
  if (!isTransactionType(type)) return undefined;
  const { body, timeMs } = splitTime(timed, true);
  const malformed = 'the frame of a transaction in it is malformed';
  if (body.length < beginBytes) return malformed;
  const transaction = body.readUInt32LE(1);
  if (type === frameTypes.begin) {
    return body.length === beginBytes ? { type: 'begin', transaction, timeMs } : malformed;
  }
  if (type === frameTypes.end) {
    if (body.length !== endBytes || body.readUInt8(5) > 1) return malformed;
    return { type: 'end', transaction, isCommit: body.readUInt8(5) === 0, timeMs };
  }
  const end = body.length === endedBytes ? transactionEnds[body.readUInt8(5)] : undefined;
  if (end === undefined) return malformed;
  return { type: 'ended', transaction, end, errorCode: body.readInt16LE(6), timeMs };
}

/** The transactions of a ledger, in their order. Each ends before the next begins. */
export class LedgerTransactions {
  readonly all: LedgerTransaction[] = [];
  #isOpen = false;

  /** The index of the open transaction, to which intents belong; undefined if there is none. */
  get open(): number | undefined {
    return this.#isOpen ? this.all.length - 1 : undefined;
  }

  /** Returns a sentence if the frame contradicts those before it. */
  take(frame: TransactionFrame): string | undefined {
    if (frame.type === 'begin') {
      if (this.#isOpen) return 'it begins a transaction within another';
      this.all.push({ number: frame.transaction, end: 'unknown' });
      this.#isOpen = true;
      return undefined;
    }
    const last = this.all.at(-1);
    if (!this.#isOpen || last?.number !== frame.transaction)
      return `it ends transaction ${frame.transaction}, which is not open`;
    if (frame.type === 'end') {
      if (!frame.isCommit) last.end = 'aborted';
      return undefined;
    }
    last.end = frame.end;
    this.#isOpen = false;
    return undefined;
  }
}
