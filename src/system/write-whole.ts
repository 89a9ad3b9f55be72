/** Files are written whole or not at all, and what the system refuses is told with the file's path. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Puts a text in the place of a file. Where that fails, what stood there before stays. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}`;
  try {
    namingFile(path, () => {
      writeFileSync(draft, text, { mode: 0o600 });
      renameSync(draft, path);
    });
  } catch (error) {
    // A full disk keeps a part.
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Runs an action on a file that is open: the system's errors do not name such a file. */
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
