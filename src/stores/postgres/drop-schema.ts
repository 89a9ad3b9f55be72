/** Removes a schema that nodrop made for one run: only its own tables, by name, and no object that a user has added. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, OperationalError } from '../../errors.ts';
import { counted, leftText } from '../../system/removal.ts';
import { shellWord } from '../../system/shell-word.ts';
import { quoted } from '../table-names.ts';
import { parsePostgresLocation } from './location.ts';
import { ownTables, schemaMark } from './schema.ts';
import { openSession, type Session } from './session.ts';

const sessionEndMsMax = 2_000;
const pollMs = 50;

/** Returns a sentence about what is left; undefined if nothing is. */
export async function dropSchema(location: string, run: string): Promise<string | undefined> {
  const { connectionString, schema, name } = parsePostgresLocation(location);
  try {
    const why = await dropUnlessForeign(location, run);
    if (why === undefined) return undefined;
    return leftBecause(why);
  } catch (error) {
    // Another session holds a lock, a user's view depends on a table, or the database cannot be reached.
    if (error instanceof OperationalError) return leftBecause(messageOf(error));
    throw error;
  }

  function leftBecause(why: string): string {
    const command = `psql ${shellWord(connectionString)} -c ${shellWord(`DROP SCHEMA ${schema} CASCADE`)}`;
    return leftText(`Schema ${schema} in ${name}`, why, command);
  }
}

async function dropUnlessForeign(location: string, run: string): Promise<string | undefined> {
  const parsed = parsePostgresLocation(location);
  const session = await openSession(parsed, 'nodrop-clean');
  try {
    const [found] = await session.query<{ mark: string | null }>(
      `SELECT obj_description(oid, 'pg_namespace') AS mark FROM pg_namespace WHERE nspname = $1`,
      [parsed.schema],
    );
    if (found === undefined) return undefined;
    if (found.mark !== schemaMark) return 'nodrop did not make it';
    const why = (await whyInUse(session)) ?? (await dropOwn(session, parsed.schema, run));
    if (why !== undefined) await session.rollBack();
    return why;
  } finally {
    await session.close();
  }
}

/**
 * Waits a moment: the session of a consumer that has just ended, or was killed, may still exist. Behind a pooler, only
 * a consumer in a transaction is seen; `dropOwn` then waits for its locks.
 */
async function whyInUse(session: Session): Promise<string | undefined> {
  const deadline = performance.now() + sessionEndMsMax;
  for (;;) {
    const [offsets] = await session.transact([`SELECT WHERE to_regclass('offsets') IS NOT NULL`]);
    if (offsets!.length === 0) return undefined;
    const [owners] = await session.transact([
      `SELECT FROM pg_stat_activity
      WHERE application_name IN (SELECT owner FROM offsets) AND pid <> pg_backend_pid()`,
    ]);
    if (owners!.length === 0) return undefined;
    if (performance.now() > deadline)
      return `it is used by ${counted(owners!.length, 'session')} of consumers`;
    await sleep(pollMs);
  }
}

/**
 * Drops the schema, or drops nothing and returns why: the schema holds another run's or program's data. The locks keep
 * all other sessions from adding rows meanwhile.
 */
async function dropOwn(session: Session, schema: string, run: string): Promise<string | undefined> {
  await session.begin();
  const tables = (await existing(session, ownTables)).map(quoted);
  if (tables.length > 0) await session.query(`LOCK TABLE ${tables.join(', ')} IN ACCESS EXCLUSIVE MODE`);
  const why = await whyForeign(session, run);
  if (why !== undefined) return why;
  // PostgreSQL refuses if a user's object depends on a table or lies in the schema. Then the whole schema stays.
  const drops = tables.map((table) => `DROP TABLE ${table} RESTRICT`);
  await session.queries([...drops, `DROP SCHEMA ${quoted(schema)} RESTRICT`]);
  await session.commit();
  return undefined;
}

/** The given tables that exist in the schema: a table may be gone. */
async function existing(session: Session, names: readonly string[]): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL',
    [names],
  );
  return rows.map(({ name }) => name);
}

/** The reason not to drop the tables: another run's or another program's data. undefined if there is none. */
async function whyForeign(session: Session, run: string): Promise<string | undefined> {
  const tables = await existing(session, ownTables);
  if (tables.includes('offsets')) {
    const [other] = await session.query<{ run: string }>(
      'SELECT run FROM offsets WHERE run IS DISTINCT FROM $1 LIMIT 1',
      [run],
    );
    if (other !== undefined) return `run ${other.run} stores into it too`;
  }
  if (!tables.includes('messages')) return undefined;
  const [foreign] = await session.query<{ table: string }>(
    `SELECT relname AS table FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = to_regclass('messages') AND NOT EXISTS (
      SELECT FROM pg_constraint WHERE conrelid = inhrelid AND conname = '_' || relname || '_key') LIMIT 1`,
  );
  if (foreign !== undefined) return `nodrop did not make table ${foreign.table} in it`;
  const [row] = await session.query<{ run: string }>('SELECT run FROM messages WHERE run <> $1 LIMIT 1', [
    run,
  ]);
  return row === undefined ? undefined : `it holds rows of run ${row.run}`;
}
