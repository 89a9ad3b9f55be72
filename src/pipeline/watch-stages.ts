import type { Stage } from './stage-process.ts';

const watchIntervalMs = 500;

/** A stage bounds its own waits, but not where it hangs or was suspended: then it is killed, and `onKilled` told. */
export function killWhatHangs(
  stages: ReadonlyMap<string, Stage>,
  silenceMsMax: number,
  onKilled: (name: string) => void,
): NodeJS.Timeout {
  let since = performance.now();
  let lookedAtMs = since;
  return setInterval(() => {
    const now = performance.now();
    // Whoever slept oneself has heard nobody.
    if (now - lookedAtMs > 4 * watchIntervalMs) since = now;
    lookedAtMs = now;
    for (const [name, stage] of stages) {
      const isSilent = now - Math.max(stage.heardAtMs(), since) > silenceMsMax;
      if (isSilent && stage.kill('SIGKILL')) onKilled(name);
    }
  }, watchIntervalMs);
}
