/** The store to which a consumer writes: a chain of stores, each of which wraps the next. */
import type { Cluster } from '../../kafka/client/cluster.ts';
import type { ConsumerGroup } from '../../kafka/client/consumer-group.ts';
import type { JournalWriter } from '../../run-folder/journal/journal-writer.ts';
import { openStoreBeside } from '../../stores/engines.ts';
import type { Store } from '../../stores/store.ts';
import { say } from '../../text/say.ts';
import type { Reach } from '../stage/failpoints.ts';
import type { ConsumeConfig } from './consume-loop.ts';
import { journaledStore } from './journaled-store.ts';
import { openPatiently } from './outage-tolerant-store.ts';

/** The seams by which a test of the auditor changes a consumer. No other caller passes any. */
export interface ConsumerSeams {
  wrapStore?: (store: Store, consumer: WorkingConsumer) => Store;
}

/** A consumer that has joined its group. */
export interface WorkingConsumer {
  config: ConsumeConfig;
  cluster: Cluster;
  group: ConsumerGroup;
}

export interface ConsumerStore {
  /** Returns the whole chain. To be called once the consumer has joined its group and has a journal. */
  journaled(consumer: WorkingConsumer, journal: JournalWriter): Store;
  close(): Promise<void>;
}

/**
 * From the outside to the inside:
 *
 * 1. The journal. It notes a delivery before the stores below get the batch, and the write once they are done. It notes
 *    each once, however often the write is retried.
 * 2. A defect, if a test plants one. It is below the journal, which must say what the store was handed, and
 *    above the patience, which would otherwise plant it again at each attempt.
 * 3. The patience. It asks the store itself, below any defect, whether a transaction was committed.
 * 4. The store; SQLite's in a thread of its own.
 *
 * The store is opened at once, and the others are added later. Throws `unavailable`.
 */
export async function openConsumerStore(
  config: Pick<ConsumeConfig, 'folder' | 'store' | 'categories' | 'tables' | 'storeTimeoutMs'>,
  { wrapStore = (store) => store, reach }: ConsumerSeams & { reach: Reach | undefined },
  signal: AbortSignal,
): Promise<ConsumerStore> {
  const { folder, categories, tables, storeTimeoutMs } = config;
  const patience = { timeoutMs: storeTimeoutMs, signal, note: (line: string) => say(`nodrop: ${line}`) };
  const options = { categories, tables, ...(reach && { beforeCommit: () => reach('before-store-commit') }) };
  const store = await openPatiently(() => openStoreBeside(config.store, options), patience);
  const journaling = { run: folder.id, categories: categories.length, patience };
  return {
    journaled: (consumer, journal) => journaledStore(wrapStore(store, consumer), { ...journaling, journal }),
    close: () => store.close(),
  };
}
