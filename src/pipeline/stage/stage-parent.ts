/** In a stage's process: messages to and from its parent. A stage that a user started has none, and sends nothing. */
import type { ParentMessage, StageMessage } from './stage-messages.ts';

const aliveIntervalMs = 1_000;
const progressIntervalMs = 100;

/** Sends a message to the parent, if there is one. */
export function tellParent(message: StageMessage): void {
  // If the parent is gone, the end of the channel shows it.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

let progressToldAtMs = -Infinity;

/** Sends the stage's progress, at most every 100 ms, which is as often as a person can see it. */
export function tellProgress(done: number): void {
  const nowMs = performance.now();
  if (nowMs - progressToldAtMs < progressIntervalMs) return;
  progressToldAtMs = nowMs;
  tellParent({ type: 'progress', done });
}

/** The address that the parent sends. From now on, the stage reports at intervals that it is alive. */
export async function bootstrapFromParent(signal: AbortSignal): Promise<string> {
  setInterval(() => tellParent({ type: 'alive' }), aliveIntervalMs).unref();
  return (await fromParent('bootstrap', signal)).bootstrapServers;
}

/**
 * Settles when the parent lets the stage begin. To be called early, since no message is sent twice. A paced run begins
 * once every consumer has claimed its partitions and nodrop has loaded the audit: joining a group takes seconds, which
 * are not part of the pipeline's latency. A producer that a user started does not wait.
 */
export const untilToldToBegin = async (signal: AbortSignal): Promise<void> =>
  void (await fromParent('begin', signal));

/**
 * Settles when no producer will start any more. To be called early, too. The ledgers cannot show that: a ledger whose
 * producer is dead looks closed, but a fault may start the producer again.
 */
export const untilProduced = async (signal: AbortSignal): Promise<void> =>
  void (await fromParent('produced', signal));

/** Settles when the parent lets the stage leave its point. */
export const untilToldToGoOn = async (signal: AbortSignal): Promise<void> =>
  void (await fromParent('go-on', signal));

/** Calls `listener` whenever the parent names a point at which to stop. */
export function onPauseAt(listener: (point: string) => void): void {
  process.on('message', (message) => {
    const said = message as ParentMessage;
    if (said.type === 'pause-at') listener(said.point);
  });
}

function fromParent<Type extends ParentMessage['type']>(
  type: Type,
  signal: AbortSignal,
): Promise<Extract<ParentMessage, { type: Type }>> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    const onMessage = (message: unknown): void => {
      if ((message as ParentMessage).type !== type) return;
      signal.removeEventListener('abort', onAbort);
      process.off('message', onMessage);
      resolve(message as Extract<ParentMessage, { type: Type }>);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    process.on('message', onMessage);
  });
}
