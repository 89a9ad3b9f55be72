/** The thread that takes the write-ahead log into the tables, whenever it is told to. */
import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import { serveThread } from '../../system/thread.ts';

/** From then on the writer is to start a new log, for which it is kept from writing for a moment. */
const restartPages = 4_096;
/** How long to wait for a writer between two transactions. */
const busyTimeoutMs = 100;

const database = new DatabaseSync(workerData as string, { timeout: busyTimeoutMs });
const passive = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');

const handlers = {
  checkpoint() {
    try {
      // What was written meanwhile is all that is left to do while the writer waits.
      const { log } = passive.get() as { log: number };
      if (log >= restartPages) database.exec('PRAGMA wal_checkpoint(RESTART)');
    } catch {
      // As where SQLite does it by itself: what did not get into the tables stays in the log, and is read there.
    }
  },
  close: () => database.close(),
};
export type CheckpointThread = typeof handlers;

serveThread(handlers);
