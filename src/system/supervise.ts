/**
 * Child processes that cannot outlive nodrop. Each runs outside the terminal's process group, below a shell that
 * holds a pipe from nodrop: when nodrop dies, for any reason, the pipe closes and the shell kills the group.
 * nodrop signals its own child, the shell, and the shell signals its own child, the command. So no signal ever reaches
 * a process that was given a reused id.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';

/**
 * POSIX sh. Its first argument is the descriptor for the command's standard error. It reports the command's process id and later its exit code, then kills the rest of the group, itself
 * included. A trap interrupts `wait`, which the shell then calls again (127: the command had ended by then). USR1
 * stands for KILL, which cannot be trapped.
 */
const supervisor = `
exec 4<&0 </dev/null
errors=$1
shift
"$@" 2>&"$errors" 3>&- 4<&- 5>&- &
command=$!
trap 'interrupted=1; kill -TERM "$command"' TERM
trap 'interrupted=1; kill -KILL "$command"' USR1
trap 'interrupted=1; kill -STOP "$command"' USR2
trap 'interrupted=1; kill -CONT "$command"' HUP
echo "$command" >&3
{ trap '' TERM USR1 USR2 HUP; while read -r _; do :; done; kill -KILL 0; } <&4 >/dev/null 2>&1 3>&- &
watch=$!
exec 4<&-
status=127
while :; do
  interrupted=
  wait "$command"
  waited=$?
  [ "$waited" = 127 ] || status=$waited
  [ "$interrupted" ] || break
done
echo "$status" >&3
kill -KILL "$watch"
wait "$watch"
kill -KILL 0
`;
/** The exit code of a command whose shell was killed before it could report. */
const killedCode = 137;

export interface Supervised {
  /** The id of the command itself, not of the shell above it. */
  pid: number;
  /** Standard output and error together; null if they go to a file. The caller must read it to the end. */
  output: Readable | null;
  /** Standard error, if it was asked for apart. The caller must read it to the end. */
  errors: Readable | null;
  /**
   * The exit code as a shell gives it: 128 plus the signal's number if a signal ended the command, 127 if not found.
   */
  exited: Promise<number>;
  /** Ends the command and its descendants: SIGTERM, then SIGKILL after `graceMs`; SIGKILL at once if that is 0. */
  end(graceMs: number): Promise<number>;
  /** SIGSTOP and SIGCONT. Both calls return before the signal has reached the command. */
  suspend(): void;
  resume(): void;
}

/** `output`: a file descriptor for standard output and error, or `pipe`. `errors: 'pipe'`: standard error comes apart. */
export async function spawnSupervised(
  command: string,
  args: readonly string[],
  options: { output: number | 'pipe'; errors?: 'pipe'; cwd?: string; env?: Record<string, string> },
): Promise<Supervised> {
  const errorsTo = options.errors === undefined ? '1' : '5';
  const shell = spawn('/bin/sh', ['-c', supervisor, 'sh', errorsTo, command, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ['pipe', options.output, 'ignore', 'pipe', 'ignore', options.errors ?? 'ignore'],
  });
  // Reading must begin at once: when a child has ended, Node discards unread output.
  const output = shell.stdout?.pipe(new PassThrough()) ?? null;
  const errors = (shell.stdio.at(5) as Readable | null)?.pipe(new PassThrough()) ?? null;
  const reports = createInterface({ input: shell.stdio[3] as Readable })[Symbol.asyncIterator]();
  const closed = new Promise((resolve) => shell.once('close', resolve));
  await once(shell, 'spawn');
  const pid = Number((await reports.next()).value);
  const exited = reports.next().then(({ value }) => closed.then(() => Number(value ?? killedCode)));

  const end = async (graceMs: number) => {
    shell.kill(graceMs > 0 ? 'SIGTERM' : 'SIGUSR1');
    const late = setTimeout(() => shell.kill('SIGUSR1'), graceMs);
    try {
      return await exited;
    } finally {
      clearTimeout(late);
    }
  };
  const suspend = (): void => void shell.kill('SIGUSR2');
  const resume = (): void => void shell.kill('SIGHUP');
  return { pid, output, errors, exited, end, suspend, resume };
}
