/**
 * The insertion of a batch's rows, by category: many rows a statement, and what they share bound once,
 * since binding costs about as much as inserting.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { RowBatch } from '../row-batch.ts';
import { quoted, tableOf } from '../table-names.ts';

/** Rows a statement, the largest that fits first. */
const statementRows = [64, 8, 1] as const;
const ownColumns = 7;

export class RowInserter {
  readonly #database: DatabaseSync;
  readonly #categories: readonly string[];
  /** By category and size; made when they are first wanted. */
  readonly #statements = new Map<string, StatementSync>();
  #order = new Int32Array(0);

  constructor(database: DatabaseSync, categories: readonly string[]) {
    this.#database = database;
    this.#categories = categories;
  }

  /** Rows that are there already are left as they are. */
  insert(topicId: string, storedAt: string, batch: RowBatch): void {
    const ends = this.#sort(batch);
    let start = 0;
    for (const [category, end] of ends.entries()) {
      while (start < end) {
        const sameEnd = this.#endOfSameOrigin(batch, start, end);
        for (const size of statementRows) {
          for (; sameEnd - start >= size; start += size) {
            this.#insert(category, size, topicId, storedAt, batch, start);
          }
        }
      }
    }
  }

  /** Puts the rows of each category together, in their order; returns where each category's end. */
  #sort({ count, category }: RowBatch): number[] {
    if (this.#order.length < count) this.#order = new Int32Array(2 * count);
    const ends = this.#categories.map(() => 0);
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

  #endOfSameOrigin({ run, producer }: RowBatch, start: number, end: number): number {
    const order = this.#order;
    const first = order[start]!;
    let at = start + 1;
    while (at < end && run[order[at]!] === run[first] && producer[order[at]!] === producer[first]) at += 1;
    return at;
  }

  #insert(
    category: number,
    size: number,
    topicId: string,
    storedAt: string,
    batch: RowBatch,
    start: number,
  ): void {
    const first = this.#order[start]!;
    const values: SQLInputValue[] = [
      batch.textAt(batch.run[first]!),
      batch.textAt(batch.producer[first]!),
      topicId,
      storedAt,
    ];
    for (let index = start; index < start + size; index++) {
      const row = this.#order[index]!;
      values.push(
        batch.sequenceOf(row),
        batch.id(row),
        batch.partition[row]!,
        batch.offset[row]!,
        batch.key(row),
        batch.payload(row),
        batch.digest(row),
      );
    }
    this.#statement(category, size).run(...values);
  }

  #statement(category: number, size: number): StatementSync {
    const key = `${category} ${size}`;
    let statement = this.#statements.get(key);
    if (statement === undefined) {
      statement = this.#database.prepare(insertText(this.#categories[category]!, size));
      this.#statements.set(key, statement);
    }
    return statement;
  }
}

function insertText(category: string, size: number): string {
  const row = `(${Array.from({ length: ownColumns }, () => '?').join()})`;
  // Without WHERE, SQLite takes ON for the condition of a join.
  return `
    INSERT INTO ${quoted(tableOf(category))}
      (run, producer, sequence, id, topic_id, partition, "offset", key, payload, digest, stored_at)
    SELECT run, producer, column1, column2, topic_id, column3, column4, column5, column6, column7, stored_at
    FROM (SELECT ? AS run, ? AS producer, ? AS topic_id, ? AS stored_at)
      CROSS JOIN (VALUES ${Array.from({ length: size }, () => row).join()})
    WHERE true ON CONFLICT DO NOTHING`;
}
