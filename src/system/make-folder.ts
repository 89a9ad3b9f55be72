import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, unavailableError } from '../errors.ts';

/**
 * Makes a folder, with those above it that are missing, for its owner alone. Returns whether this call made it.
 * Throws `unavailable` where there cannot be one.
 *
 * Node's own `recursive` never ends where the system refuses a folder with the words that the one above is missing,
 * as it does in `/proc`.
 */
export function makeFolder(path: string): boolean {
  const folder = resolve(path);
  try {
    const missing: string[] = [];
    for (let above = folder; !isThere(above); above = dirname(above)) missing.unshift(above);
    let isMade = false;
    for (const each of missing) isMade = makeOne(each);
    // A link to nothing is no entry when it is looked at, and one when it is to be made.
    if (!statSync(folder).isDirectory()) throw new Error('it is there, and is no folder');
    return isMade;
  } catch (error) {
    throw unavailableError(`The folder ${folder} cannot be made: ${messageOf(error)}`, {
      hint: 'Choose another one: with --dir for runs, with NODROP_CACHE for what is kept of Kafka.',
      cause: error,
    });
  }
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

/** False where it is there by now: another process made it. */
function makeOne(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}
