/** Runs the command line as a user does: a process of its own, its exit code and what it printed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { PointName } from '../../src/pipeline/stage/failpoints.ts';
import type { ParentMessage, StageMessage } from '../../src/pipeline/stage/stage-process.ts';

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
  return { child, ended: endOf(child) };
}

const endOf = async (child: ChildProcess): Promise<Ended> => {
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout!),
    text(child.stderr!),
  ]);
  return { code: code as number | null, stdout, stderr };
};

export const nodrop = (
  args: readonly string[],
  env: Record<string, string | undefined> = {},
): Promise<Ended> => start(args, env).ended;

export interface Stage {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** Settles when it says that it stands at a point; rejects where it ends before. */
  reached: Promise<void>;
  /** Lets it leave the point. */
  goOn(): void;
}

/** Starts a stage that stops at a point, when it comes there for the N-th time. */
export function startUpTo(
  point: PointName,
  times: number,
  args: readonly string[],
  env: Record<string, string | undefined> = {},
): Stage {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, NODROP_BOOTSTRAP_SERVER: undefined, ...env, NODROP_PAUSE_AT: `${point}:${times}` },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const ended = endOf(child);
  const { promise: reached, resolve, reject } = Promise.withResolvers<void>();
  child.on('message', (message: StageMessage) => {
    if (message.type === 'reached') resolve();
  });
  void ended.then(({ code, stderr }) => reject(new Error(`it ended with ${code} before:\n${stderr}`)));
  return { child, ended, reached, goOn: () => void child.send({ type: 'go-on' } satisfies ParentMessage) };
}

/** Waits for a condition, not for a time. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
