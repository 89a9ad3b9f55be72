/** Runs the program of a sink, and reads its lines. */
import { isUtf8 } from 'node:buffer';
import { messageOf, unavailableError, usageError } from '../../errors.ts';
import type { Deadline } from '../../system/deadline.ts';
import { ByteWindow, newline } from '../file/byte-window.ts';
import { SinkProgram } from './sink-program.ts';
import { parseToldLine, ToldLineError, type ToldLine } from './told-line.ts';

const lineBytesMax = 16 * 2 ** 20;

export interface ReadLine {
  line: ToldLine;
  /** As the program printed it. Valid until the next line. */
  text: Buffer;
}

export class ProgramReader {
  readonly #name: string;
  readonly #command: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #deadline: Deadline;
  #program: SinkProgram | undefined;

  /** `env` is added to nodrop's own environment. `deadline` limits the time without a line. */
  constructor(name: string, command: string, env: Readonly<Record<string, string>>, deadline: Deadline) {
    this.#name = name;
    this.#command = command;
    this.#env = env;
    this.#deadline = deadline;
  }

  /**
   * Runs the program to its end; if the caller leaves early, the program is ended. Throws `usage` for a line that is
   * none of the history form, `unavailable` if the program fails or is silent.
   */
  async *lines(): AsyncGenerator<ReadLine> {
    this.#deadline.throwIfAborted();
    const program = await SinkProgram.start(this.#name, this.#command, this.#env);
    this.#program = program;
    const window = new ByteWindow(this.#source(program), this.#deadline);
    try {
      let number = 0;
      let at = 0;
      while (await window.fill(at)) {
        at = window.start;
        for (;;) {
          const { bytes, end, isLast } = window;
          const found = bytes.indexOf(newline, at);
          const hasNewline = found >= 0 && found < end;
          if (!hasNewline && !(isLast && at < end)) break;
          const text = bytes.subarray(at, hasNewline ? found : end);
          number += 1;
          if (text.length > lineBytesMax) throw this.#tooLong(number);
          // The last line of a program that failed may be a part of one.
          if (!hasNewline) await program.requireSuccess(this.#deadline);
          const line = this.#parse(text, number);
          if (line !== undefined) yield { line, text };
          at = hasNewline ? found + 1 : end;
        }
        if (window.end - at > lineBytesMax) throw this.#tooLong(number + 1);
      }
      await program.requireSuccess(this.#deadline);
    } finally {
      window.close();
      await this.close();
    }
  }

  /** An error of the program that is not in a line. */
  failure(what: string): Error {
    return this.#program?.failure(what) ?? unavailableError(`${this.#name}: the program ${what}.`);
  }

  async close(): Promise<void> {
    await this.#program?.end();
  }

  #source(program: SinkProgram): ConstructorParameters<typeof ByteWindow>[0] {
    const seconds = this.#deadline.timeoutMs / 1000;
    return {
      stream: program.output,
      onTimeout: () => program.failure(`printed nothing for ${seconds} s`),
      onError: (error) => program.failure(`cannot be read: ${messageOf(error)}`),
    };
  }

  /** undefined for a blank line. */
  #parse(text: Buffer, number: number): ToldLine | undefined {
    if (!isUtf8(text)) throw this.#lineError(number, 'is not UTF-8');
    const source = text.toString('utf8');
    if (source.trim() === '') return undefined;
    try {
      return parseToldLine(source);
    } catch (error) {
      if (error instanceof ToldLineError) throw this.#lineError(number, error.message);
      throw error;
    }
  }

  #tooLong(number: number): Error {
    return this.#lineError(number, `is longer than ${lineBytesMax} bytes`);
  }

  #lineError(number: number, what: string): Error {
    return usageError(`${this.#name}:${number}: the line ${what}.`);
  }
}
