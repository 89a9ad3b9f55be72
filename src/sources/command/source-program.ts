/** One process of a source's program. It does not outlive nodrop, and neither does what it starts in its process group. */
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { CommandSource } from '../../config/config.ts';
import { unavailableError, usageError } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';
import { programName } from '../../system/program-name.ts';
import { spawnSupervised, type Supervised } from '../../system/supervise.ts';
import type { SourceOptions } from '../source.ts';
import { LineSplitter } from './line-splitter.ts';
import type { ProgramLog } from './program-log.ts';

const graceMs = 5_000;

export interface WorkerPlace {
  /** From 0. */
  index: number;
  of: number;
}

export class SourceProgram {
  /** For sentences: `worker 1 of the program orders.py`. */
  readonly name: string;
  readonly #child: Supervised;
  readonly #log: ProgramLog;
  readonly #from: string;
  readonly #splitter = new LineSplitter();
  readonly #errorsRead: Promise<void>;

  /** Throws `usage` if the working directory is missing. */
  static async start(
    source: CommandSource,
    options: SourceOptions,
    place: WorkerPlace,
    log: ProgramLog,
  ): Promise<SourceProgram> {
    const { command, cwd = '.' } = source;
    const folder = resolve(options.dir, cwd);
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw usageError(`The source's program cannot run in ${folder}: there is no such folder.`);
    const [file, ...args] = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
    if (file === undefined || (typeof command === 'string' && command.trim() === ''))
      throw usageError('The source names no program.', 'Write its command as a text or a list of words.');
    const child = await spawnSupervised(file, args, {
      input: 'pipe',
      output: 'pipe',
      errors: 'pipe',
      cwd: folder,
      env: environmentOf(source, options, place),
    });
    const program = typeof command === 'string' ? programName(command) : basename(file);
    return new SourceProgram(child, program, place, log);
  }

  private constructor(child: Supervised, program: string, { index, of }: WorkerPlace, log: ProgramLog) {
    this.name = of === 1 ? `the program ${program}` : `worker ${index} of the program ${program}`;
    this.#from = of === 1 ? '' : `worker ${index}: `;
    this.#child = child;
    this.#log = log;
    // A program that has ended is told by its output, and not by what could not be written to it.
    child.input!.on('error', () => undefined);
    this.#errorsRead = this.#readErrors(child.errors!);
  }

  /** Lines that were too long and left out. */
  get tooLong(): number {
    return this.#splitter.tooLong;
  }

  /** Never waits: the caller limits what is under way. */
  write(text: string): void {
    if (this.#child.input!.writable) this.#child.input!.write(text);
  }

  endInput(): void {
    this.#child.input!.end();
  }

  /** What it prints to standard output, to its end. */
  async *lines(): AsyncGenerator<string> {
    for await (const chunk of this.#child.output! as AsyncIterable<Buffer>)
      yield* this.#splitter.lines(chunk);
    const rest = this.#splitter.rest();
    if (rest !== undefined) yield rest;
  }

  /** Notes a line that is none of the protocol. */
  note(line: string): void {
    this.#log.note(line, this.#from);
  }

  /** The exit code as a shell gives it; undefined if the program does not exit in time. */
  async exitCode(deadline: Deadline): Promise<number | undefined> {
    const code = await deadline.within(this.#child.exited, undefined);
    if (code !== undefined) await deadline.within(this.#errorsRead, undefined);
    return code;
  }

  failure(what: string): Error {
    return unavailableError(`A source cannot go on: ${this.name} ${what}.`, { hint: this.#log.tail });
  }

  /** SIGTERM, and SIGKILL to all that is left after 5 s. Does nothing if it has exited. */
  async end(): Promise<void> {
    // A process that left the group and kept the output open would hold up the exit for ever.
    await new Deadline(2 * graceMs).within(this.#child.end(graceMs), undefined);
    for (const stream of [this.#child.input!, this.#child.output!, this.#child.errors!]) stream.destroy();
  }

  async #readErrors(errors: Readable): Promise<void> {
    const splitter = new LineSplitter();
    try {
      for await (const chunk of errors as AsyncIterable<Buffer>)
        for (const line of splitter.lines(chunk)) this.note(line);
    } catch (error) {
      // `end` closes it before a process that left the group does.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    }
    const rest = splitter.rest();
    if (rest !== undefined) this.note(rest);
  }
}

/** What each program gets beside its own variables, in which `{bootstrapServers}` and the like stand for the same. */
function environmentOf(
  { env = {} }: CommandSource,
  { bootstrapServers, run }: SourceOptions,
  { index, of }: WorkerPlace,
): Record<string, string> {
  const values: Record<string, string> = { bootstrapServers, run, index: String(index), count: String(of) };
  const filled = (text: string): string =>
    text.replaceAll(/\{(bootstrapServers|run|index|count)\}/g, (_, name: string) => values[name]!);
  return {
    KAFKA_BOOTSTRAP_SERVERS: bootstrapServers,
    NODROP_RUN: run,
    NODROP_WORKER_INDEX: String(index),
    NODROP_WORKER_COUNT: String(of),
    ...Object.fromEntries(Object.entries(env).map(([name, text]) => [name, filled(text)])),
  };
}
