/** Reads the records of one batch into columns, and checks every length: hostile bytes lead to MalformedRecords. */
import { MalformedRecords, VarintReader } from './varint-reader.ts';

export interface RecordColumns {
  /** The records section, decompressed. */
  readonly bytes: Buffer;
  /** Absolute, not a delta. */
  readonly offset: Float64Array;
  /** Milliseconds since the epoch. */
  readonly timestamp: Float64Array;
  // Positions in `bytes`; a start of -1 stands for null.
  readonly keyStart: Int32Array;
  readonly keyEnd: Int32Array;
  readonly valueStart: Int32Array;
  readonly valueEnd: Int32Array;
  readonly headersStart: Int32Array;
  readonly headersEnd: Int32Array;
}

/** The base values in the batch's header, from which the records' deltas count. */
export interface RecordOrigin {
  statedCount: number;
  baseOffset: number;
  lastOffsetDelta: number;
  baseTimestamp: number;
}

// Length, attributes, two deltas, two field lengths and the count of headers.
const recordBytesMin = 7;

export const noColumns: RecordColumns = allocate(Buffer.alloc(0), 0);

export function readColumns(bytes: Buffer, origin: RecordOrigin): RecordColumns {
  const { statedCount: count, baseOffset, lastOffsetDelta, baseTimestamp } = origin;
  // Checked before memory is allocated for this many records.
  if (count < 0 || count * recordBytesMin > bytes.length)
    throw new MalformedRecords(`${count} records do not fit into ${bytes.length} bytes`);
  const columns = allocate(bytes, count);
  const reader = new VarintReader(bytes);
  let lastDelta = -1;
  for (let i = 0; i < count; i++) {
    const length = reader.readInt();
    const end = reader.position + length;
    if (length < 0 || end > bytes.length)
      throw new MalformedRecords(`record ${i} of ${length} bytes does not fit, at byte ${reader.position}`);
    reader.limit = end;
    reader.readByte(); // attributes: none are defined
    columns.timestamp[i] = baseTimestamp + reader.readLong();
    const delta = reader.readInt();
    if (delta <= lastDelta || delta > lastOffsetDelta)
      throw new MalformedRecords(
        `record ${i} has offset delta ${delta} after ${lastDelta}, of ${lastOffsetDelta}`,
      );
    lastDelta = delta;
    columns.offset[i] = baseOffset + delta;
    const keyLength = reader.skipField();
    columns.keyStart[i] = keyLength < 0 ? -1 : reader.position - keyLength;
    columns.keyEnd[i] = reader.position;
    const valueLength = reader.skipField();
    columns.valueStart[i] = valueLength < 0 ? -1 : reader.position - valueLength;
    columns.valueEnd[i] = reader.position;
    skipHeaders(reader, i, columns);
    if (reader.position !== end)
      throw new MalformedRecords(`record ${i} ends at ${reader.position}, not at ${end}`);
    reader.limit = bytes.length;
  }
  if (reader.position !== bytes.length)
    throw new MalformedRecords(`${bytes.length - reader.position} bytes follow the last record`);
  return columns;
}

function skipHeaders(reader: VarintReader, i: number, columns: RecordColumns): void {
  const headerCount = reader.readInt();
  if (headerCount < 0) throw new MalformedRecords(`record ${i} has ${headerCount} headers`);
  columns.headersStart[i] = reader.position;
  for (let header = 0; header < headerCount; header++) {
    if (reader.skipField() < 0) throw new MalformedRecords(`record ${i} has a header without a name`);
    reader.skipField();
  }
  columns.headersEnd[i] = reader.position;
}

/** Allocates one buffer for all columns: many small buffers would burden the garbage collector. */
function allocate(bytes: Buffer, count: number): RecordColumns {
  const memory = new ArrayBuffer(count * (2 * 8 + 6 * 4));
  const doubles = (column: number): Float64Array => new Float64Array(memory, column * 8 * count, count);
  const ints = (column: number): Int32Array => new Int32Array(memory, (16 + column * 4) * count, count);
  return {
    bytes,
    offset: doubles(0),
    timestamp: doubles(1),
    keyStart: ints(0),
    keyEnd: ints(1),
    valueStart: ints(2),
    valueEnd: ints(3),
    headersStart: ints(4),
    headersEnd: ints(5),
  };
}
