/** Where nodrop keeps what can be made again: Kafka's jars, and what speeds up its start. */
import { randomUUID } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { removeOwn, type OwnFiles } from '../../system/removal.ts';

const staleMs = 3_600_000;

/** `NODROP_CACHE`, else the platform's place. It need not exist. */
export function cacheFolder(): string {
  const { NODROP_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  if (own) return resolve(own);
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'nodrop');
  // A relative XDG_CACHE_HOME is to be ignored, says the specification.
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'nodrop');
}

/** The files of a folder of jars; `sizes.json` is written once their hashes were checked. */
export const jarFiles: OwnFiles = { files: /^([\w.+-]+\.jar|sizes\.json)$/ };

/** A name to write under before the rename to `path`, so that two who do it at once stay apart. */
export const partialName = (path: string): string => `${path}.partial-${randomUUID()}`;

/** Removes what processes that died left beside `path` while they made it: files, and folders of jars. */
export async function removeStalePartials(path: string): Promise<void> {
  const pattern = /^\.partial-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  const folder = dirname(path);
  const partials = (await readdir(folder))
    .filter((name) => name.startsWith(basename(path)) && pattern.test(name.slice(basename(path).length)))
    .map((name) => join(folder, name));
  for (const partial of partials) {
    // Gone by now where another process has just finished.
    const entry = lstatSync(partial, { throwIfNoEntry: false });
    if (entry === undefined || Date.now() - entry.mtimeMs <= staleMs) continue;
    if (entry.isFile()) await rm(partial, { force: true });
    else removeOwn(partial, jarFiles);
  }
}
