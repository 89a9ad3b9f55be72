/** What the system says of a process. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A letter: `R` running, `S` sleeping, `T` stopped, `Z` ended and not buried yet. undefined once it is gone. */
export async function processState(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      // Behind the name in brackets, which may hold spaces.
      return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'state=', '-p', String(pid)]);
    return stdout.trim().charAt(0);
  } catch (error) {
    // No such entry, one that vanished while it was read, or exit code 1 of `ps`.
    if (['ENOENT', 'ESRCH', 1].includes((error as { code: string | number }).code)) return undefined;
    throw error;
  }
}
