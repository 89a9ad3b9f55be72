/**
 * One process of a source's program, and the messages that it has. It is believed about a message that it has, once. Any
 * other claim is counted and makes its report doubtful.
 */
import { printable } from '../../text/printable.ts';
import { counted } from '../../text/counted.ts';
import type { ProcessLog } from '../../processes/process-log.ts';
import { Deadline } from '../../system/deadline.ts';
import type { CommandSource } from '../../config/config.ts';
import type { Handover, OutgoingMessage, SourceOptions } from '../source.ts';
import { lineBytesMax } from './line-splitter.ts';
import { endLine, helloLine, messageLine } from './protocol-lines.ts';
import { SourceProgram, type WorkerPlace } from './source-program.ts';
import { parseTold, type Told } from './told-outcome.ts';

const exampleLettersMax = 60;
const exitedWell = 'exited with code 0';

/** Claims of one kind that are not believed: how many, and the first. */
interface Doubt {
  count: number;
  first: string;
}

export class SourceWorker {
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;
  /** By the id: the messages that it has, and has told nothing of. */
  readonly #pending = new Map<string, (handover: Handover) => void>();
  readonly #unasked: Doubt = { count: 0, first: '' };
  readonly #unreadable: Doubt = { count: 0, first: '' };
  readonly #ready = Promise.withResolvers<void>();
  #program!: SourceProgram;
  /** Runs while it has messages: ends a program that tells nothing any more. */
  #silence: NodeJS.Timeout | undefined;
  #isComplete = false;
  #isAsked = false;
  /** It said that its report was complete, and had not been told that no more messages come. */
  #isEarly = false;
  #afterComplete = 0;
  /** Why it takes no more messages, as a predicate: `exited with code 1`. */
  #failure: string | undefined;

  /** Starts the program and waits until it is ready. Throws `unavailable` if it does not become so. */
  static async start(
    source: CommandSource,
    options: SourceOptions,
    place: WorkerPlace,
    log: ProcessLog,
  ): Promise<SourceWorker> {
    const worker = new SourceWorker(options);
    const onLine = (line: string): void => worker.#takeLine(line);
    worker.#program = await SourceProgram.start({ source, options, place, log, onLine });
    void worker.#program.ended.then((how) => worker.#noteEnd(how));
    try {
      worker.#program.write(helloLine(options, place));
      await worker.#untilReady(new Deadline(options.timeoutMs, options.signal));
      return worker;
    } catch (error) {
      await worker.close();
      throw error;
    }
  }

  private constructor({ timeoutMs, signal }: SourceOptions) {
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
  }

  get isUsable(): boolean {
    return this.#failure === undefined && !this.#isComplete;
  }

  get failure(): Error {
    return this.#program.failure(this.#failure ?? 'takes no more messages');
  }

  async give(message: OutgoingMessage): Promise<Handover> {
    const { promise, resolve } = Promise.withResolvers<Handover>();
    if (this.#pending.has(message.id)) throw new Error(`message ${message.id} is under way already`);
    this.#pending.set(message.id, resolve);
    this.#silence ??= setTimeout(() => this.#endSilent(), this.#timeoutMs);
    this.#program.write(messageLine(message));
    return await promise;
  }

  /** Gives it no more, and waits for its end. Returns sentences about what makes the report doubtful. */
  async end(): Promise<readonly string[]> {
    this.#isAsked = true;
    if (this.#failure === undefined) {
      this.#program.write(endLine());
      this.#program.endInput();
      const deadline = new Deadline(this.#timeoutMs, this.#signal);
      const how = await deadline.within(this.#program.ended, undefined);
      if (how === undefined) this.#failure ??= `did not end within ${this.#timeoutMs / 1000} s`;
      else if (how !== exitedWell) this.#failure ??= how;
    }
    await this.close();
    return this.#doubts();
  }

  async close(): Promise<void> {
    clearTimeout(this.#silence);
    await this.#program.end();
  }

  async #untilReady(deadline: Deadline): Promise<void> {
    const over = this.#program.ended.then((how) => {
      throw this.#program.failure(`${how} before it was ready`);
    });
    // It may end long after it became ready.
    over.catch(() => undefined);
    await deadline.race(Promise.race([this.#ready.promise, over]), () =>
      this.#program.failure(`did not print {"type":"ready"} within ${deadline.timeoutMs / 1000} s`),
    );
  }

  #noteEnd(how: string): void {
    if (!this.#isAsked) this.#failure ??= how;
    this.#giveUp(this.#failure ?? how);
  }

  #takeLine(line: string): void {
    const told = parseTold(line);
    if (told === undefined) this.#program.note(line);
    else this.#take(told);
  }

  #take(told: Told): void {
    if (told.type === 'ready') return this.#ready.resolve();
    if (told.type === 'complete') return this.#complete();
    if (this.#isComplete) {
      this.#afterComplete += 1;
      return;
    }
    if (told.type === 'unreadable') {
      note(this.#unreadable, told.why);
      if (told.id !== undefined) this.#settle(told.id, { outcome: 'unknown', error: `its line ${told.why}` });
      return;
    }
    if (!this.#settle(told.id, told.handover)) note(this.#unasked, told.id);
  }

  #complete(): void {
    this.#isComplete = true;
    this.#isEarly = !this.#isAsked;
    this.#giveUp('said that its report was complete');
  }

  /** Returns false if the program has no such message, or has told about it before. */
  #settle(id: string, handover: Handover): boolean {
    const settle = this.#pending.get(id);
    if (settle === undefined) return false;
    this.#pending.delete(id);
    if (this.#pending.size > 0) this.#silence?.refresh();
    else {
      clearTimeout(this.#silence);
      this.#silence = undefined;
    }
    settle(handover);
    return true;
  }

  /** It told nothing of the messages that it has left. */
  #giveUp(why: string): void {
    for (const id of this.#pending.keys())
      this.#settle(id, { outcome: 'unknown', error: `${this.#program.name} ${why}` });
  }

  #endSilent(): void {
    this.#failure = `told the outcome of no message for ${this.#timeoutMs / 1000} s`;
    this.#giveUp(this.#failure);
    void this.#program.end();
  }

  #doubts(): string[] {
    const who = this.#program.name;
    const { tooLong } = this.#program;
    const doubts: string[] = [];
    if (this.#failure !== undefined) doubts.push(this.#failure);
    if (!this.#isComplete) doubts.push('did not say that its report is complete');
    else if (this.#isEarly) doubts.push('said that its report was complete before it had all messages');
    if (this.#unasked.count > 0)
      doubts.push(
        `told the outcome of ${counted(this.#unasked.count, 'message')} that it did not have, or had told before (first: ${this.#unasked.first})`,
      );
    if (this.#unreadable.count > 0)
      doubts.push(
        `printed ${counted(this.#unreadable.count, 'line')} that cannot be read (the first ${this.#unreadable.first})`,
      );
    if (this.#afterComplete > 0)
      doubts.push(
        `told ${counted(this.#afterComplete, 'outcome')} after it had said that its report was complete`,
      );
    if (tooLong > 0)
      doubts.push(
        `printed ${counted(tooLong, 'line')} of more than ${lineBytesMax} bytes, which nodrop left out`,
      );
    return doubts.map((doubt) => `In the source, ${who} ${doubt}.`);
  }
}

function note(doubt: Doubt, example: string): void {
  if (doubt.count === 0) doubt.first = printable(example.slice(0, exampleLettersMax));
  doubt.count += 1;
}
