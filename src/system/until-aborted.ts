import { setTimeout as sleep } from 'node:timers/promises';

/** Until the time has passed or the signal comes, whichever is first. */
export const pauseUnless = (signal: AbortSignal, ms: number): Promise<void> =>
  sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined);

export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
