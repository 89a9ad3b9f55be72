/**
 * The tables of an SQLite store: one per category, named after it with `_` for `-`, a view `messages` over these, the
 * dead letters, and the next offsets.
 */
import type { DatabaseSync } from 'node:sqlite';
import { unavailableError } from '../../errors.ts';
import { categoryOf, quoted, tableOf } from '../table-names.ts';
import { applicationId, rowTablesOf } from './own-database.ts';

const rowColumns = `
  run TEXT, producer TEXT, sequence INTEGER, id TEXT,
  topic_id TEXT NOT NULL, partition INTEGER NOT NULL, "offset" INTEGER NOT NULL,
  key BLOB, payload BLOB, digest TEXT, stored_at TEXT NOT NULL,
  PRIMARY KEY (topic_id, partition, "offset")`;

/** The `PRAGMA user_version` of this schema. Stores of the first version have 0. */
const schemaVersion = 1;

/** Creates missing tables. Keeps the tables of earlier categories, even if no state has them now. */
export function createSchema(database: DatabaseSync, categories: readonly string[]): void {
  refuseOtherEncoding(database);
  // If nothing is missing, this takes no lock, because it would have to wait for a writer.
  if (versionOf(database) === schemaVersion) {
    const known = categoriesOf(database);
    if (categories.every((category) => known.includes(category))) return;
  }
  database.exec('BEGIN IMMEDIATE');
  migrate(database);
  for (const category of categories) {
    database.exec(`CREATE TABLE IF NOT EXISTS ${quoted(tableOf(category))} (${rowColumns}) WITHOUT ROWID`);
  }
  database.exec(`PRAGMA application_id = ${applicationId}`);
  database.exec('DROP VIEW IF EXISTS messages');
  const parts = categoriesOf(database).map(
    (category) => `SELECT '${category}' AS category, * FROM ${quoted(tableOf(category))}`,
  );
  database.exec(`CREATE VIEW messages AS ${parts.join(' UNION ALL ')}`);
  database.exec('COMMIT');
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

/** The categories that have a table in the database. */
export function categoriesOf(database: DatabaseSync): string[] {
  return rowTablesOf(database)
    .filter((name) => /^[a-z][a-z0-9_]*$/.test(name))
    .map(categoryOf);
}
