/**
 * A command and all that it starts, in a session and a process group of its own: Ctrl-C in the terminal does not reach
 * it, and signals of nodrop reach all of it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { messageOf, unavailableError } from '../errors.ts';
import { Deadline } from './deadline.ts';
import type { GroupGuard } from './group-guard.ts';
import { markVariable, membersOf, type GroupMember } from './group-members.ts';

/** Each look reads the table of processes. */
const pollMs = 50;
const killPollMs = 10;
const goneMsMax = 10_000;
/** A process that left the group and has no mark may keep the output open for ever. */
const outputMsMax = 1_000;

export interface GroupExit {
  /** null if a signal ended the command. */
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface GroupOptions {
  cwd: string;
  /** In addition to nodrop's own environment. */
  env: Readonly<Record<string, string>>;
  /** Tells the group's members from all other processes: no other group has it. */
  mark: string;
  guard: GroupGuard;
  onOutput: (bytes: Buffer) => void;
  onErrorOutput: (bytes: Buffer) => void;
  /** Whether it is to have a standard input. */
  hasInput?: boolean;
}

export class ProcessGroup {
  readonly pid: number;
  /** Settles when the command has exited. Others of the group may still run. */
  readonly exited: Promise<GroupExit>;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #options: GroupOptions;

  /** Throws `unavailable` if the command cannot be started. */
  static async start([command, ...args]: readonly string[], options: GroupOptions): Promise<ProcessGroup> {
    const child = spawn(command!, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env, [markVariable]: options.mark },
      detached: true,
      stdio: [options.hasInput === true ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    try {
      await once(child, 'spawn');
    } catch (error) {
      throw unavailableError(`${command} cannot be started: ${messageOf(error)}`, { cause: error });
    }
    options.guard.add(child.pid!);
    return new ProcessGroup(child, options);
  }

  private constructor(child: ChildProcess, options: GroupOptions) {
    this.pid = child.pid!;
    this.#child = child;
    this.#options = options;
    this.exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    this.#closed = once(child, 'close');
    const { stdout, stderr } = child as ChildProcess & { stdout: Readable; stderr: Readable };
    stdout.on('data', options.onOutput);
    stderr.on('data', options.onErrorOutput);
    // An output that breaks ends early. The exit tells the rest.
    for (const output of [stdout, stderr]) output.on('error', () => undefined);
    child.stdin?.on('error', () => undefined);
  }

  /** If it was asked for. What cannot be written is left out: the output tells that a program has ended. */
  get input(): Writable | null {
    return this.#child.stdin;
  }

  /** Stops and goes on reading its output. */
  pauseOutput(): void {
    this.#child.stdout?.pause();
  }

  resumeOutput(): void {
    this.#child.stdout?.resume();
  }

  members(): GroupMember[] {
    return membersOf(this.pid, this.#options.mark);
  }

  /** Sends the signal to all members. */
  signal(signal: NodeJS.Signals): void {
    // Until Node knows of the exit, the system gives the id to no other process.
    const isWhole = this.#child.exitCode === null && this.#child.signalCode === null;
    if (isWhole) sendTo(-this.pid, signal);
    for (const { pid, isInGroup } of this.members()) if (!isWhole || !isInGroup) sendTo(pid, signal);
  }

  /** Waits until no member runs; false at the deadline. */
  async untilGone(deadline: Deadline): Promise<boolean> {
    return (await deadline.poll(() => this.members().length === 0, pollMs)) === true;
  }

  /** SIGKILL to all members. Settles when all are gone and their output is read. Throws `unavailable` if one stays. */
  async kill(): Promise<void> {
    const deadline = new Deadline(goneMsMax);
    const left = (): number => {
      this.signal('SIGKILL');
      return this.members().length;
    };
    if ((await deadline.poll(() => left() === 0, killPollMs)) !== true) {
      const pids = this.members().map(({ pid }) => pid);
      throw unavailableError(
        `Processes ${pids.join(', ')} have not ended ${goneMsMax / 1000} s after SIGKILL.`,
      );
    }
    await this.exited;
    await this.finish();
  }

  /** To be called when all members are gone. */
  async finish(): Promise<void> {
    await new Deadline(outputMsMax).within(this.#closed, undefined);
    this.#child.stdin?.destroy();
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#options.guard.remove(this.pid);
  }
}

function sendTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended meanwhile. EPERM: macOS says so of a group of which only zombies are left.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
