/** Watches the log of a broker or its ZooKeeper until it serves: a broker's port opens before the broker answers. */
import type { FileHandle } from 'node:fs/promises';

import { unavailableError } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';
import type { Supervised } from '../../system/supervise.ts';
import { causeLines } from './cause-lines.ts';

const pollMs = 15;
const tailLinesMax = 15;
/** As Kafka and ZooKeeper say it. An agent of Java's, which has a port of its own, says only the last words. */
const portTaken =
  /Socket server failed to bind to \S+: Address already in use|exiting abnormally.*\njava\.net\.BindException: Address already in use/;

/** Throws `unavailable`, with the end of the log, if the process ends or `timeoutMs` pass; or the signal's reason. */
export async function untilStarted(
  process: Supervised,
  { name, startedTexts }: { name: string; startedTexts: readonly string[] },
  options: { log: FileHandle; logStart: number; timeoutMs: number; signal: AbortSignal | undefined },
): Promise<'started' | 'port-taken'> {
  const { log, logStart, timeoutMs, signal } = options;
  let text = '';
  const look = async (): Promise<'started' | 'port-taken' | undefined> => {
    const exitCode = await Promise.race([process.exited, Promise.resolve(undefined)]);
    text = await readFrom(log, logStart);
    signal?.throwIfAborted();
    if (exitCode === undefined) {
      return startedTexts.every((started) => text.includes(started)) ? 'started' : undefined;
    }
    if (portTaken.test(text)) return 'port-taken';
    throw startFailure(`${name} ended with code ${exitCode} while it started`, text);
  };
  const outcome = await new Deadline(timeoutMs).poll(look, pollMs);
  if (outcome !== undefined) return outcome;
  throw startFailure(`${name} did not start within ${timeoutMs / 1000} s`, text);
}

async function readFrom(file: FileHandle, start: number): Promise<string> {
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), { position: start });
  return buffer.toString('utf8', 0, bytesRead);
}

function startFailure(what: string, log: string): Error {
  const tail = causeLines(log.split('\n'), tailLinesMax);
  return unavailableError([`${what}. The end of its log:`, ...tail].join('\n'));
}
