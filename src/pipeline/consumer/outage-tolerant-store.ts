/**
 * A store that waits until an outage is over. After an outage in a write, the store's offsets show whether the
 * transaction was committed all the same. It is below the journal, which thus notes one delivery for all attempts. If
 * all partitions were taken over meanwhile, that delivery stays in doubt in the journal.
 */
import { FencedError, type Advance, type Store } from '../../stores/store.ts';
import { patiently, type Patience } from './retry-through-outage.ts';

/** Calls `open` until there is a store. */
export async function openPatiently(open: () => Promise<Store>, patience: Patience): Promise<Store> {
  const store = await patiently(open, patience);
  return {
    claim: (topic, begin) => patiently(() => store.claim(topic, begin), patience),
    offsets: (topicId) => patiently(() => store.offsets(topicId), patience),
    close: () => store.close(),
    write: async (topicId, batch, advances) => {
      let isInDoubt = false;
      await patiently(async () => {
        if (isInDoubt && (await isStored(store, topicId, advances))) return;
        isInDoubt = true;
        await store.write(topicId, batch, advances);
      }, patience);
    },
  };
}

/** Whether a write that met an outage was committed. Its partitions move together, so one that is ours is enough. */
async function isStored(store: Store, topicId: string, advances: readonly Advance[]): Promise<boolean> {
  const held = await store.offsets(topicId);
  const ours = advances.find(({ partition, epoch }) => held.get(partition)?.epoch === epoch);
  if (ours === undefined) throw new FencedError(advances[0]!.partition, { isInDoubt: true });
  return held.get(ours.partition)!.next === ours.next;
}
