/** The folder for files that nodrop can make again: Kafka's jars, and archives that speed up its start. */
import { randomUUID } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { removeOwn, type OwnFiles } from '../../system/removal.ts';

const staleMs = 3_600_000;

/** `NODROP_CACHE`, otherwise the platform's cache folder. The folder need not exist. */
export function cacheFolder(): string {
  const { NODROP_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  if (own) return resolve(own);
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'nodrop');
  // The specification requires that programs ignore a relative XDG_CACHE_HOME.
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'nodrop');
}

/** The files of a folder of jars; nodrop writes `sizes.json` after it has checked their hashes. */
export const jarFiles: OwnFiles = { files: /^([\w.+-]+\.jar|sizes\.json)$/ };

/** A unique name to write to before the rename to `path`, so that two processes do not write to the same file. */
export const partialName = (path: string): string => `${path}.partial-${randomUUID()}`;

/** Removes the partial files and folders of jars that processes left next to `path` when they died. */
export async function removeStalePartials(path: string): Promise<void> {
  const pattern = /^\.partial-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  const folder = dirname(path);
  const partials = (await readdir(folder))
    .filter((name) => name.startsWith(basename(path)) && pattern.test(name.slice(basename(path).length)))
    .map((name) => join(folder, name));
  for (const partial of partials) {
    // The entry is gone if another process has just finished.
    const entry = lstatSync(partial, { throwIfNoEntry: false });
    if (entry === undefined || Date.now() - entry.mtimeMs <= staleMs) continue;
    if (entry.isFile()) await rm(partial, { force: true });
    else removeOwn(partial, jarFiles);
  }
}
