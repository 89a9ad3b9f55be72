/**
 * Apache's VerifiableProducer, or a program that prints the same lines, as a source. It makes messages of its own, and prints
 * a line when it knows what became of one: a message that was sent before a crash may be in no line.
 */
import type { CommandSource } from '../../config/config.ts';
import { ProcessLog } from '../../processes/process-log.ts';
import { Deadline } from '../../system/deadline.ts';
import { counted } from '../../text/counted.ts';
import { printable } from '../../text/printable.ts';
import { say } from '../../text/say.ts';
import type { ReportedSend, ReportedSource, SourceOptions } from '../source.ts';
import { lineBytesMax } from './line-splitter.ts';
import { SourceProgram } from './source-program.ts';

/** Errors that the client tells before it has sent a byte. After any other, a record may be in the log. */
const refusals = /\.(RecordTooLargeException|SerializationException|InvalidTopicException)$/;

/** A JVM that gets SIGTERM exits with 143. */
const goodEnds = ['exited with code 0', 'exited with code 143'];

export function openVerifiableProducer(source: CommandSource, options: SourceOptions): ReportedSource {
  return new VerifiableProducer(source, options);
}

class VerifiableProducer implements ReportedSource {
  readonly #source: CommandSource;
  readonly #options: SourceOptions;
  readonly #log: ProcessLog;
  #program: SourceProgram | undefined;
  /** Told, and not asked for yet. */
  readonly #waiting: ReportedSend[] = [];
  /** Called when there is more to ask for, or nothing more will come. */
  #wake: () => void = () => undefined;
  /** How it ended, once all was read. */
  #how: string | undefined;
  #reported = 0;
  #unreadable = 0;
  #isShutDown = false;
  /** The number of sends by its own count, which it prints at its end. */
  #sent: number | undefined;
  #isSilent = false;

  constructor(source: CommandSource, options: SourceOptions) {
    this.#source = source;
    this.#options = options;
    this.#log = new ProcessLog(options.logFile, (sentence) => say(`nodrop: ${sentence}`));
  }

  async *sends(): AsyncGenerator<ReportedSend> {
    const { timeoutMs, signal } = this.#options;
    const program = await SourceProgram.start({
      source: this.#source,
      options: this.#options,
      place: { index: 0, of: 1 },
      log: this.#log,
      onLine: (line) => this.#take(line),
    });
    this.#program = program;
    program.endInput();
    void this.#noteEnd(program);
    const deadline = new Deadline(timeoutMs, signal);
    for (;;) {
      if (this.#waiting.length > 0) {
        // What is not asked for stays with the program.
        program.pauseOutput();
        yield* this.#waiting.splice(0);
        program.resumeOutput();
      }
      if (this.#how !== undefined && this.#waiting.length === 0) return;
      const { promise, resolve } = Promise.withResolvers<true>();
      this.#wake = () => resolve(true);
      if (this.#waiting.length > 0 || this.#how !== undefined) continue;
      deadline.restart();
      const isTold = await deadline.within(promise, false);
      deadline.throwIfAborted();
      if (isTold) continue;
      this.#isSilent = true;
      return;
    }
  }

  async #noteEnd(program: SourceProgram): Promise<void> {
    this.#how = await program.ended;
    this.#wake();
  }

  async end(): Promise<readonly string[]> {
    const program = this.#program;
    if (program === undefined) return ['The program of the source did not run.'];
    const doubts: string[] = [];
    if (this.#isSilent)
      doubts.push(`printed nothing for ${this.#options.timeoutMs / 1000} s, and nodrop ended it`);
    // It prints all that it knows after SIGTERM, too.
    else if (!goodEnds.includes(this.#how!)) doubts.push(this.#how!);
    if (!this.#isShutDown) doubts.push('was cut off: it did not print shutdown_complete');
    if (this.#sent === undefined) doubts.push('did not print how many messages it has sent (tool_data)');
    else if (this.#sent !== this.#reported)
      doubts.push(`counted ${counted(this.#sent, 'send')} and told the outcome of ${this.#reported}`);
    if (this.#unreadable > 0) doubts.push(`printed ${counted(this.#unreadable, 'line')} that cannot be read`);
    if (program.tooLong > 0)
      doubts.push(`printed ${counted(program.tooLong, 'line')} of more than ${lineBytesMax} bytes`);
    await this.close();
    return doubts.map((doubt) => `In the source, ${program.name} ${doubt}.`);
  }

  async close(): Promise<void> {
    await this.#program?.end();
    this.#log.close();
  }

  #take(line: string): void {
    this.#wake();
    const told = eventOf(line);
    switch (told?.['name']) {
      case 'producer_send_success':
      case 'producer_send_error': {
        const send = sendOf(told);
        if (send === undefined) this.#unreadable += 1;
        else {
          this.#reported += 1;
          this.#waiting.push(send);
        }
        return;
      }
      case 'shutdown_complete':
        this.#isShutDown = true;
        return;
      case 'tool_data':
        if (Number.isSafeInteger(told['sent'])) this.#sent = told['sent'] as number;
        else this.#unreadable += 1;
        return;
      case 'startup_complete':
        return;
      default:
        this.#program?.note(line);
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
  if (!isNumberFrom(0, partition) || !isNumberFrom(-1, offset)) return undefined;
  // With acks=0, Kafka's client calls a send a success that no broker acknowledged.
  if (offset === -1) return { key, value, outcome: 'unknown', error: 'NO_ACKS_ASKED' };
  return { key, value, outcome: 'acked', partition, offset };
}

const isNumberFrom = (min: number, value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= min;
