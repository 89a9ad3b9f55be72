import { jsonFrameOf, nothingRead, readFrames, splitTime, type FrameState } from '../frames.ts';
import { outcomeCodes, outcomes } from './outcome.ts';
import {
  LedgerTransactions,
  transactionFrameOf,
  type LedgerTransaction,
  type TransactionFrame,
} from './transaction-frames.ts';
import { isOffset, isPartition, none } from '../../workload/place.ts';
import {
  frameTypes,
  intentBytes,
  ledgerClosingSchema,
  ledgerFormat,
  ledgerOpeningSchema,
  outcomeHeaderBytes,
  type ClosingReason,
  type LedgerOpening,
} from './ledger-format.ts';

/** Attempts in columns. The arrays are reused: a batch is valid until the caller requests the next one. */
export interface LedgerBatch {
  count: number;
  sequence: Uint32Array;
  outcome: Uint8Array;
  partition: Int32Array;
  offset: Float64Array;
  /** Indexes into `LedgerReader.transactions`; `none` for an attempt outside of transactions. */
  transaction: Int32Array;
}

/** What is known about a ledger once it has been read to its end. */
export interface LedgerSummary extends FrameState {
  opening?: LedgerOpening;
  closed?: ClosingReason;
}

/** The earliest format that the reader knows: its frames have no time. */
const untimedFormat = 1;
const batchRows = 4096;

/** The contents of one frame, and when it was written: ms since the epoch, null in a ledger of format 1. */
export type LedgerFrame =
  | TransactionFrame
  | { type: 'intent'; first: number; count: number; timeMs: number | null }
  | {
      type: 'outcome';
      /** An index into `outcomes`. */
      outcome: number;
      partition: number;
      /** The offset of the first message; `none` if the broker named no position. */
      offset: number;
      errorCode: number;
      count: number;
      /** Four bytes each, as in the frame. */
      sequences: Buffer;
      timeMs: number | null;
    };

/**
 * Reads one ledger, a frame at a time, either as frames or as attempts: first the attempts with an outcome, in the
 * order in which they were recorded, then the intents without one, as unknown. `summary` is filled while it reads.
 */
export class LedgerReader {
  readonly summary: LedgerSummary = nothingRead();
  /** How many attempts ended with an error of Kafka, by its code, for each of the outcomes. */
  readonly errors: readonly Map<number, number>[] = outcomes.map(() => new Map<number, number>());
  readonly #path: string;
  readonly #plannedCount: number;
  readonly #batch: LedgerBatch = emptyBatch();
  #isTimed = true;
  /** The ledger has an impossible frame. A frame that only fails its checksum does not count. */
  #isAbsurd = false;
  /** Intents without an outcome, as ranges in order: a batch or two if all went well. */
  #pending: { first: number; end: number; settled: Set<number>; transaction: number }[] = [];
  readonly #transactions = new LedgerTransactions();

  /** A ledger that intends more than was planned cannot be relied on. */
  constructor(path: string, plannedCount = Infinity) {
    this.#path = path;
    this.#plannedCount = plannedCount;
  }

  /** The transactions as far as the ledger was read. */
  get transactions(): readonly LedgerTransaction[] {
    return this.#transactions.all;
  }

  /** Yields intents, outcomes and the frames of transactions in the order in which they were written. Does not check that outcomes have intents. */
  *frames(): Generator<LedgerFrame> {
    for (const body of readFrames(this.#path, this.summary)) {
      const frame = this.#take(body);
      if (typeof frame === 'object') yield frame;
      if (typeof frame !== 'string') continue;
      this.summary.damage = frame;
      this.#isAbsurd = true;
      return;
    }
  }

  *batches(): Generator<LedgerBatch> {
    for (const frame of this.frames()) {
      if (frame.type === 'intent') {
        const { first, count } = frame;
        const { open: transaction = none } = this.#transactions;
        this.#pending.push({ first, end: first + count, settled: new Set(), transaction });
        continue;
      }
      if (frame.type !== 'outcome') continue;
      const problem = yield* this.#attempts(frame);
      if (problem === undefined) continue;
      this.summary.damage = problem;
      return;
    }
    if (!this.#isAbsurd) yield* this.#unknowns();
  }

  /** Reads a frame; returns a sentence if the frame is impossible. */
  #take(body: Buffer): LedgerFrame | string | undefined {
    const type = body.readUInt8(0);
    const { summary } = this;
    if ((summary.opening === undefined) !== (type === frameTypes.opening)) {
      return 'its opening is missing or doubled';
    }
    if (summary.closed !== undefined) return 'it goes on after its end';
    if (type === frameTypes.opening) {
      const opened = jsonFrameOf(body, ledgerOpeningSchema);
      if (opened === undefined) return 'its opening cannot be read';
      const { format, ...opening } = opened;
      if (format < untimedFormat || format > ledgerFormat) return `its format ${format} is not known`;
      this.#isTimed = format !== untimedFormat;
      summary.opening = opening;
    } else if (type === frameTypes.intent) {
      const intent = intentOf(body, this.#isTimed);
      if (intent === undefined) return 'an intent in it is malformed';
      const next = intent.first + intent.count;
      return next <= this.#plannedCount
        ? intent
        : `it intends ${next} messages or more, and ${this.#plannedCount} were planned`;
    } else if (type === frameTypes.outcome) {
      return outcomeOf(body, this.#isTimed);
    } else if (type === frameTypes.closing) {
      const closing = jsonFrameOf(body, ledgerClosingSchema);
      if (closing === undefined) return 'its closing cannot be read';
      summary.closed = closing.reason;
    } else {
      const frame = transactionFrameOf(body) ?? `it holds a frame of unknown type ${type}`;
      return typeof frame === 'string' ? frame : (this.#transactions.take(frame) ?? frame);
    }
    return undefined;
  }

  *#attempts(frame: LedgerFrame & { type: 'outcome' }): Generator<LedgerBatch, string | undefined> {
    const { outcome, partition, offset, errorCode, count, sequences } = frame;
    const known = this.errors[outcome]!;
    if (errorCode > 0) known.set(errorCode, (known.get(errorCode) ?? 0) + count);
    for (let index = 0; index < count; index++) {
      const sequence = sequences.readUInt32LE(index * 4);
      const transaction = this.#settle(sequence);
      if (transaction === undefined) return `it holds an outcome of ${sequence} without an intent`;
      const at = offset === none ? none : offset + index;
      yield* this.#push(sequence, outcome, partition, at, transaction);
    }
    yield* this.#flush();
    return undefined;
  }

  /** Removes a sequence from the pending intents. Returns its transaction; undefined if it has no intent. */
  #settle(sequence: number): number | undefined {
    const at = this.#pending.findIndex(
      (range) => sequence >= range.first && sequence < range.end && !range.settled.has(sequence),
    );
    const range = this.#pending[at];
    if (range === undefined) return undefined;
    range.settled.add(sequence);
    if (range.settled.size === range.end - range.first) this.#pending.splice(at, 1);
    return range.transaction;
  }

  *#unknowns(): Generator<LedgerBatch> {
    for (const { first, end, settled, transaction } of this.#pending) {
      for (let sequence = first; sequence < end; sequence++) {
        if (!settled.has(sequence))
          yield* this.#push(sequence, outcomeCodes.unknown, none, none, transaction);
      }
    }
    yield* this.#flush();
  }

  *#push(
    sequence: number,
    outcome: number,
    partition: number,
    offset: number,
    transaction: number,
  ): Generator<LedgerBatch> {
    const batch = this.#batch;
    batch.sequence[batch.count] = sequence;
    batch.outcome[batch.count] = outcome;
    batch.partition[batch.count] = partition;
    batch.offset[batch.count] = offset;
    batch.transaction[batch.count] = transaction;
    batch.count += 1;
    if (batch.count === batchRows) yield* this.#flush();
  }

  *#flush(): Generator<LedgerBatch> {
    if (this.#batch.count > 0) yield this.#batch;
    this.#batch.count = 0;
  }
}

/** The sequences that a ledger intends, and how it ends. */
export interface IntendedRange extends FrameState {
  opening?: LedgerOpening;
  /** Infinity if the ledger intends none. */
  first: number;
  /** The highest plus one; 0 if the ledger intends none. */
  next: number;
  closed?: ClosingReason;
}

/** Skips outcomes, so it is quick. Throws if the file cannot be read. */
export function readIntended(path: string): IntendedRange {
  const range: IntendedRange = { ...nothingRead(), first: Infinity, next: 0 };
  let isTimed = true;
  for (const body of readFrames(path, range)) {
    const type = body.readUInt8(0);
    if (type === frameTypes.opening) {
      const opened = jsonFrameOf(body, ledgerOpeningSchema);
      if (opened === undefined) return { ...range, damage: 'its opening cannot be read' };
      range.opening = opened;
      isTimed = opened.format !== untimedFormat;
    }
    if (type === frameTypes.closing) {
      const closing = jsonFrameOf(body, ledgerClosingSchema);
      if (closing === undefined) return { ...range, damage: 'its closing cannot be read' };
      range.closed = closing.reason;
    }
    const intent = type === frameTypes.intent ? intentOf(body, isTimed) : undefined;
    if (intent === undefined) continue;
    range.first = Math.min(range.first, intent.first);
    range.next = Math.max(range.next, intent.first + intent.count);
  }
  return range;
}

function intentOf(timed: Buffer, isTimed: boolean): (LedgerFrame & { type: 'intent' }) | undefined {
  const { body, timeMs } = splitTime(timed, isTimed);
  if (body.length !== intentBytes) return undefined;
  return { type: 'intent', first: body.readUInt32LE(1), count: body.readUInt32LE(5), timeMs };
}

/** Returns a sentence if the outcome is impossible. */
function outcomeOf(timed: Buffer, isTimed: boolean): LedgerFrame | string {
  const { body, timeMs } = splitTime(timed, isTimed);
  const count = (body.length - outcomeHeaderBytes) / 4;
  if (count < 0 || body.readUInt32LE(16) !== count) return 'an outcome in it is malformed';
  const outcome = body.readUInt8(1);
  if (outcome > outcomeCodes.unknown) return `an outcome in it is of unknown kind ${outcome}`;
  const [partition, offset] = [body.readInt32LE(2), body.readDoubleLE(6)];
  const isPlace = isPartition(partition) && isOffset(offset) && isOffset(offset + count);
  if (offset !== none && !isPlace) return `an outcome in it has an impossible place: ${partition}:${offset}`;
  return {
    type: 'outcome',
    outcome,
    partition,
    offset,
    errorCode: body.readInt16LE(14),
    count,
    sequences: body.subarray(outcomeHeaderBytes),
    timeMs,
  };
}

/** The opening, which names the ledger's writer; undefined if it was not written whole. */
export function readLedgerOpening(path: string): LedgerOpening | undefined {
  const [first] = readFrames(path, nothingRead());
  return first?.readUInt8(0) === frameTypes.opening ? jsonFrameOf(first, ledgerOpeningSchema) : undefined;
}

function emptyBatch(): LedgerBatch {
  return {
    count: 0,
    sequence: new Uint32Array(batchRows),
    outcome: new Uint8Array(batchRows),
    partition: new Int32Array(batchRows),
    offset: new Float64Array(batchRows),
    transaction: new Int32Array(batchRows),
  };
}
