/** Writes files whole or not at all, and adds the file's path to the system's errors. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Replaces a file's content with a text. If that fails, the old content stays. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}`;
  try {
    namingFile(path, () => {
      writeFileSync(draft, text, { mode: 0o600 });
      renameSync(draft, path);
    });
  } catch (error) {
    // A full disk would leave a part of the draft.
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Runs an action on an open file, and adds the path to its errors: the system's errors do not name an open file. */
export function namingFile<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error && !('path' in error)) {
      error.message += ` '${path}'`;
      Object.assign(error, { path });
    }
    throw error;
  }
}
