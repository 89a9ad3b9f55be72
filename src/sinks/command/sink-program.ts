/** A program that prints a sink's rows. Its standard error goes to nodrop's own; it does not outlive its reader. */
import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';
import { unavailableError } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';
import { spawnSupervised, type Supervised } from '../../system/supervise.ts';
import { say } from '../../text/say.ts';

const graceMs = 5000;
const linesKept = 20;
const lineLettersMax = 2000;

export class SinkProgram {
  readonly output: Readable;
  readonly #name: string;
  readonly #child: Supervised;
  readonly #lastLines: string[] = [];
  readonly #errorsRead: Promise<void>;

  /** `command` goes to the shell as it is. */
  static async start(
    name: string,
    command: string,
    env: Readonly<Record<string, string>>,
  ): Promise<SinkProgram> {
    return new SinkProgram(
      name,
      await spawnSupervised('/bin/sh', ['-c', command], { output: 'pipe', errors: 'pipe', env: { ...env } }),
    );
  }

  private constructor(name: string, child: Supervised) {
    this.#name = name;
    this.#child = child;
    this.output = child.output!;
    this.#errorsRead = this.#readErrors(child.errors!);
  }

  /** To be called when the output has ended. Throws `unavailable` unless the program exits with 0. */
  async requireSuccess(deadline: Deadline): Promise<void> {
    deadline.restart();
    const code = await deadline.race(this.#child.exited, () =>
      this.failure('closed its output and did not exit'),
    );
    await this.#errorsRead;
    if (code !== 0) throw this.failure(`exited with code ${code}`);
  }

  failure(what: string): Error {
    const hint = this.#lastLines.length === 0 ? {} : { hint: this.#lastLines.join('\n') };
    return unavailableError(`${this.#name}: the program ${what}.`, hint);
  }

  /**
   * SIGTERM to the shell, which hands it to a single program by becoming it. SIGKILL to all that is left of the group when
   * the shell has exited, or after 5 s. Does nothing if it has exited before.
   */
  async end(): Promise<void> {
    // A process that left the group and kept the output open would hold up the exit for ever.
    await new Deadline(2 * graceMs).within(this.#child.end(graceMs), undefined);
  }

  async #readErrors(errors: Readable): Promise<void> {
    const decoder = new StringDecoder('utf8');
    let pending = '';
    for await (const chunk of errors as AsyncIterable<Buffer>) {
      const lines = `${pending}${decoder.write(chunk)}`.split('\n');
      pending = lines.pop()!.slice(-lineLettersMax);
      for (const line of lines) this.#note(line);
    }
    if (pending !== '') this.#note(pending);
  }

  #note(line: string): void {
    const short = line.slice(0, lineLettersMax);
    if (this.#lastLines.push(short) > linesKept) this.#lastLines.shift();
    say(short);
  }
}
