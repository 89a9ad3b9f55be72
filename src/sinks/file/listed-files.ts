/** The files that a location names, by a path or a pattern, and whether they change. */
import { accessSync, constants, type Dirent } from 'node:fs';
import { glob, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { isSystemError, messageOf, unavailableError, usageError } from '../../errors.ts';

export interface ListedFile {
  path: string;
  size: number;
  /** Changes with the content. */
  state: string;
  /** The same for two names of one file. */
  identity: string;
}

const endings = ['.jsonl', '.ndjson', '.json', '.csv', '.tsv', '.parquet'] as const;
export type Ending = (typeof endings)[number];

const endingsText = `${endings.join(', ')}, and each but .parquet with .gz`;
const filesMax = 100_000;

/** In the order of their names. Throws `usage` if there are none, or if they are not all of one kind. */
export async function listFiles(pattern: string): Promise<readonly ListedFile[]> {
  const files = await matching(pattern);
  if (files.length === 0) throw usageError(`No file matches ${pattern}.`);
  const [first] = files as [ListedFile];
  for (const { path } of files) {
    if (endingText(path) === endingText(first.path)) continue;
    throw usageError(
      `${pattern} matches files of several kinds: ${first.path} and ${path}.`,
      'Name one ending, such as *.jsonl.',
    );
  }
  const seen = new Map<string, string>();
  for (const { path, identity } of files) {
    const other = seen.get(identity);
    if (other !== undefined) {
      throw usageError(`${other} and ${path} are the same file: its rows would count twice.`);
    }
    seen.set(identity, path);
  }
  return files;
}

/** Throws `usage` if nodrop reads no such files. */
export function endingOf(path: string): Ending {
  const plain = path.endsWith('.gz') ? path.slice(0, -'.gz'.length) : path;
  const ending = endings.find((known) => plain.endsWith(known));
  if (ending === undefined || (ending === '.parquet' && plain !== path)) {
    throw usageError(`${path} has no ending that nodrop reads.`, `It reads ${endingsText}.`);
  }
  return ending;
}

const endingText = (path: string): string => `${endingOf(path)}${path.endsWith('.gz') ? '.gz' : ''}`;

async function matching(pattern: string): Promise<ListedFile[]> {
  const named = await statOf(pattern);
  if (named === 'folder') throw await folderError(pattern);
  if (named === 'special') throw usageError(`${pattern} is not a regular file.`);
  if (named !== undefined) return [named];
  const files: ListedFile[] = [];
  const base = resolve(/^[^*?[{(!+@]*(?=\/)/.exec(pattern)?.[0] ?? '');
  let closed: string | undefined;
  // Node's glob passes over a folder that it may not read, and over all files in it.
  const look = (entry: Dirent): boolean => {
    const path = resolve(entry.parentPath, entry.name);
    const isRead = entry.isDirectory() && (path === base || path.startsWith(base + sep));
    if (isRead && !mayRead(path)) closed ??= path;
    return false;
  };
  for await (const entry of glob(pattern, { withFileTypes: true, exclude: look })) {
    const path = join(entry.parentPath, entry.name);
    const file = await statOf(path);
    if (file === undefined && entry.isSymbolicLink()) {
      throw unavailableError(`${path} is a link to a file that is not there.`);
    }
    if (file === undefined || file === 'folder') continue;
    if (file === 'special') throw usageError(`${path} is not a regular file.`);
    if (files.push(file) > filesMax) throw usageError(`${pattern} matches more than ${filesMax} files.`);
  }
  if (closed !== undefined) throw unavailableError(`The folder ${closed} cannot be read: permission denied.`);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function mayRead(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}

/** undefined if there is nothing. */
async function statOf(path: string): Promise<ListedFile | 'folder' | 'special' | undefined> {
  try {
    const stats = await stat(path, { bigint: true });
    if (stats.isDirectory()) return 'folder';
    if (!stats.isFile()) return 'special';
    const { size, mtimeNs, dev, ino } = stats;
    return { path, size: Number(size), state: `${size} ${mtimeNs} ${dev} ${ino}`, identity: `${dev} ${ino}` };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(error.code!)) return undefined;
    throw unavailableError(`${path}: the file cannot be read: ${messageOf(error)}`);
  }
}

async function folderError(path: string): Promise<Error> {
  for await (const name of glob(join(path, `**/*{${endings.join(',')}}{,.gz}`))) {
    const [, ending] = /((?:\.[a-z]+)(?:\.gz)?)$/.exec(name) ?? [];
    return usageError(
      `${path} is a folder.`,
      `Name its files: --sink 'file:${join(path, '**', `*${ending}`)}'`,
    );
  }
  return usageError(`${path} is a folder without files that nodrop reads.`, `It reads ${endingsText}.`);
}

/** How the files differ from those that were there, in a sentence; undefined if they do not. */
export async function changeOf(pattern: string, before: readonly ListedFile[]): Promise<string | undefined> {
  const now = new Map((await matching(pattern)).map((file) => [file.path, file.state]));
  const changed = before.find(({ path, state }) => now.has(path) && now.get(path) !== state);
  if (changed !== undefined) return `${changed.path} changed while the files were read.`;
  const gone = before.find(({ path }) => !now.has(path));
  if (gone !== undefined) return `${gone.path} vanished while the files were read.`;
  const known = new Set(before.map(({ path }) => path));
  const added = [...now.keys()].find((path) => !known.has(path));
  return added === undefined ? undefined : `${added} was added while the files were read.`;
}
