/** Runs a short command to its end, with a deadline and an abort signal, and returns what it printed. */
import { createInterface } from 'node:readline';

import { unavailableError } from '../errors.ts';
import { spawnSupervised } from './supervise.ts';

/** How many of the last lines of a command's output are kept. */
const linesMax = 2000;

/** The code is 127 if the command does not exist. Throws the signal's reason, or `unavailable` at the deadline. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: {
    timeoutMs: number;
    signal?: AbortSignal | undefined;
    env?: Record<string, string>;
    onLine?: (line: string) => void;
  },
): Promise<{ code: number; lines: string[] }> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const stop = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  options.signal?.throwIfAborted();
  const child = await spawnSupervised(command, args, { output: 'pipe', env: options.env ?? {} });
  const kill = () => void child.end(0);
  stop.addEventListener('abort', kill);
  if (stop.aborted) kill();
  const lines: string[] = [];
  try {
    for await (const line of createInterface({ input: child.output! })) {
      if (lines.push(line) > linesMax) lines.shift();
      options.onLine?.(line);
    }
    const code = await child.exited;
    options.signal?.throwIfAborted();
    if (deadline.aborted)
      throw unavailableError(`${command} did not end within ${options.timeoutMs / 1000} s.`);
    return { code, lines };
  } finally {
    stop.removeEventListener('abort', kill);
  }
}
