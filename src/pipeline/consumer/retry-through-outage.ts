/**
 * Waits until an outage is over: retries an action at growing intervals, until it works or the time is up. Waiting
 * loses nothing, because nothing more is fetched meanwhile.
 */
import { messageOf, unavailableError } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';
import { StoreOutageError } from '../../stores/store.ts';

export interface Patience {
  timeoutMs: number;
  signal: AbortSignal;
  /** Called with a line when an outage begins, and when it is over. */
  note: (line: string) => void;
}

const pauseMsMin = 50;
const pauseMsMax = 2_000;

/** `action` throws `StoreOutageError` if the cause may pass by itself. `what`: the name of what is down. */
export async function patiently<T>(
  action: () => Promise<T>,
  { timeoutMs, signal, note }: Patience,
  what = 'The store',
): Promise<T> {
  const deadline = new Deadline(timeoutMs, signal);
  for (let pauseMs = 0; ; pauseMs = Math.min(Math.max(2 * pauseMs, pauseMsMin), pauseMsMax)) {
    // Jitter: several consumers that wait for one store must not all retry at once.
    if (pauseMs > 0) await deadline.pause(pauseMs * (0.5 + Math.random() / 2));
    try {
      const result = await action();
      if (pauseMs > 0) note(`${what} is back.`);
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
