import { randomUUID } from 'node:crypto';
import { unavailableError } from '../../errors.ts';
import type { Tables } from '../table-names.ts';
import type { StoredDeadLetter, StoredPositions, StoreSearch, StoreSnapshot } from '../store-snapshot.ts';
import { readPositions } from '../stored-positions.ts';
import { StoredRows } from '../stored-rows.ts';
import { BinaryCopyDecoder, createTimestampReader, int8At, type BinaryRow } from './copy-binary.ts';
import { noSuchDatabase, sqlStateOf } from './error-text.ts';
import { parsePostgresLocation, type PostgresLocation } from './location.ts';
import { tableIn, tablesIn } from './schema.ts';
import { readableColumns } from './readable-columns.ts';
import { openSession, type Session } from './session.ts';

/** The size of a row with eleven null fields. */
const rowBytesMin = 2 + 11 * 4;

const position = [
  ['topic_id', 'text'],
  ['partition', 'integer'],
  ['offset', 'integer'],
] as const;
const rowColumns = [
  ['run', 'text'],
  ['producer', 'text'],
  ['sequence', 'integer'],
  ['id', 'text'],
  ...position,
  ['key', 'bytes'],
  ['payload', 'bytes'],
  ['digest', 'text'],
  ['stored_at', 'time'],
] as const;
const letterColumns = [
  ...position,
  ['key', 'bytes'],
  ['payload', 'bytes'],
  ['headers', 'bytes'],
  ['reason', 'text'],
  ['stored_at', 'time'],
] as const;

const readOneState = 'ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** Makes PostgreSQL refuse to read a table if a policy would hide rows. */
const refuseHiddenRows = 'SET LOCAL row_security TO off';

/**
 * Opens one snapshot of a PostgreSQL store for reading. The tables must exist. Each scan has its own session with the
 * same snapshot, so that scans can run in parallel and stop at any row.
 */
export async function openPostgresSnapshot(location: string): Promise<StoreSnapshot> {
  const parsed = parsePostgresLocation(location);
  const session = await openExisting(parsed);
  try {
    const [, tables] = await session.begin(
      [
        refuseHiddenRows,
        `SELECT to_regclass('messages') IS NOT NULL AND to_regclass('_migrations') IS NOT NULL AS made,
        pg_export_snapshot() AS id`,
      ],
      readOneState,
    );
    const [found] = tables as { made: boolean; id: string }[];
    if (!found!.made) throw noStoreError(parsed);
    return new PostgresSnapshot(parsed, session, found!.id, await tablesIn(session));
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
  readonly #tables: Tables;
  /** Keeps the snapshot open. */
  readonly #session: Session;
  readonly #id: string;

  constructor(location: PostgresLocation, session: Session, id: string, tables: Tables) {
    this.#location = location;
    this.#session = session;
    this.#id = id;
    this.#tables = tables;
    this.categories = [...tables.keys()];
  }

  async positions(topicId: string): Promise<StoredPositions> {
    const columns = await readableColumns(this.#session, 'offsets', [
      ['partition', 'text'],
      ['next_offset', 'text'],
    ]);
    const rows = await this.#session.query<{ partition: string | null; next: string | null }>(
      `SELECT partition, next FROM (SELECT ${columns}, topic_id::text FROM offsets) AS told (partition, next, topic)
      WHERE topic = $1`,
      [topicId],
    );
    return readPositions(rows);
  }

  async *rows(category: string, limit = Infinity): AsyncIterable<StoredRows> {
    yield* this.#rows(category, limit, 'true');
  }

  async *find(category: string, search: StoreSearch): AsyncIterable<StoredRows> {
    yield* this.#rows(category, Infinity, conditionOf(search, this.#session));
  }

  async *#rows(category: string, limit: number, condition: string): AsyncIterable<StoredRows> {
    const table = tableIn(this.#location.schema, this.#tables.get(category)!);
    const columns = await readableColumns(this.#session, table, rowColumns);
    const rows = new StoredRows(category, createTimestampReader());
    const from = `${table} WHERE ${condition}`;
    for await (const _ of this.#scan(columns, from, limit, (row) => addRow(rows, row))) {
      if (rows.count > 0) yield rows;
      rows.count = 0;
    }
  }

  async *deadLetters(limit = Infinity): AsyncIterable<readonly StoredDeadLetter[]> {
    yield* this.#deadLetters(limit, 'true');
  }

  async *findDeadLetters(search: StoreSearch): AsyncIterable<readonly StoredDeadLetter[]> {
    yield* this.#deadLetters(Infinity, conditionOf({ ...search, message: undefined }, this.#session));
  }

  async *#deadLetters(limit: number, condition: string): AsyncIterable<readonly StoredDeadLetter[]> {
    const columns = await readableColumns(this.#session, 'dead_letters', letterColumns);
    const timestampOf = createTimestampReader();
    let letters: StoredDeadLetter[] = [];
    const scan = this.#scan(columns, `dead_letters WHERE ${condition}`, limit, (row) =>
      letters.push(deadLetterOf(row, timestampOf)),
    );
    for await (const _ of scan) {
      if (letters.length > 0) yield letters;
      letters = [];
    }
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  /** Runs a scan: passes each row to a callback, and yields whenever some rows are complete. */
  async *#scan(
    columns: string,
    from: string,
    limit: number,
    take: (row: BinaryRow) => void,
  ): AsyncIterable<void> {
    const session = await openSession(this.#location, `nodrop-${randomUUID()}`);
    try {
      const settings = [
        `SET TRANSACTION SNAPSHOT ${session.literal(this.#id)}`,
        refuseHiddenRows,
        // Reads along the index: a sort would delay the first row, and fill a disk.
        'SET LOCAL enable_sort TO off',
      ];
      await session.begin(settings, readOneState);
      const select = `SELECT ${columns} FROM ${from} ORDER BY topic_id, partition, "offset"`;
      const count = Number.isFinite(limit) ? String(Math.trunc(limit)) : 'ALL';
      const decoder = new BinaryCopyDecoder();
      const copy = `COPY (${select} LIMIT ${count}) TO STDOUT (FORMAT binary)`;
      for await (const chunk of session.copyOut(copy)) {
        decoder.decode(chunk, take);
        yield;
      }
      if (!decoder.ended) throw new Error(`the scan of ${from} came to no end`);
    } finally {
      await session.close();
    }
  }
}

function conditionOf({ message, topicId, places }: StoreSearch, session: Session): string {
  const numbers = ({ partition, offset }: { partition: number; offset: number }): string =>
    `(${Math.trunc(partition)}, ${Math.trunc(offset)})`;
  const parts = [
    ...(message ? [`(run = ${session.literal(message.run)} AND id = ${session.literal(message.id)})`] : []),
    ...(places.length > 0
      ? [
          `(topic_id = ${session.literal(topicId)} AND (partition, "offset") IN (${places.map(numbers).join(', ')}))`,
        ]
      : []),
  ];
  return parts.join(' OR ') || 'false';
}

type TimestampReader = ReturnType<typeof createTimestampReader>;

// A user may have changed a table so that it holds nulls. It must be readable too, so that the audit can report what is
// wrong with the row.

function addRow(rows: StoredRows, { bytes, starts, ends }: BinaryRow): void {
  if (rows.bytes !== bytes) rows.begin(bytes, Math.ceil(bytes.length / rowBytesMin));
  const row = rows.count++;
  const integerAt = (field: number): number => (starts[field]! < 0 ? NaN : int8At(bytes, starts[field]!));
  rows.run.set(row, bytes, starts[0]!, ends[0]!);
  rows.producer.set(row, bytes, starts[1]!, ends[1]!);
  rows.sequence[row] = integerAt(2);
  rows.id.set(row, starts[3]!, ends[3]!);
  rows.topicId.set(row, bytes, starts[4]!, ends[4]!);
  rows.partition[row] = integerAt(5);
  rows.offset[row] = integerAt(6);
  rows.key.set(row, starts[7]!, ends[7]!);
  rows.payload.set(row, starts[8]!, ends[8]!);
  rows.digest.set(row, starts[9]!, ends[9]!);
  rows.storedAt.set(row, bytes, starts[10]!, ends[10]!);
}

function deadLetterOf({ bytes, starts, ends }: BinaryRow, timestampOf: TimestampReader): StoredDeadLetter {
  const view = (field: number): Buffer | null =>
    starts[field]! < 0 ? null : bytes.subarray(starts[field], ends[field]);
  return {
    topicId: view(0)?.toString('utf8') ?? '',
    partition: starts[1]! < 0 ? NaN : int8At(bytes, starts[1]!),
    offset: starts[2]! < 0 ? NaN : int8At(bytes, starts[2]!),
    key: view(3),
    payload: view(4),
    headers: view(5),
    reason: view(6)?.toString('utf8') ?? '',
    storedAt: starts[7]! < 0 ? '' : timestampOf(bytes, starts[7]!),
  };
}
