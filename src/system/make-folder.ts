import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, unavailableError } from '../errors.ts';

/**
 * Creates a folder and its missing parents, accessible to their owner only. Returns whether this call created the
 * folder. Throws `unavailable` if the folder cannot be created.
 *
 * Node's own `recursive` never ends if the system refuses a folder with the error that its parent is missing, as it
 * does in `/proc`.
 */
export function makeFolder(path: string): boolean {
  const folder = resolve(path);
  try {
    const missing: string[] = [];
    for (let above = folder; !isThere(above); above = dirname(above)) missing.unshift(above);
    let isMade = false;
    for (const each of missing) isMade = makeOne(each);
    // A link to nothing does not exist for `stat`, but does exist for `mkdir`.
    if (!statSync(folder).isDirectory()) throw new Error('it exists, and is not a folder');
    return isMade;
  } catch (error) {
    throw unavailableError(`The folder ${folder} cannot be made: ${messageOf(error)}`, {
      hint: 'Choose another folder: with --dir for runs, with NODROP_CACHE for the cached Kafka.',
      cause: error,
    });
  }
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

/** False if the folder exists by now: another process created it. */
function makeOne(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}
