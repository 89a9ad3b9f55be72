/** Changes of an SQLite store's schema, and the results of an audit that are then allowed. */
import { DatabaseSync } from 'node:sqlite';
import type { AllowedName } from './truth.ts';

interface SchemaMutation {
  name: string;
  sql: string;
  allowed: AllowedName;
}

const letterShape = 'topic_id, partition, "offset", key, payload, headers, reason, stored_at';
const shape = 'run, producer, sequence, id, topic_id, partition, "offset", key, payload, digest, stored_at';

/** A view in place of a table, with the rows that meet the condition. */
const view = (table: string, condition: string): string =>
  `ALTER TABLE ${table} RENAME TO _${table}; CREATE VIEW ${table} AS SELECT * FROM _${table} WHERE ${condition}`;

/** An empty virtual table in place of a table. */
const virtual = (table: string, columns: string): string =>
  `ALTER TABLE ${table} RENAME TO _${table};
  CREATE VIEW shown AS SELECT 1 AS rowid, * FROM _${table} WHERE false;
  CREATE VIRTUAL TABLE ${table} USING fts5(${columns}, content = 'shown')`;

export const schemaMutations: readonly SchemaMutation[] = [
  {
    name: 'a view hides a row',
    sql: view('failed', 'id <> (SELECT min(id) FROM _failed)'),
    allowed: 'doubt',
  },
  { name: 'a view hides all rows', sql: view('completed', 'false'), allowed: 'doubt' },
  { name: 'a view hides nothing', sql: view('failed', 'true'), allowed: 'passOrDoubt' },
  { name: 'a view hides dead letters', sql: view('dead_letters', 'false'), allowed: 'doubt' },
  { name: 'a view hides positions', sql: view('offsets', 'partition > 0'), allowed: 'doubt' },
  { name: 'a view hides no position', sql: view('offsets', 'true'), allowed: 'passOrDoubt' },
  {
    name: 'a view in capitals hides dead letters',
    sql: 'ALTER TABLE dead_letters RENAME TO letters; CREATE VIEW Dead_Letters AS SELECT * FROM letters WHERE false',
    allowed: 'doubt',
  },
  {
    name: 'a view in capitals hides positions',
    sql: 'ALTER TABLE offsets RENAME TO _offsets; CREATE VIEW "OFFSETS" AS SELECT * FROM _offsets',
    allowed: 'doubt',
  },
  { name: 'a virtual table hides dead letters', sql: virtual('dead_letters', letterShape), allowed: 'doubt' },
  { name: 'a virtual table hides rows', sql: virtual('failed', shape), allowed: 'doubt' },
  { name: 'a table of rows is gone', sql: 'DROP TABLE failed', allowed: 'doubt' },
  { name: 'the table of dead letters is gone', sql: 'DROP TABLE dead_letters', allowed: 'doubt' },
  { name: 'the table of positions is gone', sql: 'DROP TABLE offsets', allowed: 'doubt' },
  {
    name: 'all tables are gone',
    sql: 'DROP TABLE failed; DROP TABLE completed; DROP TABLE in_progress; DROP TABLE offsets; DROP TABLE dead_letters',
    allowed: 'doubt',
  },
  {
    name: 'a table has another name',
    sql: 'ALTER TABLE failed RENAME TO failures',
    allowed: 'failOfStoreOrDoubt',
  },
  {
    name: 'a table has a name in capitals',
    sql: 'ALTER TABLE failed RENAME TO _f; ALTER TABLE _f RENAME TO FAILED',
    allowed: 'passOrDoubt',
  },
  { name: 'a column is gone', sql: 'ALTER TABLE failed DROP COLUMN digest', allowed: 'doubt' },
  {
    name: 'a column has another name',
    sql: 'ALTER TABLE failed RENAME COLUMN payload TO body',
    allowed: 'doubt',
  },
  {
    name: 'two columns have exchanged names',
    sql: 'ALTER TABLE failed RENAME COLUMN key TO k; ALTER TABLE failed RENAME COLUMN payload TO key; ALTER TABLE failed RENAME COLUMN k TO payload',
    allowed: 'failOfStoreOrDoubt',
  },
  {
    name: 'the schema is not SQL',
    sql: `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'x' WHERE name = 'failed'`,
    allowed: 'doubt',
  },
  {
    name: 'a table points to the pages of another',
    sql: `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'completed') WHERE name = 'failed'`,
    allowed: 'failOfStoreOrDoubt',
  },
  {
    name: 'a computed column in place of a stored one',
    sql: `ALTER TABLE failed RENAME COLUMN digest TO d; ALTER TABLE failed ADD COLUMN digest AS (lower(d))`,
    allowed: 'passOrDoubt',
  },
  // Changes that concern no row.
  { name: 'an added index', sql: 'CREATE INDEX somebodys ON failed (id)', allowed: 'pass' },
  { name: 'an added column', sql: 'ALTER TABLE failed ADD COLUMN note TEXT', allowed: 'pass' },
  { name: 'an added category', sql: `CREATE TABLE archived (${shape})`, allowed: 'pass' },
  {
    name: 'an added table that cannot be a category',
    sql: 'CREATE TABLE "My notes" (a); INSERT INTO "My notes" VALUES (1)',
    allowed: 'pass',
  },
  {
    name: 'an added table that could be a category',
    sql: 'CREATE TABLE notes (a); INSERT INTO notes VALUES (1)',
    allowed: 'passOrDoubt',
  },
  {
    name: 'columns in another order',
    sql: `CREATE TABLE _f (stored_at, digest, payload, key, "offset", partition, topic_id, id, sequence, producer, run);
      INSERT INTO _f (${shape}) SELECT ${shape} FROM failed; DROP TABLE failed; ALTER TABLE _f RENAME TO failed`,
    allowed: 'pass',
  },
  {
    name: 'columns that ignore case',
    sql: `CREATE TABLE _f (run COLLATE NOCASE, producer, sequence, id COLLATE NOCASE, topic_id COLLATE NOCASE, partition, "offset", key, payload, digest, stored_at);
      INSERT INTO _f SELECT * FROM failed; DROP TABLE failed; ALTER TABLE _f RENAME TO failed`,
    allowed: 'pass',
  },
  {
    name: 'a trigger',
    sql: 'CREATE TRIGGER t AFTER INSERT ON failed BEGIN DELETE FROM failed; END',
    allowed: 'pass',
  },
  { name: 'a vacuumed database', sql: 'VACUUM', allowed: 'pass' },
  { name: 'an analyzed database', sql: 'ANALYZE', allowed: 'pass' },
  { name: 'another version of the schema', sql: 'PRAGMA user_version = 99', allowed: 'passOrDoubt' },
  { name: 'another page size', sql: 'PRAGMA page_size = 1024; VACUUM', allowed: 'pass' },
  { name: 'a write-ahead log', sql: 'PRAGMA journal_mode = WAL', allowed: 'pass' },
];

export function alterSchema(path: string, { sql }: SchemaMutation): void {
  const database = new DatabaseSync(path);
  try {
    // SQLite's defensive mode would refuse these changes.
    database.enableDefensive?.(false);
    database.exec(`PRAGMA legacy_alter_table = ON; ${sql}`);
  } finally {
    database.close();
  }
}
