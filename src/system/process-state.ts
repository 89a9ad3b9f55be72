/** The state of a process, according to the operating system. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Whether a process with this id exists. The system reuses ids: ask only about a process that existed lately. */
export function isAlive(pid: number): boolean {
  // 0 and below would address process groups.
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A letter: `R` running, `S` sleeping, `T` stopped, `Z` zombie. undefined once the process is gone. */
export async function processState(pid: number): Promise<string | undefined> {
  return await unlessGone(async () => {
    if (process.platform === 'linux') return (await statFields(pid))[0];
    return (await ps(pid, 'state=')).trim().charAt(0);
  });
}

/**
 * The command line and the start time, in the system's form: clock ticks since the boot on Linux, a date on macOS.
 * undefined once the process is gone.
 */
export async function describeProcess(
  pid: number,
): Promise<{ startedAt: string; command: string } | undefined> {
  return await unlessGone(async () => {
    if (process.platform === 'linux') {
      // A zombie has no command line.
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
      return { startedAt: (await statFields(pid))[19]!, command };
    }
    // For example `Mon Jan  5 10:11:12 2026 java …`.
    const line = await ps(pid, 'lstart=,command=');
    return { startedAt: line.slice(0, 24), command: line.slice(24) };
  });
}

/** The process's parent, and the name of its program. undefined once the process is gone. */
export async function parentOf(pid: number): Promise<{ parent: number; name: string } | undefined> {
  return await unlessGone(async () => {
    if (process.platform === 'linux') {
      const name = (await readFile(`/proc/${pid}/comm`, 'utf8')).trimEnd();
      return { parent: Number((await statFields(pid))[1]), name };
    }
    const [parent, name = ''] = (await ps(pid, 'ppid=,comm=')).trim().split(/\s+/, 2);
    return { parent: Number(parent), name };
  });
}

/** The fields of `/proc/PID/stat` from the third (the state) on: they follow the name, which may contain spaces. */
async function statFields(pid: number): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

async function ps(pid: number, format: string): Promise<string> {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', format, '-p', String(pid)], { env });
  return stdout;
}

async function unlessGone<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    // The entry is missing, it vanished while it was read, or `ps` exited with code 1: there is no such process.
    if (['ENOENT', 'ESRCH', 1].includes((error as { code: string | number }).code)) return undefined;
    throw error;
  }
}
