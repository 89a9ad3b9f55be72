import type { StagePlace } from './stage-place.ts';

const watchIntervalMs = 500;

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
