import { frameTimeBytes, FrameWriter } from '../frames.ts';
import { outcomeCodes, type Outcome } from './outcome.ts';
import { wallClockMs } from '../../system/wall-clock.ts';
import { namingFile } from '../../system/write-whole.ts';
import {
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

  close(): void {
    try {
      namingFile(this.#path, () => this.#frames.appendJson(frameTypes.closing, { reason: this.#reason }));
    } finally {
      this.#frames.close();
    }
  }
}
