/** Checks whether an SQLite file is a store, without a trace: no byte of the file changes, and no new file appears. */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { unavailableError } from '../../errors.ts';
import { foreignStoreError } from '../foreign-store.ts';

/** How long a statement waits for a lock. It blocks the whole process, so callers repeat it for a longer wait. */
export const busyTimeoutMs = 250;

/** `PRAGMA application_id` of a store: `nodr`. Earlier versions left it 0. */
export const applicationId = 0x6e6f6472;

/** The columns of each kind of table. In the first version, `offsets` had only the first three. */
const rowColumns = 'run producer sequence id topic_id partition offset key payload digest stored_at';
const otherColumns: Record<string, RegExp> = {
  dead_letters: /^topic_id partition offset key payload headers reason stored_at$/,
  offsets: /^topic_id partition next_offset( epoch run topic)?$/,
  _categories: /^category table_name$/,
};

const viewPattern = /^CREATE VIEW messages AS SELECT '(?:[^']|'')+' AS category, \* FROM "/;

interface SchemaObject {
  /** `table`, `view`, `index`, `trigger`; `virtual` for a virtual table, `shadow` for a table with its data. */
  type: string;
  name: string;
  sql: string | null;
  /** The columns of a table, in order. */
  columns: string | null;
}

/** Throws `unavailable` if the database belongs to another program. Call this before opening it for writing. */
export const refuseForeignDatabase = (path: string): void =>
  look(path, (database) => {
    const found = foreignIn(database);
    if (found.length > 0) throw foreignStoreError(path, found);
  });

/** Like `refuseForeignDatabase`, but for readers: they accept other tables in addition to a store's own. */
export const refuseNoStore = (path: string): void =>
  look(path, (database) => {
    const found = foreignIn(database);
    const isStore = schemaOf(database).some((object) => object.type === 'table' && isOwn(object));
    if (found.length > 0 && !isStore) throw foreignStoreError(path, found);
  });

/** Calls `judge` with the database, if it exists. Throws SQLite's errors. */
export function look(path: string, judge: (database: DatabaseSync) => void): void {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file?.isFile() !== true) return;
  for (const companion of ['-journal', '-wal', '-shm']) {
    const there = statSync(path + companion, { throwIfNoEntry: false });
    if (there !== undefined && !there.isFile()) throw companionError(path + companion);
  }
  const hasLog = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (file.size === 0 && !hasLog) return;
  // A reader of a database in write-ahead mode would create a missing log.
  const database = new DatabaseSync(hasLog ? path : asItLies(path), {
    readOnly: true,
    timeout: busyTimeoutMs,
  });
  try {
    judge(database);
  } finally {
    database.close();
  }
}

/** SQLite would wait for ever for a pipe. */
const companionError = (path: string): Error =>
  unavailableError(`${path} is not a regular file, and SQLite would use it.`, {
    hint: 'Remove it, or name another store.',
  });

const asItLies = (path: string): URL => new URL(`${pathToFileURL(path).href}?immutable=1`);

function foreignIn(database: DatabaseSync): string[] {
  const id = pragma(database, 'application_id');
  if (id === applicationId) return [];
  if (id !== 0) return [`data of the application ${id}`];
  const objects = schemaOf(database);
  // Another program has set this number in a database that is otherwise empty.
  if (objects.length === 0 && pragma(database, 'user_version') !== 0) return ['a schema of another program'];
  return foreignObjectsIn(database);
}

/** The tables, views and other objects that are not a store's own, for example `table orders`. */
export const foreignObjectsIn = (database: DatabaseSync): string[] =>
  schemaOf(database)
    .filter((object) => !isOwn(object))
    .map(({ type, name }) => `${type} ${name}`);

const pragma = (database: DatabaseSync, name: 'application_id' | 'user_version'): number =>
  (database.prepare(`SELECT ${name} AS value FROM pragma_${name}`).get() as { value: number }).value;

function isOwn({ type, name, sql, columns }: SchemaObject): boolean {
  if (type === 'view') return name === 'messages' && viewPattern.test(sql ?? '');
  // An index belongs to a table, and that table is checked itself.
  if (type === 'index') return true;
  return type === 'table' && (otherColumns[name]?.test(columns ?? '') ?? columns === rowColumns);
}

/** Whether there is a table `_categories`, which names the category of other tables. */
export const hasCategoryTable = (database: DatabaseSync): boolean =>
  schemaOf(database).some((object) => object.name === '_categories' && isOwn(object));

/** The tables that hold a category's rows. */
export const rowTablesOf = (database: DatabaseSync): string[] =>
  schemaOf(database)
    .filter(({ type, name }) => type === 'table' && otherColumns[name] === undefined)
    .filter(({ columns }) => hasAll((columns ?? '').split(' '), rowColumns.split(' ')))
    .map(({ name }) => name);

/** Ignores further columns: a user may have added one. */
const hasAll = (columns: readonly string[], wanted: readonly string[]): boolean =>
  wanted.every((column) => columns.includes(column));

/** Excludes SQLite's own tables, for example those that ANALYZE creates. */
const schemaOf = (database: DatabaseSync): SchemaObject[] =>
  database
    .prepare(
      `SELECT CASE type WHEN 'table' THEN coalesce(
          (SELECT kind.type FROM pragma_table_list AS kind WHERE schema = 'main' AND kind.name = sqlite_schema.name), type
        ) ELSE type END AS type, name, sql, (
        SELECT group_concat(name, ' ' ORDER BY cid) FROM pragma_table_info(sqlite_schema.name)) AS columns
      FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
    )
    .all() as unknown as SchemaObject[];
