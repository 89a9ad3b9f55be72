/** The thread that copies the write-ahead log into the tables, on each call of `checkpoint`. */
import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import { serveThread } from '../../system/thread.ts';

/** From this size on (pages), the writer starts a new log, for which SQLite blocks it for a moment. */
const restartPages = 4_096;
/** How long (ms) to wait until the writer is between two transactions. */
const busyTimeoutMs = 100;

let database: DatabaseSync | undefined;

const handlers = {
  checkpoint() {
    try {
      database ??= new DatabaseSync(workerData as string, { timeout: busyTimeoutMs });
      // While the writer waits, only the pages that it wrote meanwhile are left to copy.
      const { log } = database.prepare('PRAGMA wal_checkpoint(PASSIVE)').get() as { log: number };
      if (log >= restartPages) database.exec('PRAGMA wal_checkpoint(RESTART)');
    } catch {
      // SQLite's automatic checkpoint ignores failures, too: pages that were not copied stay in the log, and readers
      // find them there.
    }
  },
  close: () => database?.close(),
};
export type CheckpointThread = typeof handlers;

serveThread(handlers);
