/**
 * Fetched record batches (format 2) in columns: there is no object per record, and keys and values are views. A damaged
 * batch is a RecordBatch too, with a description of the damage, because the audit has to report it.
 */
import { messageOf } from '../../errors.ts';
import { codecs, type Codec } from '../client/client-settings.ts';
import { decompress } from './codecs.ts';
import { checksumOf, layout, lengthOverheadBytes } from './record-batch-layout.ts';
import { noColumns, readColumns, type RecordColumns } from './record-columns.ts';
import { VarintReader } from './varint-reader.ts';

const codecMask = 0b111;
const logAppendTimeBit = 1 << 3;
const transactionalBit = 1 << 4;
const controlBit = 1 << 5;

/** The header of a batch. */
class RecordBatchHeader {
  readonly baseOffset: number;
  readonly partitionLeaderEpoch: number;
  readonly crcOk: boolean;
  /** undefined if the header's number stands for no codec. */
  readonly codec: Codec | undefined;
  readonly timestampType: 'create' | 'log-append';
  readonly isTransactional: boolean;
  /** Whether the batch holds a transaction's marker rather than a producer's records. */
  readonly isControl: boolean;
  /** The offset delta of the last record in the original batch, even if compaction has removed that record. */
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  /** -1 if the producer was not idempotent. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  /** The number of records according to the header. `count` is the number that could be read. */
  readonly statedCount: number;

  constructor(batch: Buffer) {
    const attributes = batch.readInt16BE(layout.attributes);
    this.baseOffset = Number(batch.readBigInt64BE(layout.baseOffset));
    this.partitionLeaderEpoch = batch.readInt32BE(layout.partitionLeaderEpoch);
    this.crcOk = batch.readUInt32BE(layout.crc) === checksumOf(batch);
    this.codec = codecs[attributes & codecMask];
    this.timestampType = attributes & logAppendTimeBit ? 'log-append' : 'create';
    this.isTransactional = (attributes & transactionalBit) !== 0;
    this.isControl = (attributes & controlBit) !== 0;
    this.lastOffsetDelta = batch.readInt32BE(layout.lastOffsetDelta);
    this.baseTimestamp = Number(batch.readBigInt64BE(layout.baseTimestamp));
    this.maxTimestamp = Number(batch.readBigInt64BE(layout.maxTimestamp));
    this.producerId = batch.readBigInt64BE(layout.producerId);
    this.producerEpoch = batch.readInt16BE(layout.producerEpoch);
    this.baseSequence = batch.readInt32BE(layout.baseSequence);
    this.statedCount = batch.readInt32BE(layout.count);
  }
}

/** One batch. If its records cannot be read, `undecodable` says why, `count` is 0 and `bytes` is the whole batch. */
export class RecordBatch extends RecordBatchHeader implements RecordColumns {
  readonly undecodable: string | undefined;
  /** Records in the columns. */
  readonly count: number;
  readonly bytes: Buffer;
  readonly offset: Float64Array;
  readonly timestamp: Float64Array;
  readonly keyStart: Int32Array;
  readonly keyEnd: Int32Array;
  readonly valueStart: Int32Array;
  readonly valueEnd: Int32Array;
  readonly headersStart: Int32Array;
  readonly headersEnd: Int32Array;

  constructor(batch: Buffer) {
    const problem = formatProblem(batch);
    super(problem === undefined ? batch : headerOf(batch));
    const read = problem === undefined ? readRecords(this, batch) : { columns: noColumns, problem };
    const columns = read.columns;
    this.undecodable = read.problem;
    this.count = columns.offset.length;
    this.bytes = read.problem === undefined ? columns.bytes : batch;
    this.offset = columns.offset;
    this.timestamp = columns.timestamp;
    this.keyStart = columns.keyStart;
    this.keyEnd = columns.keyEnd;
    this.valueStart = columns.valueStart;
    this.valueEnd = columns.valueEnd;
    this.headersStart = columns.headersStart;
    this.headersEnd = columns.headersEnd;
  }

  /** A view of record `i`'s key. */
  key(i: number): Buffer | null {
    return this.keyStart[i]! < 0 ? null : this.bytes.subarray(this.keyStart[i], this.keyEnd[i]);
  }

  value(i: number): Buffer | null {
    return this.valueStart[i]! < 0 ? null : this.bytes.subarray(this.valueStart[i], this.valueEnd[i]);
  }

  /** The value of the first header with that name (later ones were added on the way), null if there is none. */
  header(i: number, name: string): Buffer | null {
    const wanted = nameBytes(name);
    const reader = new VarintReader(this.bytes);
    reader.position = this.headersStart[i]!;
    const end = this.headersEnd[i]!;
    while (reader.position < end) {
      const nameLength = reader.skipField();
      const isWanted = nameLength === wanted.length && endsWith(this.bytes, reader.position, wanted);
      const length = reader.skipField();
      if (isWanted) return length < 0 ? null : this.bytes.subarray(reader.position - length, reader.position);
    }
    return null;
  }

  /**
   * Finds where in `bytes` the first value of each of these headers begins and ends; −1 for a missing or null header.
   * It passes through the record's headers once.
   */
  findHeaders(i: number, names: readonly Buffer[], spans: Int32Array): void {
    spans.fill(-1);
    let seen = 0;
    const reader = new VarintReader(this.bytes);
    reader.position = this.headersStart[i]!;
    const end = this.headersEnd[i]!;
    while (reader.position < end) {
      const nameLength = reader.skipField();
      const nameEnd = reader.position;
      const length = reader.skipField();
      for (let which = 0; which < names.length; which++) {
        const name = names[which]!;
        if (seen & (1 << which) || name.length !== nameLength || !endsWith(this.bytes, nameEnd, name))
          continue;
        seen |= 1 << which;
        if (length < 0) break;
        spans[2 * which] = reader.position - length;
        spans[2 * which + 1] = reader.position;
        break;
      }
    }
  }

  *headers(i: number): Generator<[name: string, value: Buffer | null]> {
    const reader = new VarintReader(this.bytes);
    reader.position = this.headersStart[i]!;
    while (reader.position < this.headersEnd[i]!) {
      const nameLength = reader.skipField();
      const name = this.bytes.toString('utf8', reader.position - nameLength, reader.position);
      const length = reader.skipField();
      yield [name, length < 0 ? null : this.bytes.subarray(reader.position - length, reader.position)];
    }
  }
}

/** The batches in a fetch response's records. A truncated last batch is skipped, as Kafka's protocol intends. */
export function* decodeRecordBatches(bytes: Buffer): Generator<RecordBatch> {
  for (const batch of splitBatches(bytes)) yield new RecordBatch(batch);
}

/** The bytes of each complete batch. */
export function* splitBatches(bytes: Buffer): Generator<Buffer> {
  let start = 0;
  while (start + layout.crc <= bytes.length) {
    const length = bytes.readInt32BE(start + layout.length);
    const end = start + lengthOverheadBytes + length;
    // With an impossible length, the start of the next batch is unknown, so all remaining bytes count as this batch.
    const isLengthPossible = length >= layout.crc - lengthOverheadBytes;
    if (isLengthPossible && end > bytes.length) return;
    yield bytes.subarray(start, isLengthPossible ? end : bytes.length);
    start = isLengthPossible ? end : bytes.length;
  }
}

/** The offset at which to continue reading after a batch. */
export function nextOffset(batch: Buffer): number {
  const baseOffset = Number(batch.readBigInt64BE(layout.baseOffset));
  if (formatProblem(batch) !== undefined) return baseOffset + 1;
  const span = batch.readInt32BE(layout.lastOffsetDelta) + 1;
  const count = batch.readInt32BE(layout.count);
  // Span and count differ after compaction. In a damaged batch either may be wrong; the smaller skips no other batch.
  if (span === count || batch.readUInt32BE(layout.crc) === checksumOf(batch))
    return baseOffset + Math.max(1, span);
  return baseOffset + Math.max(1, Math.min(span, count));
}

function formatProblem(batch: Buffer): string | undefined {
  const length = batch.readInt32BE(layout.length);
  const magic = batch.readInt8(layout.magic);
  if (length !== batch.length - lengthOverheadBytes) return `a batch cannot have the length ${length}`;
  if (magic !== 2) return `the record format ${magic} is not read, only 2 (Kafka 0.11 and newer)`;
  return batch.length < layout.records ? `a batch cannot have the length ${length}` : undefined;
}

/** The header for a batch whose own cannot be read: it has only the batch's position. */
function headerOf(batch: Buffer): Buffer {
  const header = Buffer.alloc(layout.records);
  batch.copy(header, 0, 0, layout.crc);
  header.writeBigInt64BE(-1n, layout.producerId);
  return header;
}

function readRecords(
  header: RecordBatchHeader,
  batch: Buffer,
): { columns: RecordColumns; problem: string | undefined } {
  try {
    if (header.codec === undefined) throw new RangeError('its compression codec is unknown');
    const bytes = decompress(header.codec, batch.subarray(layout.records));
    const columns = readColumns(bytes, header);
    if (header.timestampType === 'log-append') columns.timestamp.fill(header.maxTimestamp);
    return { columns, problem: undefined };
  } catch (error) {
    // Decompressors and the parser throw various errors on damaged bytes; the damage is data.
    return { columns: noColumns, problem: messageOf(error) };
  }
}

const namesEncoded = new Map<string, Buffer>();

function nameBytes(name: string): Buffer {
  let bytes = namesEncoded.get(name);
  if (bytes === undefined) namesEncoded.set(name, (bytes = Buffer.from(name)));
  return bytes;
}

// Compares backwards: header names that have a common prefix differ at their ends.
function endsWith(bytes: Buffer, end: number, wanted: Buffer): boolean {
  for (let i = 1; i <= wanted.length; i++) {
    if (bytes[end - i] !== wanted[wanted.length - i]) return false;
  }
  return true;
}
