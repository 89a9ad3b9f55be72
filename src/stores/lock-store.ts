/** Holds the lock that writers of a store need: what somebody else's program may do. */
import { isPostgresLocation, parsePostgresLocation } from './postgres/location.ts';
import { sqlitePathOf } from './open-store.ts';

const waitMs = 5_000;

/** Returns what lets it go again. Readers go on. Throws where the lock cannot be had in time. */
export async function lockStore(location: string): Promise<() => Promise<void>> {
  return isPostgresLocation(location) ? await lockPostgres(location) : await lockSqlite(location);
}

async function lockSqlite(location: string): Promise<() => Promise<void>> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(sqlitePathOf(location)!, { timeout: waitMs });
  try {
    database.exec('BEGIN IMMEDIATE');
  } catch (error) {
    database.close();
    throw error;
  }
  return async () => {
    database.exec('ROLLBACK');
    database.close();
  };
}

async function lockPostgres(location: string): Promise<() => Promise<void>> {
  const { openSession } = await import('./postgres/session.ts');
  const session = await openSession(parsePostgresLocation(location), 'nodrop-fault');
  try {
    await session.query(`SET lock_timeout TO ${waitMs}`);
    await session.query('BEGIN');
    await session.query('LOCK TABLE offsets IN EXCLUSIVE MODE');
  } catch (error) {
    session.drop();
    throw error;
  }
  return async () => {
    await session.query('ROLLBACK');
    await session.close();
  };
}
