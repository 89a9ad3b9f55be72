/** Damage that another user of the database may do to a store without the consumer. */
import { DatabaseSync } from 'node:sqlite';
import { engineOf, storeFileOf } from '../../stores/engines.ts';
import { parsePostgresLocation } from '../../stores/postgres/location.ts';
import { openSession } from '../../stores/postgres/session.ts';
import { quoted, tableOf } from '../../stores/table-names.ts';
import { messageId } from '../../workload/workload.ts';
import type { Change } from './live-defect.ts';
import type { LivePipeline } from './live-pipeline.ts';
import { faraway } from '../sabotage/sabotage.ts';

type Row = Record<string, unknown>;

const lockWaitMs = 5_000;
/** In addition to `category`, which only PostgreSQL's table has. */
const columns = `run, producer, sequence, id, topic_id, partition, "offset", key, payload, digest, stored_at`;

/** Deletes the message's row. */
export const vanish: Change = async (pipeline) => {
  const { table, id } = await rowOf(pipeline);
  return await alters(pipeline, `DELETE FROM ${table} WHERE id = '${id}' RETURNING id`);
};

/** Changes the payload of the message's row. */
export const overwrite: Change = async (pipeline) => {
  const { table, id } = await rowOf(pipeline);
  return await alters(pipeline, `UPDATE ${table} SET payload = key WHERE id = '${id}' RETURNING id`);
};

/** Copies the message's row into another category. */
export const double: Change = async (pipeline) => {
  const { category, id } = await rowOf(pipeline);
  return await copies(pipeline, category, await otherThan(pipeline, category), columns, id);
};

/** Moves the message's row to another category. */
export const move: Change = async (pipeline) => {
  const { table, id } = await rowOf(pipeline);
  const isDoubled = await double(pipeline);
  return isDoubled && (await alters(pipeline, `DELETE FROM ${table} WHERE id = '${id}' RETURNING id`));
};

/** Adds a similar row, of a message that was not planned. */
export const insert: Change = async (pipeline) => {
  const { category, id } = await rowOf(pipeline);
  const { sequence } = pipeline;
  const values = columns
    .replace('sequence, id', `sequence + ${faraway}, '${messageId(0, sequence + faraway)}'`)
    .replace('"offset"', `"offset" + ${faraway}`);
  return await copies(pipeline, category, category, values, id);
};

/** Moves the next offset, so that the next consumer skips records. */
export const skipAhead: Change = async ({ store }) =>
  (
    await query(
      store,
      'UPDATE offsets SET next_offset = next_offset + 7 WHERE partition = 0 RETURNING partition',
    )
  ).length === 1;

/** Drops one of the store's tables. */
export const dropTable: Change = async (pipeline) => {
  await query(pipeline.store, 'DROP TABLE dead_letters');
  return true;
};

/** The row of the pipeline's chosen message. */
async function rowOf({ store, sequence }: LivePipeline): Promise<{
  category: string;
  table: string;
  id: string;
}> {
  const id = messageId(0, sequence);
  const [row] = await query(store, `SELECT category FROM messages WHERE id = '${id}'`);
  const category = String(row?.['category']);
  return { category, table: quoted(tableOf(category)), id };
}

async function otherThan({ store }: LivePipeline, category: string): Promise<string> {
  const rows = await query(
    store,
    `SELECT DISTINCT category FROM messages WHERE category <> '${category}' ORDER BY category`,
  );
  return String(rows[0]?.['category']);
}

/** Copies a row. `values`: expressions for the columns, which may differ from their contents. */
async function copies(
  pipeline: LivePipeline,
  from: string,
  to: string,
  values: string,
  id: string,
): Promise<boolean> {
  const isPostgres = engineOf(pipeline.store).name === 'postgres';
  const [into, what] = isPostgres ? [`category, ${columns}`, `'${to}', ${values}`] : [columns, values];
  const [source, target] = [from, to].map((category) => quoted(tableOf(category)));
  return await alters(
    pipeline,
    `INSERT INTO ${target} (${into}) SELECT ${what} FROM ${source} WHERE id = '${id}' RETURNING id`,
  );
}

/** Whether the statement changed exactly one row. */
const alters = async ({ store }: LivePipeline, sql: string): Promise<boolean> =>
  (await query(store, sql)).length === 1;

async function query(location: string, sql: string): Promise<Row[]> {
  const path = storeFileOf(location);
  if (path !== undefined) {
    const database = new DatabaseSync(path, { timeout: lockWaitMs });
    try {
      return database.prepare(sql).all();
    } finally {
      database.close();
    }
  }
  const session = await openSession(parsePostgresLocation(location), 'nodrop-self-test');
  try {
    const [rows] = await session.transact([sql]);
    return rows!;
  } finally {
    await session.close();
  }
}
