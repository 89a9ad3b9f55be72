/**
 * A guard kills process groups when nodrop dies for any reason. It is a shell that holds a pipe from nodrop: when the pipe
 * closes, it kills the groups that it was told, and on Linux all processes that carry the mark.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { markVariable } from './group-members.ts';

/** POSIX sh. Its argument is the beginning of all marks, such as `NODROP_PROCESS=…`. Lines: `+ GROUP`, `- GROUP`. */
const script = `
trap '' HUP INT TERM
groups=
while read -r operation group; do
  case $operation in
  +) groups="$groups $group" ;;
  -)
    kept=
    for each in $groups; do [ "$each" = "$group" ] || kept="$kept $each"; done
    groups=$kept
    ;;
  esac
done
for group in $groups; do kill -KILL -- "-$group"; done
for round in 1 2 3; do
  marked=$(grep -lsF "$1" /proc/[0-9]*/environ)
  [ "$marked" ] || break
  for file in $marked; do
    pid=\${file#/proc/}
    kill -KILL "\${pid%/environ}"
  done
done
`;

export class GroupGuard {
  readonly #shell: ChildProcess;

  /** `marks`: the beginning of the marks of all processes that the guard is to end. */
  static async start(marks: string): Promise<GroupGuard> {
    const shell = spawn('/bin/sh', ['-c', script, 'sh', `${markVariable}=${marks}`], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await once(shell, 'spawn');
    return new GroupGuard(shell);
  }

  private constructor(shell: ChildProcess) {
    this.#shell = shell;
    // The guard may have been killed. The groups are ended all the same, unless nodrop dies, too.
    this.#pipe.on('error', () => undefined);
  }

  add(group: number): void {
    this.#pipe.write(`+ ${group}\n`);
  }

  remove(group: number): void {
    this.#pipe.write(`- ${group}\n`);
  }

  /** To be called once all groups have ended: it kills those that have not. */
  async close(): Promise<void> {
    if (this.#shell.exitCode !== null || this.#shell.signalCode !== null) return;
    const closed = once(this.#shell, 'close');
    this.#pipe.end();
    await closed;
  }

  get #pipe(): Writable {
    return this.#shell.stdin!;
  }
}
