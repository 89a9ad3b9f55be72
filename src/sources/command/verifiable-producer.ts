/**
 * Apache's VerifiableProducer, or a program that prints the same lines, as a source. It makes messages of its own, and prints
 * a line when it knows what became of one: a message that was sent before a crash may be in no line.
 */
import type { CommandSource } from '../../config/config.ts';
import { Deadline } from '../../system/deadline.ts';
import { counted } from '../../text/counted.ts';
import { printable } from '../../text/printable.ts';
import type { ReportedSend, ReportedSource, SourceOptions } from '../source.ts';
import { ProgramLog } from './program-log.ts';
import { SourceProgram } from './source-program.ts';

/** Errors that the client tells before it has sent a byte. After any other, a record may be in the log. */
const refusals = /\.(RecordTooLargeException|SerializationException|InvalidTopicException)$/;

export function openVerifiableProducer(source: CommandSource, options: SourceOptions): ReportedSource {
  return new VerifiableProducer(source, options);
}

class VerifiableProducer implements ReportedSource {
  readonly #source: CommandSource;
  readonly #options: SourceOptions;
  readonly #log: ProgramLog;
  #program: SourceProgram | undefined;
  #reported = 0;
  #unreadable = 0;
  #isShutDown = false;
  /** The number of sends by its own count, which it prints at its end. */
  #sent: number | undefined;
  #isSilent = false;

  constructor(source: CommandSource, options: SourceOptions) {
    this.#source = source;
    this.#options = options;
    this.#log = new ProgramLog(options.logFile);
  }

  async *sends(): AsyncGenerator<ReportedSend> {
    const { timeoutMs, signal } = this.#options;
    const place = { index: 0, of: 1 };
    const program = await SourceProgram.start(this.#source, this.#options, place, this.#log);
    this.#program = program;
    program.endInput();
    const deadline = new Deadline(timeoutMs, signal);
    const lines = program.lines();
    for (;;) {
      deadline.restart();
      const next = await deadline.within(lines.next(), undefined);
      deadline.throwIfAborted();
      if (next === undefined) {
        this.#isSilent = true;
        return;
      }
      if (next.done === true) return;
      const send = this.#take(program, next.value);
      if (send === undefined) continue;
      this.#reported += 1;
      yield send;
    }
  }

  async end(): Promise<readonly string[]> {
    const program = this.#program;
    if (program === undefined) return ['The program of the source did not run.'];
    const { timeoutMs, signal } = this.#options;
    const code = this.#isSilent ? undefined : await program.exitCode(new Deadline(timeoutMs, signal));
    const doubts: string[] = [];
    if (this.#isSilent) doubts.push(`printed nothing for ${timeoutMs / 1000} s, and nodrop ended it`);
    else if (code === undefined) doubts.push('closed its output and did not exit');
    // It prints all that it knows after SIGTERM, too.
    else if (code !== 0 && code !== 143) doubts.push(`exited with code ${code}`);
    if (!this.#isShutDown) doubts.push('was cut off: it did not print shutdown_complete');
    if (this.#sent === undefined) doubts.push('did not print how many messages it has sent (tool_data)');
    else if (this.#sent !== this.#reported)
      doubts.push(`counted ${counted(this.#sent, 'send')} and told the outcome of ${this.#reported}`);
    if (this.#unreadable > 0) doubts.push(`printed ${counted(this.#unreadable, 'line')} that cannot be read`);
    if (program.tooLong > 0) doubts.push(`printed ${counted(program.tooLong, 'line')} of more than 1 MiB`);
    await this.close();
    return doubts.map((doubt) => `In the source, ${program.name} ${doubt}.`);
  }

  async close(): Promise<void> {
    await this.#program?.end();
    this.#log.close();
  }

  #take(program: SourceProgram, line: string): ReportedSend | undefined {
    const told = eventOf(line);
    switch (told?.['name']) {
      case 'producer_send_success':
      case 'producer_send_error': {
        const send = sendOf(told);
        if (send === undefined) this.#unreadable += 1;
        return send;
      }
      case 'shutdown_complete':
        this.#isShutDown = true;
        return undefined;
      case 'tool_data':
        if (Number.isSafeInteger(told['sent'])) this.#sent = told['sent'] as number;
        else this.#unreadable += 1;
        return undefined;
      case 'startup_complete':
        return undefined;
      default:
        program.note(line);
        return undefined;
    }
  }
}

function eventOf(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    // Its log goes to the same output.
    return undefined;
  }
}

function sendOf(told: Record<string, unknown>): ReportedSend | undefined {
  const { key = null, value, partition, offset, exception } = told;
  if (typeof value !== 'string' || (key !== null && typeof key !== 'string')) return undefined;
  if (told['name'] === 'producer_send_error') {
    const error = printable(
      String(exception)
        .replace(/^class /, '')
        .slice(0, 200),
    );
    return { key, value, outcome: refusals.test(error) ? 'rejected' : 'unknown', error };
  }
  if (!Number.isSafeInteger(partition) || !Number.isSafeInteger(offset)) return undefined;
  // With acks=0, Kafka's client calls a send a success that nobody acknowledged.
  if (offset === -1) return { key, value, outcome: 'unknown', error: 'NO_ACKS_ASKED' };
  return { key, value, outcome: 'acked', partition: partition as number, offset: offset as number };
}
