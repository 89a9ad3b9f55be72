import type { StagePlace } from './stage-place.ts';

const watchIntervalMs = 500;

/**
 * A consumer gives up by itself where nothing moves for a time. One that has come to stand still says that it is
 * alive and never gives up: where none of them gets on for longer than that time, all are killed, and `onKilled` told.
 */
export function killWhatStandsStill(
  consumers: readonly StagePlace[],
  stillMsMax: number,
  onKilled: (consumer: StagePlace) => void,
): NodeJS.Timeout {
  let since = performance.now();
  return setInterval(() => {
    const now = performance.now();
    const moved = consumers.map((consumer) => consumer.movedAtMs());
    // One that a fault has, or that is not ready yet, has a time of its own.
    if (moved.includes(undefined)) since = now;
    if (now - Math.max(since, ...moved.map((movedAtMs) => movedAtMs ?? 0)) <= stillMsMax) return;
    for (const consumer of consumers) if (consumer.signal('SIGKILL')) onKilled(consumer);
  }, watchIntervalMs);
}

/** A stage bounds its own waits, but not where it hangs or was suspended: then it is killed, and `onKilled` told. */
export function killWhatHangs(
  stages: readonly StagePlace[],
  silenceMsMax: number,
  onKilled: (stage: StagePlace) => void,
): NodeJS.Timeout {
  let since = performance.now();
  let lookedAtMs = since;
  return setInterval(() => {
    const now = performance.now();
    // Whoever slept oneself has heard nobody.
    if (now - lookedAtMs > 4 * watchIntervalMs) since = now;
    lookedAtMs = now;
    for (const stage of stages) {
      const heardAtMs = stage.heardAtMs();
      const isSilent = heardAtMs !== undefined && now - Math.max(heardAtMs, since) > silenceMsMax;
      if (isSilent && stage.signal('SIGKILL')) onKilled(stage);
    }
  }, watchIntervalMs);
}
