/** Opens an SQLite file for reading, without a trace: no byte of it changes, and no file appears beside it. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { messageOf, unavailableError, usageError } from '../../errors.ts';

const magic = Buffer.from('SQLite format 3\0', 'latin1');
/** In the header: 2 if the database has a write-ahead log. */
const readVersionAt = 19;
/** How long a statement waits for a lock. It blocks the whole thread. */
const busyTimeoutMs = 100;

export interface SqliteFile {
  database: DatabaseSync;
  hasWriteAheadLog: boolean;
  /** Throws `unavailable` if the file was changed while it was read without a lock. */
  checkUnchanged: () => void;
  close: () => Promise<void>;
}

/** Throws `usage` if there is no database, and `unavailable` if it cannot be opened. */
export function openSqliteFile(path: string): SqliteFile {
  const header = headerOf(path);
  const hasWriteAheadLog = header[readVersionAt] === 2;
  // To look whether others write, SQLite would make a log where there is none. Without one, none of them is at work.
  const isAtRest = hasWriteAheadLog && !exists(`${path}-wal`);
  const before = stamp(path);
  const location = isAtRest ? new URL(`${pathToFileURL(path).href}?immutable=1`) : path;
  const checkUnchanged = (): void => {
    if (!isAtRest || (stamp(path) === before && !exists(`${path}-wal`))) return;
    throw unavailableError(`The sink ${path} was changed while it was read.`, {
      hint: 'Read it again: a program that has opened it in the meantime is waited for.',
    });
  };
  const database = new DatabaseSync(location, { readOnly: true, timeout: busyTimeoutMs });
  const close = async (): Promise<void> => {
    if (database.isOpen) database.close();
  };
  return { database, hasWriteAheadLog, checkUnchanged, close };
}

function headerOf(path: string): Buffer {
  for (const each of [path, `${path}-journal`, `${path}-wal`, `${path}-shm`]) {
    const found = statSync(each, { throwIfNoEntry: false });
    if (found === undefined && each === path) throw usageError(`There is no SQLite database at ${path}.`);
    // SQLite would wait for ever for a pipe.
    if (found !== undefined && !found.isFile()) throw usageError(`${each} is not a regular file.`);
  }
  const header = Buffer.alloc(100);
  let length: number;
  try {
    const file = openSync(path, 'r');
    try {
      length = readSync(file, header);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unavailableError(`The sink ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (length > 0 && !header.subarray(0, magic.length).equals(magic)) {
    throw usageError(`${path} is no SQLite database, or it is encrypted.`);
  }
  return header;
}

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

function stamp(path: string): string {
  const { size, mtimeNs, ino } = statSync(path, { bigint: true });
  return [size, mtimeNs, ino].join();
}
