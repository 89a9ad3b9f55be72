import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { messageOf, unavailableError } from '../errors.ts';
import { createSchema, quoted, tableOf } from './sqlite-schema.ts';
import { StaleOffsetError, type Advance, type RowBatch, type Store } from './store.ts';

export interface SqliteStoreOptions {
  path: string;
  categories: readonly string[];
  /** How long to wait for a lock that another process holds. */
  busyTimeoutMs: number;
}

/** Opens an SQLite store, making its file and tables where they are missing. */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  return explain(options.path, () => {
    // SQLite itself would make the file readable to all; its companions take after it.
    closeSync(openSync(options.path, 'a', 0o600));
    return new SqliteStore(options);
  });
}

class SqliteStore implements Store {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #inserts: StatementSync[];
  readonly #deadLetter: StatementSync;
  readonly #firstOffset: StatementSync;
  readonly #advance: StatementSync;

  constructor({ path, categories, busyTimeoutMs }: SqliteStoreOptions) {
    this.#path = path;
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    // With a write-ahead log, NORMAL loses the newest transactions at power loss, but whole ones only: rows
    // and offsets never part.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    createSchema(database, categories);
    this.#database = database;
    this.#inserts = categories.map((category) =>
      database.prepare(
        `INSERT INTO ${quoted(tableOf(category))} VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING`,
      ),
    );
    this.#deadLetter = database.prepare(
      'INSERT INTO dead_letters VALUES (?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING',
    );
    this.#firstOffset = database.prepare('INSERT INTO offsets VALUES (?,?,?) ON CONFLICT DO NOTHING');
    this.#advance = database.prepare(
      'UPDATE offsets SET next_offset = ? WHERE topic_id = ? AND partition = ? AND next_offset = ?',
    );
  }

  async positions(topicId: string): Promise<Map<number, number>> {
    return explain(this.#path, () => readPositions(this.#database, topicId));
  }

  async write(topicId: string, batch: RowBatch, advances: readonly Advance[]): Promise<void> {
    explain(this.#path, () => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        for (const advance of advances) this.#swapOffset(topicId, advance);
        this.#insert(topicId, batch);
        this.#database.exec('COMMIT');
      } catch (error) {
        // A full disk has SQLite roll back by itself.
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #swapOffset(topicId: string, { partition, from, next }: Advance): void {
    const { changes } =
      from === undefined
        ? this.#firstOffset.run(topicId, partition, next)
        : this.#advance.run(next, topicId, partition, from);
    if (changes !== 1) throw new StaleOffsetError(partition);
  }

  #insert(topicId: string, batch: RowBatch): void {
    const storedAt = new Date().toISOString();
    for (let row = 0; row < batch.partition.length; row++) {
      this.#inserts[batch.category[row]!]!.run(
        batch.run[row]!,
        batch.producer[row]!,
        batch.sequence[row]!,
        batch.id[row]!,
        topicId,
        batch.partition[row]!,
        batch.offset[row]!,
        batch.key[row]!,
        batch.payload[row]!,
        batch.digest[row]!,
        storedAt,
      );
    }
    for (const { partition, offset, key, payload, headers, reason } of batch.deadLetters) {
      this.#deadLetter.run(topicId, partition, offset, key, payload, headers, reason, storedAt);
    }
  }
}

export function readPositions(database: DatabaseSync, topicId: string): Map<number, number> {
  const rows = database
    .prepare('SELECT partition, next_offset FROM offsets WHERE topic_id = ?')
    .all(topicId) as { partition: number; next_offset: number }[];
  return new Map(rows.map((row) => [row.partition, row.next_offset]));
}

/** Runs an action on the database; what SQLite says is told with the path and what to do. */
export function explain<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if ((error as { code?: unknown }).code === undefined) throw error;
    throw unavailableError(`The store ${path} cannot be used: ${messageOf(error)}`, {
      cause: error,
      hint: hintFor(messageOf(error)),
    });
  }
}

function hintFor(message: string): string {
  if (message.includes('locked')) return 'Another program holds it: end that one, then consume again.';
  if (message.includes('full')) return 'Make room on the disk, then consume again: nothing was lost.';
  return 'Check the path and its permissions, or name another store with --store sqlite:PATH.';
}
