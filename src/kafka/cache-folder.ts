/** Where nodrop keeps what can be made again: Kafka's jars, and what speeds up its start. */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';

const staleMs = 3_600_000;

/** `NODROP_CACHE`, else the platform's place. It need not exist. */
export function cacheFolder(): string {
  const { NODROP_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  if (own) return resolve(own);
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'nodrop');
  // A relative XDG_CACHE_HOME is to be ignored, says the specification.
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'nodrop');
}

/** A name to write under before the rename to `path`, so that two who do it at once stay apart. */
export const partialName = (path: string): string => `${path}.partial-${randomUUID()}`;

/** Removes what processes that died left beside `path` while they made it. */
export async function removeStalePartials(path: string): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    const entry = join(dirname(path), name);
    if (!entry.startsWith(`${path}.partial-`)) continue;
    // Gone by now where another process has just finished.
    const mtimeMs = statSync(entry, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (Date.now() - mtimeMs > staleMs) await rm(entry, { recursive: true, force: true });
  }
}
