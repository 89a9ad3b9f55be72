/**
 * Inserts a batch's rows by category, with many rows per statement. Binding a value costs about as much as inserting
 * it. So values that rows share are bound once, and of each row's own values only the numbers are bound: the bytes of
 * all rows are bound as one piece, from which SQLite cuts keys, payloads and digests.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { RowBatch } from '../row-batch.ts';
import { quoted } from '../table-names.ts';

/** Rows per statement; the largest size that fits comes first. */
const statementRows = [128, 16, 1] as const;
/** The piece has a limit because SQLite copies all of it, including other categories' rows in between. */
const pieceBytesMax = 256 * 1024;
const ownColumns = 9;

type Value = number | null;

export class RowInserter {
  readonly #database: DatabaseSync;
  /** By category. */
  readonly #tables: readonly string[];
  /** By category and size; each is prepared at its first use. */
  readonly #statements = new Map<string, StatementSync>();
  readonly #values = new Map(
    statementRows.map((rows) => [rows, Array.from({ length: rows * ownColumns }, (): Value => null)]),
  );
  #order = new Int32Array(0);
  /** Where the current piece begins in the batch's bytes; `#end` is where it ends. */
  #start = 0;
  #end = 0;

  constructor(database: DatabaseSync, tables: readonly string[]) {
    this.#database = database;
    this.#tables = tables;
  }

  /** Leaves rows unchanged that the store already has. */
  insert(topicId: string, storedAt: string, batch: RowBatch): void {
    const ends = this.#sort(batch);
    let start = 0;
    for (const [category, end] of ends.entries()) {
      while (start < end) {
        const alikeEnd = this.#endOfAlike(batch, start, end);
        for (const size of statementRows) {
          for (; alikeEnd - start >= size; start += size) {
            this.#insert(category, size, topicId, storedAt, batch, start);
          }
        }
      }
    }
  }

  /** Groups the rows by category, in their order; returns where each category's rows end. */
  #sort({ count, category }: RowBatch): number[] {
    if (this.#order.length < count) this.#order = new Int32Array(2 * count);
    const ends = this.#tables.map(() => 0);
    for (let row = 0; row < count; row++) ends[category[row]!]! += 1;
    let start = 0;
    for (let index = 0; index < ends.length; index++) {
      const own = ends[index]!;
      ends[index] = start;
      start += own;
    }
    for (let row = 0; row < count; row++) this.#order[ends[category[row]!]!++] = row;
    return ends;
  }

  /** The end of the rows that have the same origin and fit into one piece. */
  #endOfAlike(batch: RowBatch, start: number, end: number): number {
    const { run, producer, otherIds } = batch;
    const order = this.#order;
    const first = order[start]!;
    if (otherIds.has(first)) return start + 1;
    this.#beginPiece();
    this.#extendPiece(batch, first);
    for (let at = start + 1; at < end; at++) {
      const row = order[at]!;
      if (run[row] !== run[first] || producer[row] !== producer[first]) return at;
      if (otherIds.size > 0 && otherIds.has(row)) return at;
      this.#extendPiece(batch, row);
      if (this.#end - this.#start > pieceBytesMax) return at;
    }
    return end;
  }

  #insert(
    category: number,
    size: (typeof statementRows)[number],
    topicId: string,
    storedAt: string,
    batch: RowBatch,
    start: number,
  ): void {
    const order = this.#order;
    const first = order[start]!;
    this.#beginPiece();
    for (let index = start; index < start + size; index++) this.#extendPiece(batch, order[index]!);
    // SQLite would bind an empty array as NULL, so the piece has at least one byte.
    const piece = batch.bytes.subarray(this.#start, Math.max(this.#end, this.#start + 1));
    const shared: Record<string, string | number | Uint8Array | null> = {
      $run: batch.textAt(batch.run[first]!),
      $producer: batch.textAt(batch.producer[first]!),
      $topicId: topicId,
      $storedAt: storedAt,
      $piece: piece,
    };
    const hasOtherId = batch.otherIds.has(first);
    if (hasOtherId) shared['$id'] = batch.id(first);
    this.#statement(category, size, hasOtherId).run(shared, ...this.#ownValues(batch, start, size));
  }

  /**
   * Sequence, partition and offset, and the positions of key, payload and digest in the piece: SQLite counts from 1.
   */
  #ownValues(batch: RowBatch, start: number, size: (typeof statementRows)[number]): Value[] {
    const { sequence, partition, offset } = batch;
    const { keyStart, keyEnd, payloadStart, payloadEnd, digestStart, digestEnd } = batch;
    const before = this.#start - 1;
    const values = this.#values.get(size)!;
    let at = 0;
    for (let index = start; index < start + size; index++) {
      const row = this.#order[index]!;
      const [key, payload, digest] = [keyStart[row]!, payloadStart[row]!, digestStart[row]!];
      const number = sequence[row]!;
      values[at++] = Number.isNaN(number) ? null : number;
      values[at++] = partition[row]!;
      values[at++] = offset[row]!;
      values[at++] = key - before;
      values[at++] = key < 0 ? null : keyEnd[row]! - key;
      values[at++] = payload - before;
      values[at++] = payload < 0 ? null : payloadEnd[row]! - payload;
      values[at++] = digest - before;
      values[at++] = digest < 0 ? null : digestEnd[row]! - digest;
    }
    return values;
  }

  #beginPiece(): void {
    this.#start = Infinity;
    this.#end = 0;
  }

  #extendPiece(batch: RowBatch, row: number): void {
    const { keyStart, keyEnd, payloadStart, payloadEnd, digestStart, digestEnd } = batch;
    this.#extend(keyStart[row]!, keyEnd[row]!);
    this.#extend(payloadStart[row]!, payloadEnd[row]!);
    this.#extend(digestStart[row]!, digestEnd[row]!);
  }

  #extend(start: number, end: number): void {
    if (start < 0) return;
    if (start < this.#start) this.#start = start;
    if (end > this.#end) this.#end = end;
  }

  #statement(category: number, size: number, hasOtherId: boolean): StatementSync {
    const key = `${category} ${size} ${hasOtherId}`;
    let statement = this.#statements.get(key);
    if (statement === undefined) {
      statement = this.#database.prepare(insertText(this.#tables[category]!, size, hasOtherId));
      this.#statements.set(key, statement);
    }
    return statement;
  }
}

/** `substr` with a NULL length gives NULL. Numbers are bound as doubles, so the id needs a cast to an integer. */
function insertText(table: string, size: number, hasOtherId: boolean): string {
  const id = hasOtherId ? '$id' : `$producer || '-' || CAST(column1 AS INTEGER)`;
  const row = `(${Array.from({ length: ownColumns }, () => '?').join()})`;
  // Without WHERE, SQLite would parse ON as the condition of a join.
  return `
    INSERT INTO ${quoted(table)}
      (run, producer, sequence, id, topic_id, partition, "offset", key, payload, digest, stored_at)
    SELECT $run, $producer, column1, ${id}, $topicId, column2, column3, substr($piece, column4, column5),
      substr($piece, column6, column7), CAST(substr($piece, column8, column9) AS TEXT), $storedAt
    FROM (VALUES ${Array.from({ length: size }, () => row).join()})
    WHERE true ON CONFLICT DO NOTHING`;
}
