/** Removes a schema that nodrop made for one run: its own tables by name, and nothing that anybody has added. */
import { messageOf, OperationalError } from '../../errors.ts';
import { leftText } from '../../removal.ts';
import { shellWord } from '../../shell-word.ts';
import { quoted } from '../table-names.ts';
import { parsePostgresLocation } from './location.ts';
import { ownTables, schemaMark } from './schema.ts';
import { openSession, type Session } from './session.ts';

/** Returns what is left of it in a sentence; undefined if nothing is. */
export async function dropSchema(location: string, run: string): Promise<string | undefined> {
  const { connectionString, schema, name } = parsePostgresLocation(location);
  try {
    const why = await dropUnlessForeign(location, run);
    if (why === undefined) return undefined;
    return leftBecause(why);
  } catch (error) {
    // A lock that another session holds; a view of somebody's on one of the tables; a database that is away.
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
    const why = await whyForeign(session, run);
    if (why !== undefined) return why;
    // What depends on a table, or lies beside them, is somebody's: then PostgreSQL refuses, and all of it stays.
    const tables = ownTables.map((table) => `DROP TABLE IF EXISTS ${quoted(table)} RESTRICT`);
    await session.queries(['BEGIN', ...tables, `DROP SCHEMA ${quoted(parsed.schema)} RESTRICT`]);
    await session.commit();
    return undefined;
  } finally {
    await session.close();
  }
}

/** What other runs or other programs have in its tables. One of them may be gone: then it holds nothing. */
async function whyForeign(session: Session, run: string): Promise<string | undefined> {
  const tables = await session.query<{ messages: string | null; offsets: string | null }>(
    `SELECT to_regclass('messages') AS messages, to_regclass('offsets') AS offsets`,
  );
  const { messages, offsets } = tables[0]!;
  if (offsets !== null) {
    const [other] = await session.query<{ run: string }>(
      'SELECT run FROM offsets WHERE run IS DISTINCT FROM $1 LIMIT 1',
      [run],
    );
    if (other !== undefined) return `run ${other.run} stores into it too`;
  }
  if (messages === null) return undefined;
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
