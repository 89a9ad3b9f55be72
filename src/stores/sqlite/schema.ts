/**
 * The tables of an SQLite store: one for each category, named after it with `-` as `_`, a view `messages`
 * over them, the dead letters, and the next offsets.
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

/** What `PRAGMA user_version` says of a schema like this one. Stores of the first version have 0. */
const schemaVersion = 1;

/** Makes what is missing. Categories that are there already stay, whatever the states of today. */
export function createSchema(database: DatabaseSync, categories: readonly string[]): void {
  refuseOtherEncoding(database);
  // Whoever finds all in place takes no lock, for which it would have to wait behind a writer.
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

/** Lengths are told in the database's own encoding, and rows are read by them. */
export function refuseOtherEncoding(database: DatabaseSync): void {
  const { encoding } = database.prepare('PRAGMA encoding').get() as { encoding: string };
  if (encoding === 'UTF-8') return;
  throw unavailableError(`The store's texts are in ${encoding}, and it takes UTF-8.`, {
    hint: 'Name another file with --store sqlite:PATH: the encoding of one that is there cannot be changed.',
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

/** The categories that the database has tables for. */
export function categoriesOf(database: DatabaseSync): string[] {
  return rowTablesOf(database)
    .filter((name) => /^[a-z][a-z0-9_]*$/.test(name))
    .map(categoryOf);
}
