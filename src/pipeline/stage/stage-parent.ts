/** In a stage: the parent that has started it, which it tells and hears. By hand there is none, and nothing is told. */
import type { ParentMessage, StageMessage } from './stage-messages.ts';

const aliveIntervalMs = 1_000;
const progressIntervalMs = 100;

/** Says something to the parent, if there is one. */
export function tellParent(message: StageMessage): void {
  // One that is gone is noticed by the end of the channel.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

let progressToldAtMs = -Infinity;

/** How far the stage is, as often as a person can see it. */
export function tellProgress(done: number): void {
  const nowMs = performance.now();
  if (nowMs - progressToldAtMs < progressIntervalMs) return;
  progressToldAtMs = nowMs;
  tellParent({ type: 'progress', done });
}

/** The address that the parent tells. From now on the parent hears that the stage is alive. */
export async function bootstrapFromParent(signal: AbortSignal): Promise<string> {
  setInterval(() => tellParent({ type: 'alive' }), aliveIntervalMs).unref();
  return (await fromParent('bootstrap', signal)).bootstrapServers;
}

/** Settles when the parent lets the stage begin. To be called early, since nothing is said twice. */
export const untilToldToBegin = async (signal: AbortSignal): Promise<void> =>
  void (await fromParent('begin', signal));

/** Settles when no producer comes any more. To be called early, too. */
export const untilProduced = async (signal: AbortSignal): Promise<void> =>
  void (await fromParent('produced', signal));

/** Settles when the parent lets the stage leave its point. */
export const untilToldToGoOn = async (signal: AbortSignal): Promise<void> =>
  void (await fromParent('go-on', signal));

/** `listener` is told whenever the parent says where to stop. */
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
