/** The dead letters of a run's topic for the page: those of its messages, and those of records that a fault published. */
import type { DeadLetters, ShownLetter } from './page-data.ts';
import type { FaultRecord } from '../result/result.ts';
import { openSnapshot } from '../stores/engines.ts';

const shownMax = 200;
/** The limit counts letters of all topics, since many runs may share a store. */
const readMax = 20_000;
const reasonCharsMax = 500;
/** The limit for bytes, since payloads are read with the letters. */
const bytesMax = 256 * 1024 * 1024;

/** null if the store could not be read. */
export async function topicLetters(
  store: string,
  topicId: string,
  faults: readonly FaultRecord[],
): Promise<DeadLetters | null> {
  const published = new Set(
    faults.flatMap((fault) => fault.published ?? []).map(({ partition, offset }) => `${partition}:${offset}`),
  );
  const found: DeadLetters = { count: 0, isCut: false, letters: [], planted: 0 };
  let read = 0;
  let bytes = 0;
  try {
    const snapshot = await openSnapshot(store);
    await using _ = { [Symbol.asyncDispose]: () => snapshot.close() };
    for await (const some of snapshot.deadLetters(readMax)) {
      read += some.length;
      bytes += some.reduce((sum, { payload }) => sum + (payload?.length ?? 0), 0);
      for (const letter of some) {
        if (letter.topicId !== topicId) continue;
        const isPlanted = published.has(`${letter.partition}:${letter.offset}`);
        found.count += 1;
        if (isPlanted) found.planted += 1;
        if (found.letters.length < shownMax) found.letters.push(shown(letter, isPlanted));
      }
      if (bytes > bytesMax) break;
    }
  } catch {
    // The audit has reported what is wrong with the store.
    return null;
  }
  return { ...found, isCut: read >= readMax || bytes > bytesMax };
}

const shown = (
  { partition, offset, reason }: Omit<ShownLetter, 'isPlanted'>,
  isPlanted: boolean,
): ShownLetter => ({ partition, offset, reason: reason.slice(0, reasonCharsMax), isPlanted });
