/**
 * How nodrop is told to stop: Ctrl-C, SIGTERM, the end of the terminal, and the death of whoever started
 * it. The first time it stops in order; a second Ctrl-C ends it at once.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { exitCodes, OperationalError } from '../../errors.ts';
import { isAlive } from '../../system/is-alive.ts';

export type StopReason = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'parent-gone';

const watchParentMs = 250;
/** How long a stage whose parent has died may take to end in order. */
const orphanMsMax = 10_000;

/** What is thrown by work that was stopped, and the reason of the signal that stopped it. */
export class StoppedError extends OperationalError {
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super(
      'interrupted',
      reason === 'parent-gone' ? 'Whoever started nodrop is gone.' : `Stopped by ${reason}.`,
    );
    this.reason = reason;
  }

  override get exitCode(): number {
    return this.reason === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated;
  }
}

/** Listens until the process ends. `onStop` is told once. */
export function listenForStop(onStop: (reason: StopReason) => void): AbortSignal {
  const controller = new AbortController();
  const stop = (reason: StopReason, msMax?: number): void => {
    const error = new StoppedError(reason);
    // One that hangs would outlive whoever started it, and nobody would know.
    if (msMax !== undefined) setTimeout(() => process.exit(error.exitCode), msMax).unref();
    if (controller.signal.aborted) {
      // Children end when this process does: each holds a channel to it.
      if (reason !== 'parent-gone') process.exit(error.exitCode);
      return;
    }
    onStop(reason);
    controller.abort(error);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop(name));
  if (process.send !== undefined) process.once('disconnect', () => stop('parent-gone', orphanMsMax));
  // npm and npx do not pass signals on: when they are killed, nothing else would tell.
  if (process.env['npm_command'] !== undefined) void watchAncestors(() => stop('parent-gone'));
  return controller.signal;
}

/** Calls back once the parent, or the shell's parent where npm put a shell between, has died. */
async function watchAncestors(onGone: () => void): Promise<void> {
  const { ppid } = process;
  const shellParent = await parentOf(ppid);
  const timer = setInterval(() => {
    const gone =
      process.ppid !== ppid || (shellParent !== undefined && shellParent > 1 && !isAlive(shellParent));
    if (!gone) return;
    clearInterval(timer);
    onGone();
  }, watchParentMs);
  timer.unref();
}

/** The parent of a shell; undefined for a process that is none, or where it cannot be told. */
async function parentOf(pid: number): Promise<number | undefined> {
  try {
    const row =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^\d+ \((.*)\) \S (\d+) [\s\S]*$/, '$2 $1')
        : (await promisify(execFile)('ps', ['-o', 'ppid=,comm=', '-p', String(pid)])).stdout;
    const [parent, command = ''] = row.trim().split(/\s+/, 2);
    return /(^|\/)-?(ba|da|z|k)?sh$/.test(command) ? Number(parent) : undefined;
  } catch {
    // It is gone already, which the next look at `process.ppid` shows.
    return undefined;
  }
}
