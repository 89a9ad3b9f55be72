/** Holds the lock that writers of a store need: what somebody else's program may do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isPostgresLocation, parsePostgresLocation } from './postgres/location.ts';
import { sqlitePathOf } from './engines.ts';

const waitMs = 10_000;
/** SQLite waits without letting anything else of this process go on. */
const blockedMsMax = 20;
const retryPauseMs = 20;
/** A primary result code of SQLite. */
const busyCode = 5;

/** Returns what lets it go again. Readers go on. Throws where the lock cannot be had in time. */
export async function lockStore(location: string, signal: AbortSignal): Promise<() => Promise<void>> {
  return isPostgresLocation(location) ? await lockPostgres(location) : await lockSqlite(location, signal);
}

async function lockSqlite(location: string, signal: AbortSignal): Promise<() => Promise<void>> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(sqlitePathOf(location)!, { timeout: blockedMsMax });
  const begin = (): boolean => {
    try {
      database.exec('BEGIN IMMEDIATE');
      return true;
    } catch (error) {
      if ((((error as { errcode?: number }).errcode ?? 0) & 0xff) === busyCode) return false;
      throw error;
    }
  };
  try {
    const endMs = performance.now() + waitMs;
    // A writer may hold it for long: one that is suspended within a transaction.
    while (!begin()) {
      if (performance.now() > endMs)
        throw new Error(`somebody else holds the lock for more than ${waitMs} ms`);
      await sleep(retryPauseMs, undefined, { signal });
    }
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
