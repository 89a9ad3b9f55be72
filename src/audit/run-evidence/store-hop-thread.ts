/** The thread in which a run's store is read and held against the workload. */
import { writevSync } from 'node:fs';
import type { Manifest } from '../../run-folder/run-folder.ts';
import { serveThread } from '../../system/thread.ts';
import { namingFile } from '../../system/write-whole.ts';
import { RunMessages } from './run-messages.ts';
import type { SessionStarts } from './run-plan.ts';
import { openStoreHop, type OpenStoreHop } from './store-hop.ts';
import { columnsOf, type StoreHopThreadParent } from './threaded-store-hop.ts';

let messages: RunMessages;
let store: OpenStoreHop;

const handlers = {
  /** To be called first, and once. */
  async open(location: string, manifest: Manifest, sessionStarts: SessionStarts) {
    messages = new RunMessages(manifest, sessionStarts);
    store = await openStoreHop(location, manifest, messages);
    const { positions, oddPositions = [], whole, problem } = store.hop;
    return { positions, oddPositions, whole, problem, categories: store.categories };
  },
  /**
   * Reads it to its end. Batches go into the spool, one behind another: a file that is open for all threads. It was made
   * at this path, and has no name any more.
   */
  async read(spool: number, spoolPath: string) {
    let namesTold = messages.plannedCount;
    let contentsTold = 0;
    let position = 0;
    for await (const batch of store.hop.batches()) {
      const columns = columnsOf(batch);
      const bytes = columns.reduce((sum, { byteLength }) => sum + byteLength, 0);
      const written = namingFile(spoolPath, () => writevSync(spool, columns, position));
      if (written < bytes)
        throw new Error(`only ${written} of ${bytes} bytes could be written beside the run`);
      position += bytes;
      const names = [];
      for (; namesTold < messages.count; namesTold++) names.push(messages.name(namesTold));
      const contents = messages.differences.slice(contentsTold);
      contentsTold += contents.length;
      // While a store is read, nothing that the parent asks is heard: so it is told, and does not have to ask.
      parent.tell('spooled', { count: batch.count, names, contents });
    }
    await store.close();
    return { whole: store.hop.whole, problem: store.hop.problem };
  },
};
export type StoreHopThread = typeof handlers;

const parent = serveThread<StoreHopThreadParent>(handlers);
