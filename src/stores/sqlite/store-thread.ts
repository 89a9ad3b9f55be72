/** The program of the thread that runs an SQLite store. */
import { serveThread } from '../../system/thread.ts';
import { RowBatch, type SharedRowBatch } from '../row-batch.ts';
import type { Advance, ClaimedTopic, Store, StoreOptions } from '../store.ts';
import { openSqliteStore } from './store.ts';
import type { StoreThreadParent } from './threaded-store.ts';

let store: Store;

const handlers = {
  /** The parent calls this first, and once. */
  open(path: string, { categories, tables }: StoreOptions, asksBeforeCommit: boolean) {
    const hook = asksBeforeCommit ? { beforeCommit: () => parent.call('beforeCommit') } : {};
    store = openSqliteStore(path, { categories, tables, ...hook });
  },
  claim: (topic: ClaimedTopic, begin: ReadonlyMap<number, number>) => store.claim(topic, begin),
  offsets: (topicId: string) => store.offsets(topicId),
  write: (topicId: string, batch: SharedRowBatch, advances: readonly Advance[]) =>
    store.write(topicId, RowBatch.shared(batch), advances),
  close: () => store.close(),
};
export type StoreThread = typeof handlers;

const parent = serveThread<StoreThreadParent>(handlers);
