import { statSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { unavailableError } from '../errors.ts';
import { categoriesOf, quoted, tableOf } from './sqlite-schema.ts';
import { explain, readPositions } from './sqlite-store.ts';
import type { StoredDeadLetter, StoredRow, StoreSnapshot } from './store.ts';

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

  positions(topicId: string): Map<number, number> {
    return explain(this.#path, () => readPositions(this.#database, topicId));
  }

  *rows(category: string, limit = -1): Iterable<StoredRow> {
    const select = `
      SELECT run, producer, sequence, id, topic_id AS topicId, partition, "offset",
        key, payload, digest, stored_at AS storedAt
      FROM ${quoted(tableOf(category))} ORDER BY topic_id, partition, "offset" LIMIT ?`;
    for (const raw of this.#iterate(select, limit)) {
      yield {
        category,
        run: text(raw['run']),
        producer: text(raw['producer']),
        sequence: integer(raw['sequence']),
        id: text(raw['id']),
        topicId: text(raw['topicId']) ?? '',
        partition: integer(raw['partition']) ?? NaN,
        offset: integer(raw['offset']) ?? NaN,
        key: bytes(raw['key']),
        payload: bytes(raw['payload']),
        digest: text(raw['digest']),
        storedAt: text(raw['storedAt']) ?? '',
      };
    }
  }

  *deadLetters(limit = -1): Iterable<StoredDeadLetter> {
    const select = `
      SELECT topic_id AS topicId, partition, "offset", key, payload, headers, reason, stored_at AS storedAt
      FROM dead_letters ORDER BY topic_id, partition, "offset" LIMIT ?`;
    for (const raw of this.#iterate(select, limit)) {
      yield {
        topicId: text(raw['topicId']) ?? '',
        partition: integer(raw['partition']) ?? NaN,
        offset: integer(raw['offset']) ?? NaN,
        key: bytes(raw['key']),
        payload: bytes(raw['payload']),
        headers: bytes(raw['headers']),
        reason: text(raw['reason']) ?? '',
        storedAt: text(raw['storedAt']) ?? '',
      };
    }
  }

  close(): void {
    this.#database.close();
  }

  *#iterate(select: string, limit: number): Iterable<Record<string, SQLOutputValue>> {
    const rows = explain(this.#path, () => {
      const statement = this.#database.prepare(select);
      // Otherwise an integer beyond 2^53 would end the whole scan.
      statement.setReadBigInts(true);
      return statement.iterate(limit);
    });
    for (;;) {
      const { done, value } = explain(this.#path, () => rows.next());
      if (done === true) return;
      yield value;
    }
  }
}

// SQLite columns hold values of any type, whatever was declared: a row that somebody altered must be
// read like any other, so that the audit can say what is wrong with it.

const integer = (value: SQLOutputValue | undefined): number | null =>
  value === null ? null : typeof value === 'bigint' ? Number(value) : NaN;

function text(value: SQLOutputValue | undefined): string | null {
  if (value === null || value === undefined) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value);
}

function bytes(value: SQLOutputValue | undefined): Uint8Array | null {
  if (value === null || value === undefined) return null;
  return value instanceof Uint8Array ? value : Buffer.from(String(value));
}
