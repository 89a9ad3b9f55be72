/**
 * The tables of an SQLite store: one per category, a view `messages` over these, the dead letters, the next offsets, and
 * `_categories`, which names the category of each table whose name does not.
 */
import type { DatabaseSync } from 'node:sqlite';
import { unavailableError } from '../../errors.ts';
import { categoryOf, chooseTables, quoted, tablesByCategory, type Tables } from '../table-names.ts';
import { applicationId, hasCategoryTable, rowTablesOf } from './own-database.ts';

const rowColumns = `
  run TEXT, producer TEXT, sequence INTEGER, id TEXT,
  topic_id TEXT NOT NULL, partition INTEGER NOT NULL, "offset" INTEGER NOT NULL,
  key BLOB, payload BLOB, digest TEXT, stored_at TEXT NOT NULL,
  PRIMARY KEY (topic_id, partition, "offset")`;

/** The `PRAGMA user_version` of this schema. Stores of the first version have 0. */
const schemaVersion = 1;

/**
 * Creates missing tables, and returns the table of each category. Keeps the tables of earlier categories, even if no
 * state has them now.
 */
export function createSchema(database: DatabaseSync, categories: readonly string[], named?: Tables): Tables {
  refuseOtherEncoding(database);
  // If nothing is missing, this takes no lock, because it would have to wait for a writer.
  if (versionOf(database) === schemaVersion) {
    const known = tablesIn(database);
    if (categories.every((category) => known.has(category))) return chooseTables(categories, known, named);
  }
  database.exec('BEGIN IMMEDIATE');
  const known = tablesIn(database);
  const chosen = chooseTables(categories, known, named);
  migrate(database);
  for (const [category, table] of chosen) {
    if (!known.has(category)) createTable(database, category, table);
  }
  database.exec(`PRAGMA application_id = ${applicationId}`);
  database.exec('DROP VIEW IF EXISTS messages');
  const parts = [...tablesIn(database)].map(
    ([category, table]) => `SELECT '${category.replaceAll("'", "''")}' AS category, * FROM ${quoted(table)}`,
  );
  database.exec(`CREATE VIEW messages AS ${parts.join(' UNION ALL ')}`);
  database.exec('COMMIT');
  return chosen;
}

function createTable(database: DatabaseSync, category: string, table: string): void {
  database.exec(`CREATE TABLE ${quoted(table)} (${rowColumns}) WITHOUT ROWID`);
  if (hasCategoryTable(database)) {
    // A user may have dropped a table of this name or category, and what is said of it is still there.
    database.prepare('DELETE FROM _categories WHERE category = ? OR table_name = ?').run(category, table);
  }
  if (categoryOf(table) === category) return;
  database.exec(`
    CREATE TABLE IF NOT EXISTS _categories (
      category TEXT NOT NULL PRIMARY KEY, table_name TEXT NOT NULL UNIQUE) WITHOUT ROWID`);
  database.prepare('INSERT INTO _categories VALUES (?, ?)').run(category, table);
}

/** Throws `unavailable` unless the encoding is UTF-8: the reader cuts rows by lengths in the database's encoding. */
export function refuseOtherEncoding(database: DatabaseSync): void {
  const { encoding } = database.prepare('PRAGMA encoding').get() as { encoding: string };
  if (encoding === 'UTF-8') return;
  throw unavailableError(`The store's encoding is ${encoding}, and nodrop needs UTF-8.`, {
    hint: 'Name another file with --store sqlite:PATH: the encoding of an existing database cannot be changed.',
  });
}

const versionOf = (database: DatabaseSync): number =>
  (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;

function migrate(database: DatabaseSync): void {
  const version = versionOf(database);
  if (version > schemaVersion) {
    throw unavailableError(
      `The store has tables of version ${version}; this nodrop knows ${schemaVersion}.`,
      {
        hint: 'Use the newer nodrop that made it, or another store.',
      },
    );
  }
  database.exec(`
    CREATE TABLE IF NOT EXISTS dead_letters (
      topic_id TEXT NOT NULL, partition INTEGER NOT NULL, "offset" INTEGER NOT NULL,
      key BLOB, payload BLOB, headers BLOB, reason TEXT NOT NULL, stored_at TEXT NOT NULL,
      PRIMARY KEY (topic_id, partition, "offset")) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS offsets (
      topic_id TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
      PRIMARY KEY (topic_id, partition)) WITHOUT ROWID`);
  if (version === schemaVersion) return;
  database.exec(`
    ALTER TABLE offsets ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE offsets ADD COLUMN run TEXT;
    ALTER TABLE offsets ADD COLUMN topic TEXT;
    PRAGMA user_version = ${schemaVersion}`);
}

/** The categories that have a table in the database, and their tables. */
export function tablesIn(database: DatabaseSync): Tables {
  const stated = statedCategories(database);
  return tablesByCategory(rowTablesOf(database).map((table) => ({ table, category: stated.get(table) })));
}

/** What `_categories` says, by table. A user may have changed it: only texts count. */
function statedCategories(database: DatabaseSync): Map<string, string> {
  if (!hasCategoryTable(database)) return new Map();
  const select = `SELECT table_name AS "table", category FROM _categories
    WHERE typeof(table_name) = 'text' AND typeof(category) = 'text'`;
  const rows = database.prepare(select).all() as { table: string; category: string }[];
  return new Map(rows.map(({ table, category }) => [table, category]));
}
