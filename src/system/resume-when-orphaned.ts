/** A stopped process cannot notice that its parent died, so it would stay stopped for ever. */
import { spawn } from 'node:child_process';

/** Wakes the process when this one is gone, or when it is told to. To be started before the process is suspended. */
export function guardSleep(pid: number): { end(): void } {
  // Its input ends with this process, whatever it dies of. In a group of its own, Ctrl-C does not reach it.
  const guard = spawn('/bin/sh', ['-c', 'cat >/dev/null; kill -CONT "$0" 2>/dev/null', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  return { end: () => void guard.stdin.end() };
}
