/** Waits for a broker, or its ZooKeeper, to serve, by its log: a broker's port opens earlier, before it answers. */
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

import { unavailableError } from '../../errors.ts';
import type { Supervised } from '../../system/supervise.ts';

const pollMs = 15;
const tailLinesMax = 15;
const portTaken = 'Address already in use';

/** Throws `unavailable` with the end of the log when it ends instead or `timeoutMs` pass, else the signal's reason. */
export async function untilStarted(
  process: Supervised,
  { name, startedTexts }: { name: string; startedTexts: readonly string[] },
  options: { log: FileHandle; logStart: number; timeoutMs: number; signal: AbortSignal | undefined },
): Promise<'started' | 'port-taken'> {
  const deadlineMs = performance.now() + options.timeoutMs;
  for (;;) {
    const exitCode = await Promise.race([process.exited, wait(pollMs)]);
    const text = await readFrom(options.log, options.logStart);
    options.signal?.throwIfAborted();
    if (exitCode === undefined) {
      if (startedTexts.every((started) => text.includes(started))) return 'started';
      if (performance.now() > deadlineMs) {
        throw startFailure(`${name} did not start within ${options.timeoutMs / 1000} s`, text);
      }
    } else {
      if (text.includes(portTaken)) return 'port-taken';
      throw startFailure(`${name} ended with code ${exitCode} while it started`, text);
    }
  }
}

async function readFrom(file: FileHandle, start: number): Promise<string> {
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), { position: start });
  return buffer.toString('utf8', 0, bytesRead);
}

/** Indented lines are stack frames and lists of settings: what matters stands between them. */
function startFailure(what: string, log: string): Error {
  const lines = log.split('\n').filter((line) => /^\S/.test(line));
  const tail = lines.slice(-tailLinesMax).map((line) => `  ${line}`);
  return unavailableError([`${what}. The end of its log:`, ...tail].join('\n'));
}
