import { DatabaseSync } from 'node:sqlite';
import { Deadline } from '../../system/deadline.ts';
import { lockWaitMs } from '../engine.ts';

/** While SQLite waits for a lock, it blocks this whole process. So each wait is short. */
const blockedMsMax = 20;
const retryPauseMs = 20;
/** A primary result code of SQLite. */
const busyCode = 5;

export async function lockSqlite(path: string, signal: AbortSignal): Promise<() => Promise<void>> {
  const database = new DatabaseSync(path, { timeout: blockedMsMax });
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
    // A writer that is suspended within a transaction may hold the lock for a long time.
    if ((await new Deadline(lockWaitMs, signal).poll(begin, retryPauseMs)) === undefined)
      throw new Error(`another program has held the lock for more than ${lockWaitMs} ms`);
  } catch (error) {
    database.close();
    throw error;
  }
  return async () => {
    database.exec('ROLLBACK');
    database.close();
  };
}
