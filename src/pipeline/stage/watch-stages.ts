import type { Stage } from './stage.ts';

const watchIntervalMs = 500;

/** A stage bounds its own waits, but not where it hangs or was suspended: then it is killed, and `onKilled` told. */
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
 * A consumer gives up by itself where nothing moves for a time. One that has come to stand still says that it is
 * alive and never gives up: where none of them gets on for longer than that time, all are killed, and `onKilled` told.
 */
export function killWhatStandsStill(
  consumers: readonly Stage[],
  stillMsMax: number,
  onKilled: (consumer: Stage) => void,
): NodeJS.Timeout {
  let heldUntilMs = 0;
  return watch((nowMs, sinceMs) => {
    const moved = consumers.map((consumer) => consumer.movedAtMs());
    // One that a fault has, or that is not ready yet, has a time of its own.
    if (moved.includes(undefined)) heldUntilMs = nowMs;
    const movedAtMs = Math.max(heldUntilMs, sinceMs, ...moved.map((each) => each ?? 0));
    if (nowMs - movedAtMs <= stillMsMax) return;
    for (const consumer of consumers) if (consumer.signal('SIGKILL')) onKilled(consumer);
  });
}

/** Looks again and again. `sinceMs`: from when on it has been there to hear anybody. */
function watch(look: (nowMs: number, sinceMs: number) => void): NodeJS.Timeout {
  let sinceMs = performance.now();
  let lookedAtMs = sinceMs;
  return setInterval(() => {
    const nowMs = performance.now();
    // Whoever slept oneself has heard nobody.
    if (nowMs - lookedAtMs > 4 * watchIntervalMs) sinceMs = nowMs;
    lookedAtMs = nowMs;
    look(nowMs, sinceMs);
  }, watchIntervalMs);
}
