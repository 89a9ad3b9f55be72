/** The thread that reads a run's store and compares it with the workload. */
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
  /** To be called first, and only once. */
  async open(location: string, manifest: Manifest, sessionStarts: SessionStarts) {
    messages = new RunMessages(manifest, sessionStarts);
    store = await openStoreHop(location, manifest, messages);
    const { positions, oddPositions = [], whole, problem } = store.hop;
    return { positions, oddPositions, whole, problem, categories: store.categories };
  },
  /**
   * Reads the store to its end. Batches are appended to the spool, a file that all threads have open. It was created
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
      // While it reads a store, this thread does not get requests. So it sends messages, and the parent does not ask.
      parent.tell('spooled', { count: batch.count, names, contents });
    }
    await store.close();
    return { whole: store.hop.whole, problem: store.hop.problem };
  },
};
export type StoreHopThread = typeof handlers;

const parent = serveThread<StoreHopThreadParent>(handlers);
