/** Runs nodrop's own commands in child processes, the way a user would start them. No child outlives this process. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../errors.ts';

export interface ChildOptions {
  /** Asks the child to end in order (SIGTERM). */
  signal: AbortSignal;
  /** Default: the environment of this process. */
  env?: Readonly<Record<string, string | undefined>>;
  /** The child is killed when this time has passed. */
  timeoutMs?: number;
  /** Called with each message that the child sends to its parent. */
  onMessage?: (message: unknown) => void;
}

export interface ChildEnd {
  /** `exitCodes.bug` if a signal ended the child. */
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface Child {
  kill(): void;
  readonly ended: Promise<ChildEnd>;
}

const program = fileURLToPath(new URL('../../bin/nodrop.js', import.meta.url));

/** The IPC channel ends the child when this process ends, for any reason. Ctrl-C reaches only this process. */
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
