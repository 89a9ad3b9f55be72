import { randomUUID } from 'node:crypto';
import { unavailableError } from '../../errors.ts';
import { quoted, tableOf } from '../table-names.ts';
import type { StoredDeadLetter, StoredRow, StoreSnapshot } from '../store.ts';
import { BinaryCopyDecoder, createTimestampReader, int8Of, type BinaryRow } from './copy-binary.ts';
import { noSuchDatabase, sqlStateOf } from './explain.ts';
import { parsePostgresLocation, type PostgresLocation } from './location.ts';
import { categoriesOf } from './schema.ts';
import { openSession, type Session } from './session.ts';

/** What is yielded at once has so many rows, unless they are large. */
const chunkRows = 256;
const chunkBytes = 1 << 20;

// The types are said where the bytes of another would be read as something else.
const position = `topic_id, partition::integer, "offset"::bigint`;

/**
 * Opens one snapshot of a PostgreSQL store for reading. The tables must exist. Each scan has a session of
 * its own that sees the same moment, so that scans can go on side by side and be left at any row.
 */
export async function openPostgresSnapshot(location: string): Promise<StoreSnapshot> {
  const parsed = parsePostgresLocation(location);
  const session = await openExisting(parsed);
  try {
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const [found] = await session.query<{ made: boolean; id: string }>(
      `SELECT to_regclass('messages') IS NOT NULL AND to_regclass('_migrations') IS NOT NULL AS made,
        pg_export_snapshot() AS id`,
    );
    if (!found!.made) throw noStoreError(parsed);
    return new PostgresSnapshot(parsed, session, found!.id, await categoriesOf(session));
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function openExisting(location: PostgresLocation): Promise<Session> {
  try {
    return await openSession(location, `nodrop-${randomUUID()}`);
  } catch (error) {
    throw sqlStateOf(error) === noSuchDatabase ? noStoreError(location) : error;
  }
}

const noStoreError = ({ name }: PostgresLocation): Error => unavailableError(`There is no store at ${name}.`);

class PostgresSnapshot implements StoreSnapshot {
  readonly categories: readonly string[];
  readonly #location: PostgresLocation;
  /** Holds the snapshot open. */
  readonly #session: Session;
  readonly #id: string;

  constructor(location: PostgresLocation, session: Session, id: string, categories: readonly string[]) {
    this.#location = location;
    this.#session = session;
    this.#id = id;
    this.categories = categories;
  }

  async positions(topicId: string): Promise<Map<number, number>> {
    const rows = await this.#session.query<{ partition: number; next: string }>(
      'SELECT partition, next_offset AS next FROM offsets WHERE topic_id = $1',
      [topicId],
    );
    return new Map(rows.map(({ partition, next }) => [partition, Number(next)]));
  }

  async *rows(category: string, limit = -1): AsyncIterable<readonly StoredRow[]> {
    const columns = `run, producer, sequence::bigint, id, ${position}, key, payload, digest, stored_at::timestamptz`;
    const timestampOf = createTimestampReader();
    for await (const rows of this.#scan(columns, quoted(tableOf(category)), limit)) {
      yield rows.map((fields) => rowOf(category, fields, timestampOf));
    }
  }

  async *deadLetters(limit = -1): AsyncIterable<readonly StoredDeadLetter[]> {
    const columns = `${position}, key, payload, headers, reason, stored_at::timestamptz`;
    const timestampOf = createTimestampReader();
    for await (const rows of this.#scan(columns, 'dead_letters', limit)) {
      yield rows.map((fields) => deadLetterOf(fields, timestampOf));
    }
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  async *#scan(columns: string, table: string, limit: number): AsyncIterable<BinaryRow[]> {
    const session = await openSession(this.#location, `nodrop-${randomUUID()}`);
    try {
      await session.queries([
        'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
        `SET TRANSACTION SNAPSHOT ${session.literal(this.#id)}`,
        // Along the index: sorting would keep the reader waiting, and fill a disk.
        'SET LOCAL enable_sort TO off',
      ]);
      const select = `SELECT ${columns} FROM ${table} ORDER BY topic_id, partition, "offset"`;
      const count = limit < 0 ? 'ALL' : String(Math.trunc(limit));
      const decoder = new BinaryCopyDecoder();
      const copy = `COPY (${select} LIMIT ${count}) TO STDOUT (FORMAT binary)`;
      let rows: BinaryRow[] = [];
      let bytes = 0;
      for await (const chunk of session.copyOut(copy)) {
        rows.push(...decoder.decode(chunk));
        bytes += chunk.length;
        if (rows.length < chunkRows && bytes < chunkBytes) continue;
        if (rows.length > 0) yield rows;
        rows = [];
        bytes = 0;
      }
      if (rows.length > 0) yield rows;
      if (!decoder.ended) throw new Error(`the scan of ${table} came to no end`);
    } finally {
      await session.close();
    }
  }
}

type TimestampReader = ReturnType<typeof createTimestampReader>;

// A table that somebody altered to hold nulls is read like any other, so that the audit can say what is
// wrong with the row.

function rowOf(category: string, fields: BinaryRow, timestampOf: TimestampReader): StoredRow {
  const [run, producer, sequence, id, topicId, partition, offset, key, payload, digest, storedAt] = fields;
  return {
    category,
    run: text(run),
    producer: text(producer),
    sequence: sequence ? int8Of(sequence) : null,
    id: text(id),
    topicId: text(topicId) ?? '',
    partition: partition?.readInt32BE(0) ?? NaN,
    offset: offset ? int8Of(offset) : NaN,
    key: key ?? null,
    payload: payload ?? null,
    digest: text(digest),
    storedAt: storedAt ? timestampOf(storedAt) : '',
  };
}

function deadLetterOf(fields: BinaryRow, timestampOf: TimestampReader): StoredDeadLetter {
  const [topicId, partition, offset, key, payload, headers, reason, storedAt] = fields;
  return {
    topicId: text(topicId) ?? '',
    partition: partition?.readInt32BE(0) ?? NaN,
    offset: offset ? int8Of(offset) : NaN,
    key: key ?? null,
    payload: payload ?? null,
    headers: headers ?? null,
    reason: text(reason) ?? '',
    storedAt: storedAt ? timestampOf(storedAt) : '',
  };
}

function text(field: Buffer | null | undefined): string | null {
  return field ? field.toString('utf8') : null;
}
