/** nodrop's own commands as processes of their own, as a user would start them. None outlives this process. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../errors.ts';

export interface ChildOptions {
  /** Asks it to end in order. */
  signal: AbortSignal;
  /** Instead of this process's own. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Whatever hangs is killed then. */
  timeoutMs?: number;
  /** What a stage tells its parent. */
  onMessage?: (message: unknown) => void;
}

export interface ChildEnd {
  /** `bug` where a signal ended it. */
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface Child {
  kill(): void;
  readonly ended: Promise<ChildEnd>;
}

const program = fileURLToPath(new URL('../../bin/nodrop.js', import.meta.url));

/** The channel ends it when this process ends, whatever ended that; Ctrl-C reaches this process alone. */
export function startChild(args: readonly string[], options: ChildOptions): Child {
  const { signal, env = process.env, timeoutMs, onMessage } = options;
  const child = spawn(process.execPath, [program, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env,
  });
  if (onMessage !== undefined) child.on('message', onMessage);
  const kill = (): void => void child.kill('SIGKILL');
  const stop = (): void => void child.kill('SIGTERM');
  const timer = timeoutMs === undefined ? undefined : setTimeout(kill, timeoutMs);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? exitCodes.bug));
  });
  const end = async (): Promise<ChildEnd> => {
    try {
      const [exitCode, stdout, stderr] = await Promise.all([
        exited,
        text(child.stdout!),
        text(child.stderr!),
      ]);
      return { exitCode, stdout, stderr };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  };
  return { kill, ended: end() };
}

export const runChild = async (args: readonly string[], options: ChildOptions): Promise<ChildEnd> =>
  await startChild(args, options).ended;
