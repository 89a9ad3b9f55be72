import type { Stage } from './stage.ts';

const watchIntervalMs = 500;

/** Kills a stage that hangs or was suspended, since it cannot bound its own waits then, and calls `onKilled`. */
export function killWhatHangs(
  stages: readonly Stage[],
  silenceMsMax: number,
  onKilled: (stage: Stage) => void,
): NodeJS.Timeout {
  return watch((nowMs, sinceMs) => {
    for (const stage of stages) {
      const heardAtMs = stage.heardAtMs();
      const isSilent = heardAtMs !== undefined && nowMs - Math.max(heardAtMs, sinceMs) > silenceMsMax;
      if (isSilent && stage.signal('SIGKILL')) onKilled(stage);
    }
  });
}

/**
 * A consumer gives up by itself if nothing moves for some time. But a stalled consumer may still report that it is
 * alive, and never give up. If no consumer makes progress for longer than `stillMsMax`, this kills all of them, and
 * calls `onKilled` for each.
 */
export function killWhatStandsStill(
  consumers: readonly Stage[],
  stillMsMax: number,
  onKilled: (consumer: Stage) => void,
): NodeJS.Timeout {
  let heldUntilMs = 0;
  return watch((nowMs, sinceMs) => {
    const moved = consumers.map((consumer) => consumer.movedAtMs());
    // While a fault acts on a consumer, or one is not ready yet, the time does not count.
    if (moved.includes(undefined)) heldUntilMs = nowMs;
    const movedAtMs = Math.max(heldUntilMs, sinceMs, ...moved.map((each) => each ?? 0));
    if (nowMs - movedAtMs <= stillMsMax) return;
    for (const consumer of consumers) if (consumer.signal('SIGKILL')) onKilled(consumer);
  });
}

/** Looks at intervals. `sinceMs`: since when this process can have received messages without a gap. */
function watch(look: (nowMs: number, sinceMs: number) => void): NodeJS.Timeout {
  let sinceMs = performance.now();
  let lookedAtMs = sinceMs;
  return setInterval(() => {
    const nowMs = performance.now();
    // If this process was suspended itself, it received no messages meanwhile.
    if (nowMs - lookedAtMs > 4 * watchIntervalMs) sinceMs = nowMs;
    lookedAtMs = nowMs;
    look(nowMs, sinceMs);
  }, watchIntervalMs);
}
