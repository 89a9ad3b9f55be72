/**
 * A store whose outages are waited out: what could not be done is tried again, ever more slowly, until it
 * works or the time is over. Nothing is lost by waiting, since nothing else is fetched meanwhile. After an
 * outage in a write, the store's offsets tell whether its transaction was committed all the same.
 */
import { messageOf, unavailableError } from '../errors.ts';
import { Deadline } from '../kafka/deadline.ts';
import { FencedError, StoreOutageError, type Advance, type Store } from '../stores/store.ts';

export interface Patience {
  timeoutMs: number;
  signal: AbortSignal;
  /** Told when an outage begins, and when it is over. */
  note: (line: string) => void;
}

const pauseMsMin = 50;
const pauseMsMax = 2_000;

/** `open` is called until there is a store. */
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

/** Whether a write that met an outage was committed. All its partitions move together, so one that is ours tells. */
async function isStored(store: Store, topicId: string, advances: readonly Advance[]): Promise<boolean> {
  const held = await store.offsets(topicId);
  const ours = advances.find(({ partition, epoch }) => held.get(partition)?.epoch === epoch);
  if (ours === undefined) throw new FencedError(advances[0]!.partition, { isInDoubt: true });
  return held.get(ours.partition)!.next === ours.next;
}

async function patiently<T>(action: () => Promise<T>, { timeoutMs, signal, note }: Patience): Promise<T> {
  const deadline = new Deadline(timeoutMs, signal);
  for (let pauseMs = 0; ; pauseMs = Math.min(Math.max(2 * pauseMs, pauseMsMin), pauseMsMax)) {
    // Several that wait for one store do not all come back at once.
    if (pauseMs > 0) await deadline.pause(pauseMs * (0.5 + Math.random() / 2));
    try {
      const result = await action();
      if (pauseMs > 0) note('The store is back.');
      return result;
    } catch (error) {
      if (!(error instanceof StoreOutageError)) throw error;
      signal.throwIfAborted();
      if (deadline.hasPassed) throw outlasted(error, timeoutMs);
      if (pauseMs === 0) note(`${sentenceOf(error)} Trying again for ${timeoutMs} ms.`);
    }
  }
}

const outlasted = (error: StoreOutageError, timeoutMs: number): Error =>
  unavailableError(`${sentenceOf(error)} It was tried again for ${timeoutMs} ms.`, {
    cause: error,
    hint: `${error.hint ?? ''}\nNothing is lost: consume again to go on, or wait longer with --store-timeout.`,
  });

const sentenceOf = (error: unknown): string => messageOf(error).replace(/\.?$/, '.');
