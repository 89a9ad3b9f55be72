/** The thread in which a run's store is read and held against the workload: opened at once, read ahead up to a limit. */
import { parentPort, workerData } from 'node:worker_threads';
import { RunMessages } from './run-messages.ts';
import { openStoreHop } from './store-hop.ts';
import type { FromStoreThread, StoreThreadData } from './threaded-store-hop.ts';

const port = parentPort!;
const { location, manifest, aheadMax } = workerData as StoreThreadData;
const say = (message: FromStoreThread, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

const messages = new RunMessages(manifest);
const store = await openStoreHop(location, manifest, messages);
const { hop, categories } = store;
const { positions, whole, problem } = hop;
say({ type: 'opened', positions, whole, problem, categories });

/** How many batches may be read before somebody takes one. */
const room = { batches: aheadMax, onTaken: (): void => undefined };
port.on('message', () => {
  room.batches += 1;
  room.onTaken();
});
const untilTaken = (): Promise<void> => new Promise((resolve) => (room.onTaken = resolve));

let namesTold = messages.plannedCount;
let contentsTold = 0;
for await (const batch of hop.batches()) {
  while (room.batches === 0) await untilTaken();
  room.batches -= 1;
  const { count } = batch;
  const columns = {
    message: batch.message.slice(0, count),
    category: batch.category.slice(0, count),
    partition: batch.partition.slice(0, count),
    offset: batch.offset.slice(0, count),
    content: batch.content.slice(0, count),
  };
  const names = [];
  for (; namesTold < messages.count; namesTold++) names.push(messages.name(namesTold));
  const contents = messages.differences.slice(contentsTold);
  contentsTold += contents.length;
  say(
    { type: 'batch', batch: { count, ...columns }, names, contents },
    Object.values(columns).map(({ buffer }) => buffer),
  );
}
await store.close();
say({ type: 'ended', whole: hop.whole, problem: hop.problem });
// Nothing else keeps the thread.
port.close();
