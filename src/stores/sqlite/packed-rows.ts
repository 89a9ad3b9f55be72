/**
 * Many rows out of SQLite as one piece of bytes. Handing over a row column by column takes node:sqlite some
 * 4 µs, most of it for an object around each blob; having SQLite write hundreds of them into one blob takes a
 * sixth of that. Columns hold values of any type, whatever was declared, and a row that somebody altered must
 * be read like any other: what is no integer is NaN, what is no text is read as its text.
 */
import { quoted, tableOf } from '../table-names.ts';
import type { StoredRows } from '../stored-rows.ts';

/** What a row is of, in this order: three integers, then the texts and bytes. */
const integers = ['sequence', 'partition', 'offset'].map(quoted);
const fields = ['run', 'producer', 'id', 'topic_id', 'key', 'payload', 'digest', 'stored_at'];

const comma = 0x2c;
const minus = 0x2d;
const zero = 0x30;
const exactDigitsMax = 15;

/** `12,0,34,3,2,…,` (integers, then lengths, nothing where there is none), and behind it all fields. */
function packed(textOf: (integer: string) => string): string {
  const numbers = [...integers.map(textOf), ...fields.map((name) => `octet_length(${name})`)];
  return `concat(${numbers.map((number) => `${number}, ','`).join(', ')}, ${fields.join(', ')})`;
}

/** So that a piece has a limit. */
const fieldBytesMax = 2_048;

/**
 * Rows whose integers are none, whose place is none that the next row can be asked for by, or that are large.
 * Where something is NULL, so is what is asked of it, and counts as false.
 */
const isExtraordinary = [
  `typeof(sequence) NOT IN ('integer', 'null') OR typeof(topic_id) <> 'text'`,
  `typeof(partition) <> 'integer' OR typeof("offset") <> 'integer'`,
  `partition NOT BETWEEN 0 AND 2147483647 OR "offset" NOT BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER}`,
  ...fields.map((name) => `octet_length(${name}) > ${fieldBytesMax}`),
].join(' OR ');

export interface PackedSelects {
  /** Whether a row is out of the ordinary: 1, or 0. */
  hasExtraordinary: string;
  /** The next so many rows behind a place, as one piece. It takes ordinary rows. */
  next: string;
  /** The first so many rows, a piece each. */
  each: string;
}

/** `each`, of the rows that meet a condition. */
export function packedSelects(category: string, condition = 'true'): PackedSelects {
  const table = quoted(tableOf(category));
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

/** Puts the rows of a piece into the columns, which have begun with it. Returns where the last one's topic id lies. */
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

  /** Up to the next comma; NaN where there is nothing before it. */
  next(): number {
    const bytes = this.#bytes;
    const start = this.position;
    const isNegative = bytes[start] === minus;
    let at = isNegative ? start + 1 : start;
    let number = 0;
    for (; bytes[at] !== comma; at++) number = number * 10 + (bytes[at]! - zero);
    this.position = at + 1;
    if (at === start) return NaN;
    // One digit after another, a number beyond 2^53 would be rounded more than once.
    if (at - start > exactDigitsMax) return Number(bytes.toString('latin1', start, at));
    return isNegative ? -number : number;
  }
}
