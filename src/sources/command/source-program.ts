/** One process of a source's program, with all that it starts. Neither outlives nodrop. */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { CommandSource } from '../../config/config.ts';
import { messageOf, unavailableError, usageError } from '../../errors.ts';
import { environmentOf } from '../../processes/process-environment.ts';
import type { ProcessLog } from '../../processes/process-log.ts';
import { Deadline } from '../../system/deadline.ts';
import { GroupGuard } from '../../system/group-guard.ts';
import { ProcessGroup } from '../../system/process-group.ts';
import { programName } from '../../system/program-name.ts';
import type { SourceOptions } from '../source.ts';
import { LineSplitter } from './line-splitter.ts';

const graceMs = 5_000;

export interface WorkerPlace {
  /** From 0. */
  index: number;
  of: number;
}

export interface ProgramParts {
  source: CommandSource;
  options: SourceOptions;
  place: WorkerPlace;
  log: ProcessLog;
  /** Called with each line of standard output. */
  onLine: (line: string) => void;
}

export class SourceProgram {
  /** For sentences: `worker 1 of the program orders.py`. */
  readonly name: string;
  /** How it ended, as a predicate: `exited with code 1`. Settles when all its output was read. */
  readonly ended: Promise<string>;
  readonly #group: ProcessGroup;
  readonly #guard: GroupGuard;
  readonly #log: ProcessLog;
  readonly #outputs: ProgramOutputs;

  /** Throws `usage` if the working directory is missing, `unavailable` if the program cannot be started. */
  static async start(parts: ProgramParts): Promise<SourceProgram> {
    const { source, options, place, log } = parts;
    const { command, cwd = process.cwd() } = source;
    if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw usageError(`The source's program cannot run in ${cwd}: there is no such folder.`);
    const words = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
    const facts = { ...options, index: place.index, count: place.of };
    const env = environmentOf(source, facts, 'source');
    const outputs = new ProgramOutputs(parts);
    const mark = `source-${randomUUID()}`;
    const guard = await GroupGuard.start(mark);
    try {
      const group = await ProcessGroup.start(words, {
        cwd,
        env,
        mark,
        guard,
        hasInput: true,
        onOutput: (bytes) => outputs.take(bytes),
        onErrorOutput: (bytes) => outputs.takeError(bytes),
      });
      const program = typeof command === 'string' ? programName(command) : basename(words[0]!);
      return new SourceProgram(group, guard, nameOf(program, place), outputs, log);
    } catch (error) {
      await guard.close();
      throw error;
    }
  }

  private constructor(
    group: ProcessGroup,
    guard: GroupGuard,
    name: string,
    outputs: ProgramOutputs,
    log: ProcessLog,
  ) {
    this.name = name;
    this.#group = group;
    this.#guard = guard;
    this.#outputs = outputs;
    this.#log = log;
    this.ended = this.#untilEnded();
  }

  /** Lines that were too long and left out. */
  get tooLong(): number {
    return this.#outputs.tooLong;
  }

  /** Never waits: the caller limits what is under way. */
  write(text: string): void {
    const input = this.#group.input!;
    if (input.writable) input.write(text);
  }

  endInput(): void {
    this.#group.input!.end();
  }

  pauseOutput(): void {
    this.#group.pauseOutput();
  }

  resumeOutput(): void {
    this.#group.resumeOutput();
  }

  /** Notes a line that is none of the protocol. */
  note(line: string): void {
    this.#outputs.note(line);
  }

  failure(what: string): Error {
    const tail = this.#log.tail();
    const hint =
      tail === ''
        ? `It printed nothing to its log, ${this.#log.path}.`
        : `${this.#log.path} ends with\n${tail}`;
    return unavailableError(`A source cannot go on: ${this.name} ${what}.`, { hint });
  }

  /** SIGTERM, and SIGKILL to all that is left after 5 s. Does nothing if it has ended. */
  async end(): Promise<void> {
    this.#group.signal('SIGTERM');
    if (!(await this.#group.untilGone(new Deadline(graceMs)))) this.#group.signal('SIGKILL');
    await this.ended;
  }

  /** If the program exits and leaves processes behind, those are ended. */
  async #untilEnded(): Promise<string> {
    const { code, signal } = await this.#group.exited;
    try {
      await this.#group.kill();
    } catch (error) {
      this.note(messageOf(error));
    }
    this.#outputs.end();
    await this.#guard.close();
    return signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
  }
}

const nameOf = (program: string, { index, of }: WorkerPlace): string =>
  of === 1 ? `the program ${program}` : `worker ${index} of the program ${program}`;

/** Its standard output in lines, and its log. */
class ProgramOutputs {
  readonly #log: ProcessLog;
  readonly #onLine: (line: string) => void;
  readonly #from: string;
  readonly #lines = new LineSplitter();
  readonly #errorLines = new LineSplitter();

  constructor({ log, onLine, place }: ProgramParts) {
    this.#log = log;
    this.#onLine = onLine;
    this.#from = place.of === 1 ? '' : `worker ${place.index}: `;
  }

  get tooLong(): number {
    return this.#lines.tooLong;
  }

  take(bytes: Buffer): void {
    for (const line of this.#lines.lines(bytes)) this.#onLine(line);
  }

  takeError(bytes: Buffer): void {
    for (const line of this.#errorLines.lines(bytes)) this.note(line);
  }

  end(): void {
    const [line, errorLine] = [this.#lines.rest(), this.#errorLines.rest()];
    if (line !== undefined) this.#onLine(line);
    if (errorLine !== undefined) this.note(errorLine);
  }

  note(line: string): void {
    this.#log.write(Buffer.from(`${this.#from}${line}\n`));
  }
}
