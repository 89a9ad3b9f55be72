/**
 * Reads many rows from SQLite as one blob (a piece). node:sqlite needs about 4 µs per row to return single columns,
 * most of it for an object around each blob; a query that makes SQLite pack hundreds of rows into one blob takes a
 * sixth of that. SQLite's columns hold values of any type, and a row that a user has changed must be readable too, so
 * that the audit can report it: a value that should be an integer and is not becomes NaN, any other value becomes its
 * text.
 */
import { quoted } from '../table-names.ts';
import type { StoredRows } from '../stored-rows.ts';

/** The fields of a row, in this order: three integers, then the texts and bytes. */
const integers = ['sequence', 'partition', 'offset'].map(quoted);
const fields = ['run', 'producer', 'id', 'topic_id', 'key', 'payload', 'digest', 'stored_at'];

const comma = 0x2c;
const minus = 0x2d;
const zero = 0x30;
const exactDigitsMax = 15;

/** `12,0,34,3,2,…,` (integers, then lengths; empty for NULL), followed by all fields. */
function packed(textOf: (integer: string) => string): string {
  const numbers = [...integers.map(textOf), ...fields.map((name) => `octet_length(${name})`)];
  return `concat(${numbers.map((number) => `${number}, ','`).join(', ')}, ${fields.join(', ')})`;
}

/** Limits the size of a piece. */
const fieldBytesMax = 2_048;

/**
 * True for rows with an integer column that is not an integer, with a place that cannot serve as the start of the next
 * query, or with a large field. A comparison with NULL gives NULL, which counts as false.
 */
const isExtraordinary = [
  `typeof(sequence) NOT IN ('integer', 'null') OR typeof(topic_id) <> 'text'`,
  `typeof(partition) <> 'integer' OR typeof("offset") <> 'integer'`,
  `partition NOT BETWEEN 0 AND 2147483647 OR "offset" NOT BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER}`,
  ...fields.map((name) => `octet_length(${name}) > ${fieldBytesMax}`),
].join(' OR ');

export interface PackedSelects {
  /** Whether any row is extraordinary: 1 or 0. */
  hasExtraordinary: string;
  /** A limited number of rows after a place, as one piece. All rows must be ordinary. */
  next: string;
  /** A limited number of rows from the beginning, one piece per row. */
  each: string;
}

/** `condition` applies to `each`. */
export function packedSelects(tableName: string, condition = 'true'): PackedSelects {
  const table = quoted(tableName);
  const inOrder = 'ORDER BY topic_id, partition, "offset" LIMIT ?';
  return {
    hasExtraordinary: `SELECT EXISTS (SELECT 1 FROM ${table} WHERE ${isExtraordinary})`,
    next: `SELECT count(*), CAST(group_concat(row, '') AS BLOB) FROM (
      SELECT ${packed((integer) => integer)} AS row FROM ${table}
      WHERE (topic_id, partition, "offset") > (CAST(? AS TEXT), ?, ?) ${inOrder})`,
    each: `SELECT CAST(${packed((integer) => `CASE typeof(${integer}) WHEN 'integer' THEN ${integer} END`)} AS BLOB)
      FROM ${table} WHERE ${condition} ${inOrder}`,
  };
}

/** Reads a piece, with which `rows` has begun, into the columns. Returns the position of the last row's topic id. */
export function unpack(rows: StoredRows): [start: number, end: number] {
  const { bytes } = rows;
  const lengths = new Int32Array(fields.length);
  const reader = new NumberReader(bytes);
  let topicId: [number, number] = [0, 0];
  while (reader.position < bytes.length) {
    const row = rows.count++;
    rows.sequence[row] = reader.next();
    rows.partition[row] = reader.next();
    rows.offset[row] = reader.next();
    for (let field = 0; field < lengths.length; field++) {
      const length = reader.next();
      lengths[field] = Number.isNaN(length) ? -1 : length;
    }
    let end = reader.position;
    const startOf = (field: number): number => {
      const length = lengths[field]!;
      const start = length < 0 ? -1 : end;
      if (length > 0) end += length;
      return start;
    };
    rows.run.set(row, bytes, startOf(0), end);
    rows.producer.set(row, bytes, startOf(1), end);
    rows.id.set(row, startOf(2), end);
    const topicStart = startOf(3);
    topicId = [topicStart, end];
    rows.topicId.set(row, bytes, topicStart, end);
    rows.key.set(row, startOf(4), end);
    rows.payload.set(row, startOf(5), end);
    rows.digest.set(row, startOf(6), end);
    rows.storedAt.set(row, bytes, startOf(7), end);
    reader.position = end;
  }
  return topicId;
}

class NumberReader {
  position = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The number before the next comma; NaN if it is empty. */
  next(): number {
    const bytes = this.#bytes;
    const start = this.position;
    const isNegative = bytes[start] === minus;
    let at = isNegative ? start + 1 : start;
    let number = 0;
    for (; bytes[at] !== comma; at++) number = number * 10 + (bytes[at]! - zero);
    this.position = at + 1;
    if (at === start) return NaN;
    // Added up digit by digit, a number beyond 2^53 would be rounded more than once.
    if (at - start > exactDigitsMax) return Number(bytes.toString('latin1', start, at));
    return isNegative ? -number : number;
  }
}
