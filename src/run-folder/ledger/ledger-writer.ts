import { frameTimeBytes, FrameWriter } from '../frames.ts';
import { outcomeCodes, transactionEnds, type Outcome, type TransactionEnd } from './outcome.ts';
import { wallClockMs } from '../../system/wall-clock.ts';
import { namingFile } from '../../system/write-whole.ts';
import {
  beginBytes,
  endBytes,
  endedBytes,
  frameTypes,
  intentBytes,
  ledgerFormat,
  outcomeHeaderBytes,
  type ClosingReason,
  type LedgerOpening,
} from './ledger-format.ts';

/** The outcome of the messages that one record batch carried to one partition. */
export interface BatchOutcome {
  outcome: Outcome;
  partition: number;
  /** The offset of the first message, or `none`. */
  offset: number;
  /** Kafka's error code; 0 if there was none. */
  errorCode: number;
  sequences: ArrayLike<number>;
}

/** Appends to a ledger. Each method returns after `write` has; the error of a full disk is thrown with the path. */
export class LedgerWriter {
  readonly #path: string;
  readonly #frames: FrameWriter;
  #reason: ClosingReason = 'stopped';

  /** Creates the file; throws EEXIST if it exists already. */
  constructor(path: string, opening: LedgerOpening) {
    this.#path = path;
    this.#frames = new FrameWriter(path);
    const frame = { format: ledgerFormat, ...opening };
    namingFile(path, () => this.#frames.appendJson(frameTypes.opening, frame));
  }

  /** To be called before any message of these sequences is sent. */
  intend(first: number, count: number): void {
    const body = Buffer.allocUnsafe(intentBytes + frameTimeBytes);
    body.writeUInt8(frameTypes.intent, 0);
    body.writeUInt32LE(first, 1);
    body.writeUInt32LE(count, 5);
    body.writeDoubleLE(wallClockMs(), intentBytes);
    namingFile(this.#path, () => this.#frames.append(body));
  }

  /** To be called before the first intent of a transaction. */
  begin(transaction: number): void {
    const body = Buffer.allocUnsafe(beginBytes);
    body.writeUInt8(frameTypes.begin, 0);
    body.writeUInt32LE(transaction, 1);
    this.#appendTimed(body);
  }

  /** To be called before the end of a transaction is requested, and after the outcomes of all its messages. */
  requestEnd(transaction: number, isCommit: boolean): void {
    const body = Buffer.allocUnsafe(endBytes);
    body.writeUInt8(frameTypes.end, 0);
    body.writeUInt32LE(transaction, 1);
    body.writeUInt8(isCommit ? 0 : 1, 5);
    this.#appendTimed(body);
  }

  /** `errorCode`: Kafka's; 0 if there was none. */
  end(transaction: number, end: TransactionEnd, errorCode: number): void {
    const body = Buffer.allocUnsafe(endedBytes);
    body.writeUInt8(frameTypes.ended, 0);
    body.writeUInt32LE(transaction, 1);
    body.writeUInt8(transactionEnds.indexOf(end), 5);
    body.writeInt16LE(errorCode, 6);
    this.#appendTimed(body);
  }

  #appendTimed(body: Buffer): void {
    const time = Buffer.allocUnsafe(frameTimeBytes);
    time.writeDoubleLE(wallClockMs());
    namingFile(this.#path, () => this.#frames.append(Buffer.concat([body, time])));
  }

  record(batch: BatchOutcome): void {
    const { sequences } = batch;
    const end = outcomeHeaderBytes + sequences.length * 4;
    const body = Buffer.allocUnsafe(end + frameTimeBytes);
    body.writeUInt8(frameTypes.outcome, 0);
    body.writeUInt8(outcomeCodes[batch.outcome], 1);
    body.writeInt32LE(batch.partition, 2);
    body.writeDoubleLE(batch.offset, 6);
    body.writeInt16LE(batch.errorCode, 14);
    body.writeUInt32LE(sequences.length, 16);
    for (let index = 0; index < sequences.length; index++) {
      body.writeUInt32LE(sequences[index]!, outcomeHeaderBytes + index * 4);
    }
    body.writeDoubleLE(wallClockMs(), end);
    namingFile(this.#path, () => this.#frames.append(body));
  }

  /** To be called after all planned messages were sent. */
  finish(): void {
    this.#reason = 'finished';
  }

  /** To be called if another producer has taken over: a new session may go on. */
  fenced(): void {
    this.#reason = 'fenced';
  }

  close(): void {
    try {
      namingFile(this.#path, () => this.#frames.appendJson(frameTypes.closing, { reason: this.#reason }));
    } finally {
      this.#frames.close();
    }
  }
}
