import { statSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { unavailableError } from '../../errors.ts';
import type { StoredDeadLetter, StoredPositions, StoreSearch, StoreSnapshot } from '../store-snapshot.ts';
import { readPositions } from '../stored-positions.ts';
import { StoredRows } from '../stored-rows.ts';
import { busyTimeoutMs, refuseNoStore } from './own-database.ts';
import { packedSelects, unpack } from './packed-rows.ts';
import type { Tables } from '../table-names.ts';
import { refuseOtherEncoding, tablesIn } from './schema.ts';
import { withErrorText } from './store.ts';

const chunkRows = 512;

/** Opens one snapshot of an SQLite store for reading. The file must exist. */
export function openSqliteSnapshot(path: string): StoreSnapshot {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw unavailableError(`There is no store at ${path}.`);
  }
  return withErrorText(path, () => {
    refuseNoStore(path);
    return new SqliteSnapshot(path);
  });
}

class SqliteSnapshot implements StoreSnapshot {
  readonly categories: readonly string[];
  readonly #path: string;
  readonly #tables: Tables;
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#path = path;
    this.#database = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
    // The first read within a transaction fixes the snapshot for all later reads.
    this.#database.exec('BEGIN');
    refuseOtherEncoding(this.#database);
    refuseOthersThanTables(this.#database);
    this.#tables = tablesIn(this.#database);
    this.categories = [...this.#tables.keys()];
  }

  async positions(topicId: string): Promise<StoredPositions> {
    return withErrorText(this.#path, () => {
      // A text that looks like a number must not count as one, and node:sqlite throws on an integer beyond 2^53.
      const written = (column: string): string =>
        `CASE typeof(${column}) WHEN 'null' THEN NULL ELSE quote(${column}) END`;
      const select = `SELECT ${written('partition')} AS partition, ${written('next_offset')} AS next
        FROM offsets WHERE topic_id = ? COLLATE BINARY`;
      const rows = this.#database.prepare(select).all(topicId);
      return readPositions(rows as { partition: string | null; next: string | null }[]);
    });
  }

  async *rows(category: string, limit = Infinity): AsyncIterable<StoredRows> {
    yield* this.#explained(this.#rows(category, limit));
  }

  async *deadLetters(limit = Infinity): AsyncIterable<readonly StoredDeadLetter[]> {
    yield* this.#explained(inChunks(this.#deadLetters(limit)));
  }

  async *find(category: string, search: StoreSearch): AsyncIterable<StoredRows> {
    yield* this.#explained(this.#find(category, search));
  }

  async *findDeadLetters(search: StoreSearch): AsyncIterable<readonly StoredDeadLetter[]> {
    const { condition, values } = conditionOf({ ...search, message: undefined });
    yield* this.#explained(inChunks(this.#deadLetters(Infinity, condition, values)));
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  *#rows(category: string, limit: number): Iterable<StoredRows> {
    const selects = packedSelects(this.#tables.get(category)!);
    const rows = new StoredRows(category);
    // If only a few rows are read, the search for extraordinary rows would take longer than reading them.
    if (limit === Infinity && this.#isKeyed(category) && this.#isFalse(selects.hasExtraordinary)) {
      yield* this.#chunks(selects.next, rows);
    } else {
      yield* this.#pieces(selects.each, [sqlLimit(limit)], rows);
    }
  }

  *#find(category: string, search: StoreSearch): Iterable<StoredRows> {
    const { condition, values } = conditionOf(search);
    const { each } = packedSelects(this.#tables.get(category)!, condition);
    yield* this.#pieces(each, [...values, sqlLimit(Infinity)], new StoredRows(category));
  }

  *#pieces(select: string, values: readonly SQLInputValue[], rows: StoredRows): Iterable<StoredRows> {
    for (const [piece] of this.#iterate(select, values)) {
      rows.begin(bytes(piece)!, 1);
      unpack(rows);
      yield rows;
    }
  }

  *#chunks(select: string, rows: StoredRows): Iterable<StoredRows> {
    const next = this.#prepare(select);
    let behind: RowKey = [Buffer.alloc(0), -1, -1];
    for (;;) {
      const [count, piece] = next.get(...behind, chunkRows) as unknown as [number, SQLOutputValue];
      if (count === 0) return;
      rows.begin(bytes(piece)!, count);
      const [topicStart, topicEnd] = unpack(rows);
      const last = count - 1;
      behind = [rows.bytes.subarray(topicStart, topicEnd), rows.partition[last]!, rows.offset[last]!];
      yield rows;
    }
  }

  /**
   * Whether places are unique, as in nodrop's own tables: each chunk continues after the last place of the one before.
   */
  #isKeyed(category: string): boolean {
    const select = `SELECT (SELECT group_concat(name || ' ' || coll) FROM pragma_index_xinfo(
        (SELECT name FROM pragma_index_list(schema.name) WHERE origin = 'pk')) WHERE key), sql
      FROM sqlite_schema AS schema WHERE type = 'table' AND name = ? COLLATE NOCASE`;
    const [key, sql] = this.#prepare(select).get(this.#tables.get(category)!) as unknown as [
      string | null,
      string,
    ];
    // If a column's comparisons differed from the key's order, chunks would skip rows.
    return key === 'topic_id BINARY,partition BINARY,offset BINARY' && !/collate/i.test(sql);
  }

  #isFalse(select: string): boolean {
    const [answer] = this.#prepare(select).get() as unknown as [number];
    return answer === 0;
  }

  *#deadLetters(
    limit: number,
    condition = 'true',
    values: readonly SQLInputValue[] = [],
  ): Iterable<StoredDeadLetter> {
    const select = `
      SELECT topic_id, ${integer('partition')}, ${integer('offset')}, key, payload, headers, reason, stored_at
      FROM dead_letters WHERE ${condition} ORDER BY topic_id, partition, "offset" LIMIT ?`;
    for (const raw of this.#iterate(select, [...values, sqlLimit(limit)])) {
      const [topicId, partition, offset, key, payload, headers, reason, storedAt] = raw;
      yield {
        topicId: text(topicId) ?? '',
        partition: (partition as number | null) ?? NaN,
        offset: (offset as number | null) ?? NaN,
        key: bytes(key),
        payload: bytes(payload),
        headers: bytes(headers),
        reason: text(reason) ?? '',
        storedAt: text(storedAt) ?? '',
      };
    }
  }

  #prepare(select: string): StatementSync {
    const statement = this.#database.prepare(select);
    statement.setReturnArrays(true);
    return statement;
  }

  *#iterate(select: string, values: readonly SQLInputValue[]): Iterable<SQLOutputValue[]> {
    yield* this.#prepare(select).iterate(...values) as unknown as Iterable<SQLOutputValue[]>;
  }

  /** Adds the path to errors during the iteration, as `withErrorText` does to all errors of the database. */
  *#explained<T>(chunks: Iterable<T>): Iterable<T> {
    try {
      yield* chunks;
    } catch (error) {
      withErrorText(this.#path, () => {
        throw error;
      });
    }
  }
}

/** Throws `unavailable` if a view or a virtual table replaces a table: it may hide rows. SQLite's names ignore case. */
function refuseOthersThanTables(database: DatabaseSync): void {
  const select = `SELECT name, type FROM pragma_table_list
    WHERE schema = 'main' AND lower(name) IN ('dead_letters', 'offsets', '_categories') AND type <> 'table'`;
  const other = database.prepare(select).get() as { name: string; type: string } | undefined;
  if (other === undefined) return;
  const kind = other.type === 'virtual' ? 'virtual table' : other.type;
  throw unavailableError(`The store's ${other.name} is a ${kind}, and may hide rows: it should be a table.`);
}

/** The place of a row. */
type RowKey = [topicId: Buffer, partition: number, offset: number];

function conditionOf({ message, topicId, places }: StoreSearch): {
  condition: string;
  values: SQLInputValue[];
} {
  const parts = places.map(() => '(topic_id = ? AND partition = ? AND "offset" = ?)');
  const values = places.flatMap(({ partition, offset }): SQLInputValue[] => [topicId, partition, offset]);
  if (message === undefined) return { condition: parts.join(' OR ') || 'false', values };
  return {
    condition: ['(run = ? AND id = ?)', ...parts].join(' OR '),
    values: [message.run, message.id, ...values],
  };
}

const sqlLimit = (limit: number): number => (Number.isFinite(limit) ? limit : -1);

function* inChunks<T>(rows: Iterable<T>): Iterable<T[]> {
  let chunk: T[] = [];
  for (const row of rows) {
    chunk.push(row);
    if (chunk.length < chunkRows) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

// SQLite's columns hold values of any type. A row that a user has changed must be readable too, so that the audit can
// report what is wrong with it.

/** An integer as a double, because an integer beyond 2^53 would end the whole scan; null for other values. */
const integer = (column: string): string =>
  `CASE typeof("${column}") WHEN 'integer' THEN CAST("${column}" AS REAL) END`;

function text(value: SQLOutputValue | undefined): string | null {
  if (value === null || value === undefined) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value);
}

function bytes(value: SQLOutputValue | undefined): Buffer | null {
  if (value === null || value === undefined) return null;
  if (!(value instanceof Uint8Array)) return Buffer.from(String(value));
  return Buffer.from(value.buffer, value.byteOffset, value.length);
}
