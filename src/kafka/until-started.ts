/** Waits for a broker to serve, by its log: its port opens earlier, before it answers. */
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

import { unavailableError } from '../errors.ts';
import type { Supervised } from './supervise.ts';

const pollMs = 15;
const tailLinesMax = 15;
const started = 'Kafka Server started';
const portTaken = 'Address already in use';

/** Throws `unavailable` with the end of the log when the broker ends instead or `timeoutMs` pass, else the signal's reason. */
export async function untilStarted(
  broker: Supervised,
  options: { log: FileHandle; logStart: number; timeoutMs: number; signal: AbortSignal | undefined },
): Promise<'started' | 'port-taken'> {
  const deadlineMs = performance.now() + options.timeoutMs;
  for (;;) {
    const exitCode = await Promise.race([broker.exited, wait(pollMs)]);
    const text = await readFrom(options.log, options.logStart);
    options.signal?.throwIfAborted();
    if (exitCode === undefined) {
      if (text.includes(started)) return 'started';
      if (performance.now() > deadlineMs) {
        throw startFailure(`did not start within ${options.timeoutMs / 1000} s`, text);
      }
    } else {
      if (text.includes(portTaken)) return 'port-taken';
      throw startFailure(`ended with code ${exitCode} while it started`, text);
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
  return unavailableError([`Kafka ${what}. The end of its log:`, ...tail].join('\n'));
}
