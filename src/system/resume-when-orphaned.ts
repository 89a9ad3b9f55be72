/** A stopped process cannot notice that its parent died, so it would stay stopped for ever. */
import { spawn } from 'node:child_process';

/** Resumes the process when this one is gone, or at `end()`. Call this before the process is suspended. */
export function guardSleep(pid: number): { end(): void } {
  // The guard's input ends with this process, however it dies. Ctrl-C does not reach the guard's own process group.
  const guard = spawn('/bin/sh', ['-c', 'cat >/dev/null; kill -CONT "$0" 2>/dev/null', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  return { end: () => void guard.stdin.end() };
}
