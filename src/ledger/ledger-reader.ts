import { parseJsonFrame, readFrames, type FrameState } from '../frames.ts';
import { none, outcomeCodes } from '../history.ts';
import {
  frameTypes,
  ledgerFormat,
  outcomeHeaderBytes,
  type ClosingReason,
  type LedgerOpening,
} from './ledger-format.ts';

/** Attempts in columns. The arrays are reused: a batch is valid until the next one is asked for. */
export interface LedgerBatch {
  count: number;
  sequence: Uint32Array;
  outcome: Uint8Array;
  partition: Int32Array;
  offset: Float64Array;
}

/** What is known of a ledger once it has been read to its end. */
export interface LedgerSummary extends FrameState {
  opening?: LedgerOpening;
  closed?: ClosingReason;
}

const batchRows = 4096;

/**
 * Reads one ledger, a frame at a time, and yields its attempts: those with an outcome in the order they
 * were recorded, then the intents that never got one, as unknown. `summary` is filled while it reads.
 */
export class LedgerReader {
  readonly summary: LedgerSummary = { torn: false };
  readonly #path: string;
  readonly #batch: LedgerBatch = emptyBatch();
  /** Intents without an outcome, as ranges in order: a batch or two where all went well. */
  #pending: { first: number; end: number; settled: Set<number> }[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  *batches(): Generator<LedgerBatch> {
    for (const body of readFrames(this.#path, this.summary)) {
      const problem = yield* this.#take(body);
      if (problem === undefined) continue;
      this.summary.damage = problem;
      return;
    }
    yield* this.#unknowns();
  }

  *#take(body: Buffer): Generator<LedgerBatch, string | undefined> {
    const type = body.readUInt8(0);
    if ((this.summary.opening === undefined) !== (type === frameTypes.opening)) {
      return 'its opening is missing or doubled';
    }
    if (this.summary.closed !== undefined) return 'it goes on after its end';
    if (type === frameTypes.opening) {
      const { format, ...opening } = parseJsonFrame(body) as LedgerOpening & { format: number };
      if (format !== ledgerFormat) return `its format ${format} is not known`;
      this.summary.opening = opening;
    } else if (type === frameTypes.intent) {
      if (body.length !== 9) return 'an intent in it is malformed';
      const first = body.readUInt32LE(1);
      this.#pending.push({ first, end: first + body.readUInt32LE(5), settled: new Set() });
    } else if (type === frameTypes.outcome) {
      return yield* this.#outcome(body);
    } else if (type === frameTypes.closing) {
      this.summary.closed = (parseJsonFrame(body) as { reason: ClosingReason }).reason;
    } else {
      return `it holds a frame of unknown type ${type}`;
    }
    return undefined;
  }

  *#outcome(body: Buffer): Generator<LedgerBatch, string | undefined> {
    const count = (body.length - outcomeHeaderBytes) / 4;
    if (count < 0 || body.readUInt32LE(16) !== count) return 'an outcome in it is malformed';
    const outcome = body.readUInt8(1);
    if (outcome > outcomeCodes.unknown) return `an outcome in it is of unknown kind ${outcome}`;
    const partition = body.readInt32LE(2);
    const offset = body.readDoubleLE(6);
    for (let index = 0; index < count; index++) {
      const sequence = body.readUInt32LE(outcomeHeaderBytes + index * 4);
      if (!this.#settle(sequence)) return `it holds an outcome of ${sequence} without an intent`;
      yield* this.#push(sequence, outcome, partition, offset === none ? none : offset + index);
    }
    yield* this.#flush();
    return undefined;
  }

  /** Takes a sequence off the pending intents. */
  #settle(sequence: number): boolean {
    const at = this.#pending.findIndex(
      (range) => sequence >= range.first && sequence < range.end && !range.settled.has(sequence),
    );
    const range = this.#pending[at];
    if (range === undefined) return false;
    range.settled.add(sequence);
    if (range.settled.size === range.end - range.first) this.#pending.splice(at, 1);
    return true;
  }

  *#unknowns(): Generator<LedgerBatch> {
    for (const { first, end, settled } of this.#pending) {
      for (let sequence = first; sequence < end; sequence++) {
        if (!settled.has(sequence)) yield* this.#push(sequence, outcomeCodes.unknown, none, none);
      }
    }
    yield* this.#flush();
  }

  *#push(sequence: number, outcome: number, partition: number, offset: number): Generator<LedgerBatch> {
    const batch = this.#batch;
    batch.sequence[batch.count] = sequence;
    batch.outcome[batch.count] = outcome;
    batch.partition[batch.count] = partition;
    batch.offset[batch.count] = offset;
    batch.count += 1;
    if (batch.count === batchRows) yield* this.#flush();
  }

  *#flush(): Generator<LedgerBatch> {
    if (this.#batch.count > 0) yield this.#batch;
    this.#batch.count = 0;
  }
}

/** Which sequences a ledger intends, and how it ends. */
export interface IntendedRange extends FrameState {
  opening?: LedgerOpening;
  /** Infinity where it intends none. */
  first: number;
  /** The highest and one; 0 where it intends none. */
  next: number;
  closed?: ClosingReason;
}

/** Reads no outcomes, so it is quick. Throws where the file cannot be read. */
export function readIntended(path: string): IntendedRange {
  const range: IntendedRange = { torn: false, first: Infinity, next: 0 };
  for (const body of readFrames(path, range)) {
    const type = body.readUInt8(0);
    if (type === frameTypes.opening) range.opening = parseJsonFrame(body) as LedgerOpening;
    if (type === frameTypes.closing)
      range.closed = (parseJsonFrame(body) as { reason: ClosingReason }).reason;
    if (type !== frameTypes.intent || body.length !== 9) continue;
    const first = body.readUInt32LE(1);
    range.first = Math.min(range.first, first);
    range.next = Math.max(range.next, first + body.readUInt32LE(5));
  }
  return range;
}

/** Whose ledger it is; undefined if not even that was written whole. */
export function readLedgerOpening(path: string): LedgerOpening | undefined {
  const [first] = readFrames(path, { torn: false });
  return first?.readUInt8(0) === frameTypes.opening ? (parseJsonFrame(first) as LedgerOpening) : undefined;
}

function emptyBatch(): LedgerBatch {
  return {
    count: 0,
    sequence: new Uint32Array(batchRows),
    outcome: new Uint8Array(batchRows),
    partition: new Int32Array(batchRows),
    offset: new Float64Array(batchRows),
  };
}
