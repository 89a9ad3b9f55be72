/**
 * nodrop stops on Ctrl-C, on SIGTERM, when its terminal closes and when its parent process dies. The first time it
 * stops in order; a second Ctrl-C ends it at once.
 */
import { exitCodes, OperationalError } from '../../errors.ts';
import { isAlive, parentOf } from '../../system/process-state.ts';

export type StopReason = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'parent-gone';

const watchParentMs = 250;
/** How long a stage whose parent has died may take to end in order. */
const orphanMsMax = 10_000;

/** Thrown by work that was stopped; also the reason of the abort signal that stopped it. */
export class StoppedError extends OperationalError {
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super(
      'interrupted',
      reason === 'parent-gone' ? 'The parent process has exited.' : `Stopped by ${reason}.`,
    );
    this.reason = reason;
  }

  override get exitCode(): number {
    return this.reason === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated;
  }
}

/** Listens until the process ends. `onStop` is called once. */
export function listenForStop(onStop: (reason: StopReason) => void): AbortSignal {
  const controller = new AbortController();
  const stop = (reason: StopReason, msMax?: number): void => {
    const error = new StoppedError(reason);
    // A stage that hangs would outlive its parent unnoticed.
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
  // npm and npx do not pass signals on: if they are killed, nothing else reports it.
  if (process.env['npm_command'] !== undefined) void watchAncestors(() => stop('parent-gone'));
  return controller.signal;
}

/** Calls back once the parent has died, or the shell's parent if npm put a shell in between. */
async function watchAncestors(onGone: () => void): Promise<void> {
  const { ppid } = process;
  const shellParent = await parentOfShell(ppid);
  const timer = setInterval(() => {
    const gone =
      process.ppid !== ppid || (shellParent !== undefined && shellParent > 1 && !isAlive(shellParent));
    if (!gone) return;
    clearInterval(timer);
    onGone();
  }, watchParentMs);
  timer.unref();
}

/** The parent of a shell; undefined if the process is not a shell, or is gone (which the next check of `ppid` shows). */
async function parentOfShell(pid: number): Promise<number | undefined> {
  const found = await parentOf(pid);
  return found !== undefined && /(^|\/)-?(ba|da|z|k)?sh$/.test(found.name) ? found.parent : undefined;
}
