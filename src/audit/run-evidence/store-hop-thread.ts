/** The thread in which a run's store is read and held against the workload: opened at once, then read to its end. */
import { writevSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { RunMessages } from './run-messages.ts';
import { namingFile } from '../../system/write-whole.ts';
import { openStoreHop } from './store-hop.ts';
import { columnsOf, type FromStoreThread, type StoreThreadData } from './threaded-store-hop.ts';

const port = parentPort!;
const { location, manifest, sessionStarts, spool, spoolPath } = workerData as StoreThreadData;
const say = (message: FromStoreThread): void => port.postMessage(message);

const messages = new RunMessages(manifest, sessionStarts);
const store = await openStoreHop(location, manifest, messages);
const { hop, categories } = store;
const { positions, oddPositions = [], whole, problem } = hop;
say({ type: 'opened', positions, oddPositions, whole, problem, categories });

let namesTold = messages.plannedCount;
let contentsTold = 0;
let position = 0;
for await (const batch of hop.batches()) {
  const columns = columnsOf(batch);
  const bytes = columns.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const written = namingFile(spoolPath, () => writevSync(spool, columns, position));
  if (written < bytes) throw new Error(`only ${written} of ${bytes} bytes could be written beside the run`);
  position += bytes;
  const names = [];
  for (; namesTold < messages.count; namesTold++) names.push(messages.name(namesTold));
  const contents = messages.differences.slice(contentsTold);
  contentsTold += contents.length;
  say({ type: 'batch', count: batch.count, names, contents });
}
await store.close();
say({ type: 'ended', whole: hop.whole, problem: hop.problem });
