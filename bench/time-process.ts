/** Runs one process from its start to its end: its duration, its peak memory and its output. */
import { createInterface } from 'node:readline';
import { spawnSupervised } from '../src/system/supervise.ts';
import { PeakMemory, type PeakBytes } from './peak-memory.ts';

export interface TimedProcess {
  seconds: number;
  peakBytes: PeakBytes;
  /** The last lines of its output, including errors. */
  tail: string[];
}

export interface TimeOptions {
  signal: AbortSignal;
  env?: Record<string, string>;
  onLine?: (line: string) => void;
}

const timeoutMs = 15 * 60_000;
const tailLines = 30;
const tailChars = 4_000;

/** Throws if the exit code is not 0, with the end of the output; if the signal ends the process, its reason. */
export async function timeProcess(
  command: string,
  args: readonly string[],
  { signal, env = {}, onLine }: TimeOptions,
): Promise<TimedProcess> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(timeoutMs);
  const stop = AbortSignal.any([signal, limit]);
  const startedAt = performance.now();
  const child = await spawnSupervised(command, args, { output: 'pipe', env });
  const memory = new PeakMemory(child.pid);
  const kill = (): void => void child.end(0);
  stop.addEventListener('abort', kill);
  if (stop.aborted) kill();
  const tail: string[] = [];
  try {
    for await (const line of createInterface({ input: child.output! })) {
      if (tail.push(line) > tailLines) tail.shift();
      onLine?.(line);
    }
    const code = await child.exited;
    const seconds = (performance.now() - startedAt) / 1000;
    signal.throwIfAborted();
    if (limit.aborted) throw new Error(`${command} did not end in time${endOf(tail)}`);
    if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${code}${endOf(tail)}`);
    return { seconds, peakBytes: memory.stop(), tail };
  } finally {
    memory.stop();
    stop.removeEventListener('abort', kill);
  }
}

/** The end of a process's output, for an error. */
export const endOf = (tail: readonly string[]): string => `:\n${tail.join('\n').slice(-tailChars)}`;
