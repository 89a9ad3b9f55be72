/** Changes of a PostgreSQL store's schema, and the results of an audit by another user that are then allowed. */
import type { Client } from 'pg';
import type { AllowedName } from './truth.ts';

export interface PostgresMutation {
  name: string;
  /** Statements that are executed in the store's schema. */
  sql: string;
  allowed: AllowedName;
}

const columns = `category, run, producer, sequence, id, topic_id, partition, "offset", key, payload, digest, stored_at`;

/** Moves the partition to another schema, and puts a view in its place. */
const shadow = (condition: string): string =>
  `CREATE SCHEMA %hidden; GRANT USAGE ON SCHEMA %hidden TO PUBLIC; ALTER TABLE failed SET SCHEMA %hidden;
  CREATE VIEW failed AS SELECT * FROM %hidden.failed WHERE ${condition}`;

const policy = (table: string, condition: string): string =>
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY; CREATE POLICY hiding ON ${table} FOR SELECT USING (${condition})`;

const view = (table: string, condition: string): string =>
  `ALTER TABLE ${table} RENAME TO _${table}; CREATE VIEW ${table} AS SELECT * FROM _${table} WHERE ${condition}`;

export const postgresMutations: readonly PostgresMutation[] = [
  { name: 'nothing', sql: 'SELECT 1', allowed: 'pass' },
  { name: 'a policy hides rows', sql: policy('failed', 'partition > 0'), allowed: 'doubt' },
  { name: 'a policy hides all rows', sql: policy('completed', 'false'), allowed: 'doubt' },
  { name: 'a policy hides dead letters', sql: policy('dead_letters', 'false'), allowed: 'doubt' },
  { name: 'a policy hides positions', sql: policy('offsets', 'partition > 0'), allowed: 'doubt' },
  { name: 'a policy hides nothing', sql: policy('failed', 'true'), allowed: 'passOrDoubt' },
  { name: 'a view in place of a partition hides rows', sql: shadow('partition > 0'), allowed: 'doubt' },
  { name: 'a view in place of a partition hides nothing', sql: shadow('true'), allowed: 'passOrDoubt' },
  { name: 'a view hides dead letters', sql: view('dead_letters', 'false'), allowed: 'doubt' },
  { name: 'a view hides positions', sql: view('offsets', 'partition > 0'), allowed: 'doubt' },
  { name: 'a detached partition', sql: 'ALTER TABLE messages DETACH PARTITION failed', allowed: 'doubt' },
  {
    name: 'an empty partition in place of a detached one',
    sql: `ALTER TABLE messages DETACH PARTITION failed; ALTER TABLE failed RENAME TO _failed;
      CREATE TABLE failed PARTITION OF messages FOR VALUES IN ('failed')`,
    allowed: 'failOfStoreOrDoubt',
  },
  { name: 'a partition is gone', sql: 'DROP TABLE failed', allowed: 'doubt' },
  { name: 'the positions are gone', sql: 'DROP TABLE offsets', allowed: 'doubt' },
  { name: 'no right to read a table', sql: 'REVOKE SELECT ON failed FROM PUBLIC', allowed: 'doubt' },
  { name: 'a column is gone', sql: 'ALTER TABLE messages DROP COLUMN digest', allowed: 'doubt' },
  {
    name: 'an added default partition',
    sql: `CREATE TABLE other PARTITION OF messages DEFAULT`,
    allowed: 'pass',
  },
  {
    name: 'a row in a default partition, which belongs to no state',
    sql: `CREATE TABLE other PARTITION OF messages DEFAULT;
      INSERT INTO other (${columns}) SELECT 'other', ${columns.slice('category, '.length)} FROM failed WHERE run IS NOT NULL LIMIT 1`,
    allowed: 'failOfStoreOrDoubt',
  },
  {
    name: 'two partitions with exchanged names',
    sql: `ALTER TABLE messages DETACH PARTITION failed; ALTER TABLE messages DETACH PARTITION completed;
      ALTER TABLE failed RENAME TO f; ALTER TABLE completed RENAME TO failed; ALTER TABLE f RENAME TO completed;
      ALTER TABLE messages ATTACH PARTITION failed FOR VALUES IN ('completed');
      ALTER TABLE messages ATTACH PARTITION completed FOR VALUES IN ('failed')`,
    allowed: 'failOfStoreOrDoubt',
  },
  {
    name: 'infinity as a time',
    sql: `UPDATE failed SET stored_at = 'infinity'`,
    allowed: 'failOfStoreOrDoubt',
  },
  {
    name: '-infinity as a time',
    sql: `UPDATE failed SET stored_at = '-infinity'`,
    allowed: 'failOfStoreOrDoubt',
  },
  {
    name: 'a time before Christ',
    sql: `UPDATE failed SET stored_at = '4000-01-01 BC'`,
    allowed: 'passOrFailOfStore',
  },
  {
    name: 'a wider type of a column',
    sql: 'ALTER TABLE messages ALTER COLUMN partition TYPE bigint',
    allowed: 'passOrDoubt',
  },
  {
    name: 'padded ids',
    sql: 'ALTER TABLE messages ALTER COLUMN id TYPE char(20)',
    allowed: 'failOfStoreOrDoubt',
  },
  {
    name: 'ids as bytes',
    sql: `ALTER TABLE messages ALTER COLUMN id TYPE bytea USING convert_to(id, 'UTF8')`,
    allowed: 'passOrDoubt',
  },
  {
    name: 'padded ids of a user-defined type',
    sql: 'CREATE DOMAIN padded AS char(20); CREATE DOMAIN ids AS padded; ALTER TABLE messages ALTER COLUMN id TYPE ids',
    allowed: 'failOfStoreOrDoubt',
  },
  {
    name: 'padded keys',
    sql: `ALTER TABLE messages ALTER COLUMN key TYPE char(200) USING convert_from(key, 'UTF8')`,
    allowed: 'failOfStoreOrDoubt',
  },
  // Changes that concern no row.
  { name: 'an added index', sql: 'CREATE INDEX somebodys ON messages (id)', allowed: 'pass' },
  { name: 'an added column', sql: 'ALTER TABLE messages ADD COLUMN note text', allowed: 'pass' },
  { name: 'an added table', sql: 'CREATE TABLE notes (a integer)', allowed: 'pass' },
  {
    name: 'rows written again',
    sql: 'UPDATE messages SET id = id; UPDATE offsets SET epoch = epoch + 1',
    allowed: 'pass',
  },
  { name: 'a clustered table', sql: 'CLUSTER failed USING _failed_key', allowed: 'pass' },
];

export async function alterPostgres(
  client: Client,
  schema: string,
  { sql }: PostgresMutation,
): Promise<void> {
  await client.query(`SET search_path TO ${schema}; SET client_min_messages TO error;
    GRANT USAGE ON SCHEMA ${schema} TO PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO PUBLIC`);
  await client.query(sql.replaceAll('%hidden', `${schema}_hidden`));
  // The reader may also read tables and views that the mutation has created.
  if (!sql.startsWith('REVOKE'))
    await client.query(`GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO PUBLIC`);
}
