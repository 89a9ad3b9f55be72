/**
 * The removal of files and folders, and what is said of everything that stays: folders, topics, groups, schemas.
 * Nothing goes that nodrop cannot know for its own: files by their names, in folders of whose making there is proof.
 * Links are never followed, and never removed.
 */
import { lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { shellWord } from './shell-word.ts';

/** The files that nodrop, or a program that it starts, puts into a folder. */
export interface OwnFiles {
  files: Pick<RegExp, 'test'>;
  folders?: readonly { name: RegExp; own: OwnFiles }[];
}

/** The one sentence for what is not removed: why, and how to do it by hand. */
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
  // A name with a new line in it would pass for one of ours.
  return `${names
    .slice(0, namedMax)
    .join(', ')
    .replaceAll(/\p{Cc}/gu, '?')}${more}`;
}

/**
 * Removes the files that are its own, and a folder once nothing is left in it. Returns what is left, by its path
 * below `path`. What is gone already is no trouble: another process may remove the same.
 */
export function removeOwn(path: string, own: OwnFiles): string[] {
  const left = emptyOwn(path, own);
  return left.length > 0 || removeEmptyFolder(path) ? left : [basename(path)];
}

/** The same, and the folder stays. */
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

/** False where something is in it, or the system refuses. */
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
