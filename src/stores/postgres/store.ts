import {
  FencedError,
  type Advance,
  type ClaimedTopic,
  type RowBatch,
  type Store,
  type StoredOffset,
  type StoreOptions,
} from '../store.ts';
import { bigints } from './bigints.ts';
import { claimPartitions, storedOffsetsOf, type OffsetRow } from './claim.ts';
import { Connection } from './connection.ts';
import { BinaryCopyEncoder } from './copy-binary.ts';
import { encodeDeadLetters, encodeRows } from './copy-rows.ts';
import { sqlStateOf, uniqueViolation } from './error-text.ts';
import { parsePostgresLocation } from './location.ts';
import { createSchema } from './schema.ts';
import type { Session } from './session.ts';

/** Opens a PostgreSQL store, and creates its schema and tables if they are missing. */
export async function openPostgresStore(location: string, options: StoreOptions): Promise<Store> {
  const connection = new Connection(parsePostgresLocation(location));
  const session = await connection.session();
  try {
    await createSchema(session, connection.location, options.categories, options.tables);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return new PostgresStore(connection, options);
}

class PostgresStore implements Store {
  readonly #connection: Connection;
  readonly #categories: readonly string[];
  readonly #beforeCommit: StoreOptions['beforeCommit'];
  readonly #encoder = new BinaryCopyEncoder();
  /** The last call: a session handles one call at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, { categories, beforeCommit }: StoreOptions) {
    this.#connection = connection;
    this.#categories = categories;
    this.#beforeCommit = beforeCommit;
  }

  async claim(topic: ClaimedTopic, begin: ReadonlyMap<number, number>): Promise<Map<number, StoredOffset>> {
    return await this.#afterLast(() => claimPartitions(this.#connection, topic, begin));
  }

  async offsets(topicId: string): Promise<Map<number, StoredOffset>> {
    return await this.#afterLast(async () => {
      const session = await this.#connection.session();
      const [rows] = await session.transact([
        `SELECT partition, next_offset, epoch FROM offsets WHERE topic_id = ${session.literal(topicId)}`,
      ]);
      return storedOffsetsOf(rows as OffsetRow[]);
    });
  }

  async write(topicId: string, batch: RowBatch, advances: readonly Advance[]): Promise<void> {
    await this.#afterLast(async () => {
      const session = await this.#connection.session();
      try {
        await this.#transaction(session, topicId, batch, advances, copyInto);
      } catch (error) {
        if (sqlStateOf(error) !== uniqueViolation) throw error;
        await this.#transaction(session, topicId, batch, advances, copyWhatIsNew);
      }
    });
  }

  async close(): Promise<void> {
    await this.#afterLast(() => this.#connection.close());
  }

  async #transaction(
    session: Session,
    topicId: string,
    batch: RowBatch,
    advances: readonly Advance[],
    copy: typeof copyInto,
  ): Promise<void> {
    try {
      await beginAndAdvance(session, topicId, advances);
      if (batch.count > 0) {
        await copy(session, 'messages', encodeRows(this.#encoder, this.#categories, topicId, batch));
      }
      if (batch.deadLetters.length > 0) {
        await copy(session, 'dead_letters', encodeDeadLetters(this.#encoder, topicId, batch));
      }
      await this.#beforeCommit?.();
      await session.commit();
    } catch (error) {
      await session.rollBack();
      throw error;
    }
  }

  async #afterLast<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.catch(() => undefined);
    return await result;
  }
}

/** Begins a transaction and advances the offsets in one round trip. Throws `FencedError` if another consumer has. */
async function beginAndAdvance(
  session: Session,
  topicId: string,
  advances: readonly Advance[],
): Promise<void> {
  const [advanced] = await session.begin([
    `UPDATE offsets SET next_offset = advance.next
    FROM unnest(
      ${bigints(advances.map(({ partition }) => partition))}, ${bigints(advances.map(({ from }) => from))},
      ${bigints(advances.map(({ next }) => next))}, ${bigints(advances.map(({ epoch }) => epoch))}
    ) AS advance (partition, old, next, epoch)
    WHERE topic_id = ${session.literal(topicId)} AND offsets.partition = advance.partition
      AND next_offset = advance.old AND offsets.epoch = advance.epoch
    RETURNING offsets.partition`,
  ]);
  const partitions = new Set(advanced!.map(({ partition }) => partition as number));
  const fenced = advances.find(({ partition }) => !partitions.has(partition));
  if (fenced !== undefined) throw new FencedError(fenced.partition);
}

async function copyInto(session: Session, table: string, chunks: Iterable<Uint8Array>): Promise<void> {
  await session.copyIn(`COPY ${table} FROM STDIN (FORMAT binary)`, chunks);
}

/** The slower way, for a batch with rows that the table already has: COPY would fail for the whole batch. */
async function copyWhatIsNew(session: Session, table: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const staging = `_new_${table}`;
  await session.query(`CREATE TEMPORARY TABLE ${staging} (LIKE ${table}) ON COMMIT DROP`);
  await copyInto(session, `pg_temp.${staging}`, chunks);
  await session.query(`INSERT INTO ${table} SELECT * FROM pg_temp.${staging} ON CONFLICT DO NOTHING`);
}
