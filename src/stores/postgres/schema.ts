/**
 * The tables of a PostgreSQL store, in their own schema: `messages`, with one partition per category, named after it;
 * the dead letters; and the next offsets. All other names begin with `_`, as no category's table does.
 */
import { unavailableError } from '../../errors.ts';
import { foreignStoreError } from '../foreign-store.ts';
import { chooseTables, quoted, tableOf, tablesByCategory, tablesOf, type Tables } from '../table-names.ts';
import type { PostgresLocation } from './location.ts';
import type { Session } from './session.ts';

/** Several processes may create the tables at the same time: all but one wait. */
const migrationLockTimeoutMs = 20_000;
/** The first version of PostgreSQL in which `pg_terminate_backend` can wait until the session is gone. */
const serverVersionMin = 14;

const position = `topic_id text COLLATE "C" NOT NULL, partition integer NOT NULL, "offset" bigint NOT NULL`;

/** The comment on a schema that nodrop created, and so may remove. */
export const schemaMark = 'Made by nodrop.';

/** All tables except the partitions of `messages`. */
export const ownTables = ['messages', 'dead_letters', 'offsets', '_migrations'];

/** In the order in which COPY sends them. */
const rowColumns = `
  category text COLLATE "C" NOT NULL, run text, producer text, sequence bigint, id text, ${position},
  key bytea, payload bytea, digest text, stored_at timestamptz NOT NULL`;

/** The statements that each version of the schema adds to the version before. */
const migrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE messages (${rowColumns}) PARTITION BY LIST (category)`,
    `CREATE TABLE dead_letters (
      ${position}, key bytea, payload bytea,
      headers bytea, reason text NOT NULL, stored_at timestamptz NOT NULL,
      CONSTRAINT _dead_letters_key PRIMARY KEY (topic_id, partition, "offset"))`,
    `CREATE TABLE offsets (
      topic_id text COLLATE "C" NOT NULL, partition integer NOT NULL, next_offset bigint NOT NULL,
      epoch bigint NOT NULL, run text, topic text, owner text,
      CONSTRAINT _offsets_key PRIMARY KEY (topic_id, partition))`,
  ],
];

/** Creates missing tables. Keeps the partitions of earlier categories, even if no state has them now. */
export async function createSchema(
  session: Session,
  location: PostgresLocation,
  categories: readonly string[],
  named?: Tables,
): Promise<void> {
  await refuseServer(session);
  try {
    const lock = session.literal(`nodrop ${location.schema}`);
    await session.begin([
      `SET LOCAL lock_timeout TO ${migrationLockTimeoutMs}`,
      `SELECT pg_advisory_xact_lock(hashtextextended(${lock}, 0))`,
    ]);
    const known = await tablesIn(session);
    const chosen = chooseTables(categories, known, named);
    await refuseForeign(session, location, [...chosen.values()]);
    await migrate(session, location.schema);
    for (const [category, table] of chosen) {
      if (!known.has(category)) await createPartition(session, location.schema, category, table);
    }
    await session.commit();
  } catch (error) {
    await session.rollBack();
    throw error;
  }
}

async function refuseServer(session: Session): Promise<void> {
  const [server] = await session.query<{ version: number; encoding: string }>(
    `SELECT current_setting('server_version_num')::int / 10000 AS version,
      current_setting('server_encoding') AS encoding`,
  );
  const { version, encoding } = server!;
  if (version < serverVersionMin) {
    throw unavailableError(
      `The store's PostgreSQL is ${version}; nodrop needs ${serverVersionMin} or newer.`,
      {
        hint: 'Use a newer server.',
      },
    );
  }
  if (encoding !== 'UTF8') {
    throw unavailableError(`The store's database has the encoding ${encoding}, and nodrop needs UTF8.`, {
      hint: "Create a database with ENCODING 'UTF8', and name that one.",
    });
  }
}

interface Relation {
  name: string;
  kind: string;
  columns: string;
  isPartition: boolean;
}

const kindNames: Record<string, string> = {
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
  S: 'sequence',
};

/** The columns of each of a store's tables, in order. */
const columnsOf: Record<string, string> = {
  _migrations: 'version made_at',
  messages: 'category run producer sequence id topic_id partition offset key payload digest stored_at',
  dead_letters: 'topic_id partition offset key payload headers reason stored_at',
  offsets: 'topic_id partition next_offset epoch run topic owner',
};

/**
 * Checks, before anything is created, that the schema is not another program's: it is if it has tables but none of a
 * store, or if another table has the name of one of the store's. A user may add views and tables to a store's own.
 */
async function refuseForeign(
  session: Session,
  { schema, name }: PostgresLocation,
  tables: readonly string[],
): Promise<void> {
  const relations = await session.query<Relation>(
    `SELECT relname AS name, relkind AS kind, relispartition AS "isPartition", (
      SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute
      WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped) AS columns
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = $1 AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') ORDER BY relname`,
    [schema],
  );
  const isStore = relations.some(
    ({ name, columns }) => name === '_migrations' && columns === columnsOf[name],
  );
  const places = [...ownTables, ...tables];
  const foreign = relations.filter((relation) =>
    isStore ? places.includes(relation.name) && !isOwn(relation) : true,
  );
  if (foreign.length === 0) return;
  const found = foreign.map(({ name, kind }) => `${kindNames[kind] ?? 'table'} ${name}`);
  throw foreignStoreError(`Schema ${schema} in ${name}`, found);
}

const isOwn = ({ name, kind, columns, isPartition }: Relation): boolean =>
  ownTables.includes(name) ? (kind === 'r' || kind === 'p') && columns === columnsOf[name] : isPartition;

async function migrate(session: Session, schema: string): Promise<void> {
  const [known] = await session.query<{ schema: boolean }>(
    'SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) AS schema',
    [schema],
  );
  // Only if it is missing: CREATE SCHEMA IF NOT EXISTS requires the privilege even if the schema exists.
  if (!known!.schema) {
    await session.queries([
      `CREATE SCHEMA ${quoted(schema)}`,
      `COMMENT ON SCHEMA ${quoted(schema)} IS ${session.literal(schemaMark)}`,
    ]);
  }
  const version = await versionOf(session);
  if (version > migrations.length) {
    throw unavailableError(
      `The store has tables of version ${version}; this nodrop knows ${migrations.length}.`,
      { hint: 'Use the newer nodrop that made it, or another store.' },
    );
  }
  for (const [index, statements] of migrations.entries()) {
    if (index < version) continue;
    await session.queries(statements);
    await session.query('INSERT INTO _migrations (version) VALUES ($1)', [index + 1]);
  }
}

async function versionOf(session: Session): Promise<number> {
  const [found] = await session.query<{ made: boolean }>(
    `SELECT to_regclass('_migrations') IS NOT NULL AS made`,
  );
  if (!found!.made) {
    await session.query(
      `CREATE TABLE _migrations (
        version integer NOT NULL, made_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT __migrations_key PRIMARY KEY (version))`,
    );
  }
  const [latest] = await session.query<{ version: number }>(
    'SELECT coalesce(max(version), 0) AS version FROM _migrations',
  );
  return latest!.version;
}

async function createPartition(
  session: Session,
  schema: string,
  category: string,
  table: string,
): Promise<void> {
  const place = tableIn(schema, table);
  // Created first and attached afterwards, the table need not wait for sessions that write to other partitions.
  await session.queries([
    `CREATE TABLE ${place} (${rowColumns},
      CONSTRAINT ${quoted(`_${table}_key`)} PRIMARY KEY (topic_id, partition, "offset"))`,
    `ALTER TABLE messages ATTACH PARTITION ${place} FOR VALUES IN (${session.literal(category)})`,
    ...(table === tableOf(category)
      ? []
      : [`COMMENT ON TABLE ${place} IS ${session.literal(markOf(category))}`]),
  ]);
}

/** With its schema: without, PostgreSQL would take a name such as `pg_class` for a table of its own. */
export const tableIn = (schema: string, table: string): string => `${quoted(schema)}.${quoted(table)}`;

/** The comment on a table with another name than a state's first: without it, a partition with an odd name was renamed. */
const markOf = (category: string): string => `The table of state ${category}.`;

/**
 * The categories that have a partition in the schema, in order, and their tables. A partition of another name than
 * nodrop gave it counts for the category that its name says: readers of that table would take its rows for it.
 */
export async function tablesIn(session: Session): Promise<Tables> {
  // PostgreSQL doubles backslashes in the text of a bound only if they would escape.
  const partitions = await session.query<{ name: string; bound: string; mark: string | null }>(
    `SELECT relname AS name, obj_description(inhrelid, 'pg_class') AS mark, CASE current_setting('standard_conforming_strings')
      WHEN 'on' THEN bound ELSE replace(bound, repeat(chr(92), 2), chr(92)) END AS bound
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid, pg_get_expr(relpartbound, inhrelid) AS bound
    WHERE inhparent = to_regclass('messages') AND relnamespace = (
      SELECT relnamespace FROM pg_class WHERE oid = inhparent)`,
  );
  const tables = tablesByCategory(
    partitions.map(({ name, bound, mark }) => {
      const category = categoryInBound(bound);
      const isOwnName =
        category !== undefined && (tablesOf(category).includes(name) || markOf(category) === mark);
      return { table: name, category: isOwnName ? category : undefined };
    }),
  );
  return new Map([...tables].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The one text that a partition takes, from `FOR VALUES IN ('it''s')`; undefined if it takes others too. */
const categoryInBound = (bound: string): string | undefined =>
  /^FOR VALUES IN \('((?:[^']|'')*)'\)$/.exec(bound)?.[1]?.replaceAll("''", "'");
