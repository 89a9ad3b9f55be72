/** Runs the command line as a user does: a process of its own, its exit code and what it printed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export const program = join(import.meta.dirname, '../../bin/nodrop.js');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export const newDir = (): string => mkdtempSync(join(tmpdir(), 'nodrop-test-'));

/** Starts it; `ended` tells how it came out. Give it an environment to add to this one's. */
export function start(
  args: readonly string[],
  env: Record<string, string | undefined> = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, NODROP_BOOTSTRAP_SERVER: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]) => ({ code: code as number | null, stdout, stderr }),
  );
  return { child, ended };
}

export const nodrop = (
  args: readonly string[],
  env: Record<string, string | undefined> = {},
): Promise<Ended> => start(args, env).ended;

/** Waits for a condition, not for a time. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
