/**
 * Removes files and folders, and words the reason if a folder, topic, group or schema is left. nodrop removes only its
 * own files: it knows them by their names, in folders that it provably created. It neither follows nor removes links.
 */
import { lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { shellWord } from './shell-word.ts';

/** The files that nodrop, or a program that it starts, puts into a folder. */
export interface OwnFiles {
  files: Pick<RegExp, 'test'>;
  folders?: readonly { name: RegExp; own: OwnFiles }[];
}

/** The sentence for something that nodrop did not remove: why, and how to remove it by hand. */
export const leftText = (what: string, why: string, byHand: string): string =>
  `${what} was left: ${why}. To remove it by hand:\n  ${byHand}`;

export const folderLeftText = (path: string, left: readonly string[]): string =>
  leftText(
    `Folder ${path}`,
    `it holds what nodrop did not make (${someOf(left)})`,
    `rm -r ${shellWord(path)}`,
  );

/** For the reason: `1 record`, `2 records`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const namedMax = 5;

function someOf(names: readonly string[]): string {
  const more = names.length > namedMax ? ` and ${names.length - namedMax} more` : '';
  // A name that contains a line end could look like a line of nodrop's own.
  return `${names
    .slice(0, namedMax)
    .join(', ')
    .replaceAll(/\p{Cc}/gu, '?')}${more}`;
}

/**
 * Removes nodrop's own files, and each folder that is then empty. Returns the paths below `path` that are left. A file
 * that is already gone is not an error: another process may remove the same files.
 */
export function removeOwn(path: string, own: OwnFiles): string[] {
  const left = emptyOwn(path, own);
  return left.length > 0 || removeEmptyFolder(path) ? left : [basename(path)];
}

/** Like `removeOwn`, but the folder itself stays. */
export function emptyOwn(path: string, own: OwnFiles): string[] {
  const kind = lstatSync(path, { throwIfNoEntry: false });
  if (kind === undefined) return [];
  if (!kind.isDirectory()) return [basename(path)];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const { name } = entry;
    const place = join(path, name);
    if (entry.isFile() && own.files.test(name)) return removeFile(place) ? [] : [name];
    const known = entry.isDirectory() ? own.folders?.find((folder) => folder.name.test(name)) : undefined;
    if (known === undefined) return [name];
    const left = emptyOwn(place, known.own);
    if (left.length > 0) return left.map((below) => join(name, below));
    return removeEmptyFolder(place) ? [] : [name];
  });
}

const removeFile = (path: string): boolean => isGone(() => unlinkSync(path));

/** Returns false if the folder is not empty, or the system refuses. */
export const removeEmptyFolder = (path: string): boolean => isGone(() => rmdirSync(path));

const stays = ['ENOTEMPTY', 'EEXIST', 'EACCES', 'EPERM', 'EBUSY', 'EROFS', 'ENOTDIR'];

function isGone(remove: () => void): boolean {
  try {
    remove();
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (stays.includes(code)) return false;
    throw error;
  }
}
