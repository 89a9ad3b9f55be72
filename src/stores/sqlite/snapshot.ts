import { statSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { unavailableError } from '../../errors.ts';
import type { StoredDeadLetter, StoredRow, StoreSnapshot } from '../store.ts';
import { quoted, tableOf } from '../table-names.ts';
import { categoriesOf } from './schema.ts';
import { explain } from './store.ts';

const chunkRows = 512;

/** Opens one snapshot of an SQLite store for reading. The file must exist. */
export function openSqliteSnapshot(path: string): StoreSnapshot {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    throw unavailableError(`There is no store at ${path}.`);
  }
  return explain(path, () => new SqliteSnapshot(path));
}

class SqliteSnapshot implements StoreSnapshot {
  readonly categories: readonly string[];
  readonly #path: string;
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#path = path;
    this.#database = new DatabaseSync(path, { readOnly: true });
    // The first read within a transaction fixes the snapshot for all that follow.
    this.#database.exec('BEGIN');
    this.categories = categoriesOf(this.#database);
  }

  async positions(topicId: string): Promise<Map<number, number>> {
    return explain(this.#path, () => {
      const rows = this.#database
        .prepare('SELECT partition, next_offset AS next FROM offsets WHERE topic_id = ?')
        .all(topicId) as { partition: number; next: number }[];
      return new Map(rows.map(({ partition, next }) => [partition, next]));
    });
  }

  async *rows(category: string, limit = -1): AsyncIterable<readonly StoredRow[]> {
    yield* inChunks(this.#rows(category, limit));
  }

  async *deadLetters(limit = -1): AsyncIterable<readonly StoredDeadLetter[]> {
    yield* inChunks(this.#deadLetters(limit));
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  *#rows(category: string, limit: number): Iterable<StoredRow> {
    const select = `
      SELECT run, producer, ${integer('sequence')}, id, topic_id, ${integer('partition')}, ${integer('offset')},
        key, payload, digest, stored_at
      FROM ${quoted(tableOf(category))} ORDER BY topic_id, partition, "offset" LIMIT ?`;
    for (const raw of this.#iterate(select, limit)) {
      const [run, producer, sequence, id, topicId, partition, offset, key, payload, digest, storedAt] = raw;
      yield {
        category,
        run: text(run),
        producer: text(producer),
        sequence: sequence as number | null,
        id: text(id),
        topicId: text(topicId) ?? '',
        partition: (partition as number | null) ?? NaN,
        offset: (offset as number | null) ?? NaN,
        key: bytes(key),
        payload: bytes(payload),
        digest: text(digest),
        storedAt: text(storedAt) ?? '',
      };
    }
  }

  *#deadLetters(limit: number): Iterable<StoredDeadLetter> {
    const select = `
      SELECT topic_id, ${integer('partition')}, ${integer('offset')}, key, payload, headers, reason, stored_at
      FROM dead_letters ORDER BY topic_id, partition, "offset" LIMIT ?`;
    for (const raw of this.#iterate(select, limit)) {
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

  *#iterate(select: string, limit: number): Iterable<SQLOutputValue[]> {
    try {
      const statement = this.#database.prepare(select);
      statement.setReturnArrays(true);
      yield* statement.iterate(limit) as unknown as Iterable<SQLOutputValue[]>;
    } catch (error) {
      // Told with the path, as everything that the database says.
      explain(this.#path, () => {
        throw error;
      });
    }
  }
}

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

// SQLite columns hold values of any type, whatever was declared: a row that somebody altered must be
// read like any other, so that the audit can say what is wrong with it.

/** An integer as a double, since one beyond 2^53 would end the whole scan; null for what is none. */
const integer = (column: string): string =>
  `CASE typeof("${column}") WHEN 'integer' THEN CAST("${column}" AS REAL) END`;

function text(value: SQLOutputValue | undefined): string | null {
  if (value === null || value === undefined) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value);
}

function bytes(value: SQLOutputValue | undefined): Uint8Array | null {
  if (value === null || value === undefined) return null;
  return value instanceof Uint8Array ? value : Buffer.from(String(value));
}
