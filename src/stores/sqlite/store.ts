import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { messageOf, OperationalError, unavailableError } from '../../errors.ts';
import {
  FencedError,
  remadeTopicError,
  StoreOutageError,
  type Advance,
  type ClaimedTopic,
  type RowBatch,
  type Store,
  type StoredOffset,
  type StoreOptions,
} from '../store.ts';
import type { Tables } from '../table-names.ts';
import { Checkpoints } from './checkpoints.ts';
import { RowInserter } from './insert-rows.ts';
import { busyTimeoutMs, refuseForeignDatabase } from './own-database.ts';
import { createSchema } from './schema.ts';

/**
 * For a new file. A WITHOUT ROWID table holds whole rows in its inner pages, so small pages would make its tree deep.
 */
const pageBytes = 8_192;
const cacheKibibytes = 8_192;
/** 64 MiB of log. A commit that finds the log this large copies it into the tables itself, and waits for the disk. */
const checkpointPages = 8_192;

/** Opens an SQLite store, and creates its file and tables if they are missing. */
export function openSqliteStore(path: string, options: StoreOptions): Store {
  return withErrorText(path, () => {
    refuseForeignDatabase(path);
    // SQLite itself would make the file readable for all users; its companion files inherit the mode.
    closeSync(openSync(path, 'a', 0o600));
    return new SqliteStore(path, options);
  });
}

class SqliteStore implements Store {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #beforeCommit: StoreOptions['beforeCommit'];
  readonly #checkpoints: Checkpoints;
  readonly #rows: RowInserter;
  readonly #deadLetter: StatementSync;
  readonly #claim: StatementSync;
  readonly #advance: StatementSync;
  readonly #offsets: StatementSync;

  constructor(path: string, { categories, tables, beforeCommit }: StoreOptions) {
    this.#path = path;
    this.#beforeCommit = beforeCommit;
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    let chosen: Tables;
    try {
      database.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA cache_size = -${cacheKibibytes}`);
      database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
      // With a write-ahead log, NORMAL may lose the newest transactions at a power loss, but only whole ones:
      // rows and offsets stay consistent.
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
      chosen = createSchema(database, categories, tables);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
    this.#checkpoints = new Checkpoints(path);
    this.#rows = new RowInserter(
      database,
      categories.map((category) => chosen.get(category)!),
    );
    this.#deadLetter = database.prepare(
      'INSERT INTO dead_letters VALUES (?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING',
    );
    this.#claim = database.prepare(`
      INSERT INTO offsets (topic_id, partition, next_offset, epoch, run, topic) VALUES (?,?,?,1,?,?)
      ON CONFLICT DO UPDATE SET epoch = epoch + 1, run = excluded.run, topic = excluded.topic
      RETURNING next_offset AS next, epoch`);
    this.#offsets = database.prepare(
      'SELECT partition, next_offset AS next, epoch FROM offsets WHERE topic_id = ?',
    );
    this.#advance = database.prepare(
      'UPDATE offsets SET next_offset = ? WHERE topic_id = ? AND partition = ? AND next_offset = ? AND epoch = ?',
    );
  }

  async claim(topic: ClaimedTopic, begin: ReadonlyMap<number, number>): Promise<Map<number, StoredOffset>> {
    return await this.#transaction(() => {
      const { run, topic: name, topicId } = topic;
      const other = this.#database
        .prepare('SELECT topic_id FROM offsets WHERE run = ? AND topic = ? AND topic_id <> ?')
        .get(run, name, topicId) as { topic_id: string } | undefined;
      if (other !== undefined) throw remadeTopicError(topic, other.topic_id);
      const claims = [...begin].map(([partition, offset]) => {
        const held = this.#claim.get(topicId, partition, offset, run, name) as unknown as StoredOffset;
        return [partition, { ...held }] as const;
      });
      return new Map(claims);
    });
  }

  async offsets(topicId: string): Promise<Map<number, StoredOffset>> {
    return withErrorText(this.#path, () => {
      const rows = this.#offsets.all(topicId) as unknown as (StoredOffset & { partition: number })[];
      return new Map(rows.map(({ partition, next, epoch }) => [partition, { next, epoch }]));
    });
  }

  async write(topicId: string, batch: RowBatch, advances: readonly Advance[]): Promise<void> {
    await this.#transaction(() => {
      for (const { partition, from, next, epoch } of advances) {
        const { changes } = this.#advance.run(next, topicId, partition, from, epoch);
        if (changes !== 1) throw new FencedError(partition);
      }
      this.#insert(topicId, batch);
    }, this.#beforeCommit);
    this.#checkpoints.committed();
  }

  async close(): Promise<void> {
    await this.#checkpoints.close();
    this.#database.close();
  }

  async #transaction<T>(action: () => T, beforeCommit?: () => Promise<void>): Promise<T> {
    const database = this.#database;
    try {
      const done = withErrorText(this.#path, () => {
        database.exec('BEGIN IMMEDIATE');
        return action();
      });
      await beforeCommit?.();
      withErrorText(this.#path, () => database.exec('COMMIT'));
      return done;
    } catch (error) {
      // If the disk is full, SQLite has already rolled back by itself.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  #insert(topicId: string, batch: RowBatch): void {
    const storedAt = new Date().toISOString();
    this.#rows.insert(topicId, storedAt, batch);
    for (const { partition, offset, key, payload, headers, reason } of batch.deadLetters) {
      this.#deadLetter.run(topicId, partition, offset, key, payload, headers, reason, storedAt);
    }
  }
}

/** Primary result codes of SQLite for problems that may pass: busy, locked, disk error, disk full. */
const passingCodes = [5, 6, 10, 13];

/** Runs an action on the database, and adds the path and a hint to SQLite's errors. */
export function withErrorText<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const { code, errcode } = error as { code?: unknown; errcode?: number };
    if (code === undefined || error instanceof OperationalError) throw error;
    const message = `The store ${path} cannot be used: ${messageOf(error)}`;
    const hint = hintFor(messageOf(error));
    if (passingCodes.includes((errcode ?? 0) & 0xff)) throw new StoreOutageError(message, hint, error);
    throw unavailableError(message, { cause: error, hint });
  }
}

function hintFor(message: string): string {
  if (message.includes('locked')) return 'Another program holds it: end that one, then consume again.';
  if (message.includes('full')) return 'Make room on the disk, then consume again: nothing was lost.';
  // If the disk has no room for the store's companion files, SQLite reports only this.
  if (message.includes('disk I/O')) return 'Make room on the disk, or check the path and its permissions.';
  return 'Check the path and its permissions, or name another store with --store sqlite:PATH.';
}
