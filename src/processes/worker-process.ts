/** One process of a user, with its restarts. All that it starts counts as a part of it. */
import type { ProcessConfig } from '../config/config.ts';
import { OperationalError, unavailableError } from '../errors.ts';
import { Deadline } from '../system/deadline.ts';
import { durationText } from '../system/duration.ts';
import type { GroupGuard } from '../system/group-guard.ts';
import { ProcessGroup, type GroupExit } from '../system/process-group.ts';
import { OutputLines, type WantedLines } from './output-lines.ts';
import { Points } from './points.ts';
import { ProcessLog } from './process-log.ts';
import { isListening, type ReadyTest } from './readiness.ts';
import type { UserProcess } from './user-process.ts';

export interface WorkerOptions {
  group: string;
  index: number;
  count: number;
  config: ProcessConfig;
  /** Absolute. */
  cwd: string;
  env: Readonly<Record<string, string>>;
  logFile: string;
  readyMs: number;
  stopMs: number;
  /** A new test for each start. */
  newTest: () => ReadyTest;
  /** No other process has it. */
  mark: string;
  guard: GroupGuard;
  signal: AbortSignal;
  /** Called with a sentence and the end of the log when the process ends, though nodrop has not ended it. */
  onEnded: (sentence: string) => void;
  /** Called with a sentence about trouble that does not concern the process. */
  note: (sentence: string) => void;
}

interface Running {
  group: ProcessGroup;
  /** Set while nodrop ends it. */
  isEnding: boolean;
  isReady: boolean;
  exit?: GroupExit;
}

export class WorkerProcess implements UserProcess {
  readonly name: string;
  readonly group: string;
  readonly index: number;
  readonly logFile: string;
  readonly #options: WorkerOptions;
  readonly #points = new Points();
  readonly #log: ProcessLog;
  #starts = 0;
  readonly #closing = new AbortController();
  #running: Running | undefined;
  #starting: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    const { group, index, count, logFile, note } = options;
    this.name = count === 1 ? group : `${group}-${index}`;
    this.group = group;
    this.index = index;
    this.logFile = logFile;
    this.#options = options;
    this.#log = new ProcessLog(logFile, note);
  }

  get pid(): number | undefined {
    return this.#running?.group.pid;
  }

  pids(): number[] {
    return this.#running?.group.members().map(({ pid }) => pid) ?? [];
  }

  /** Settles when it is ready. Throws `unavailable` if it ends before, or is not ready in time. Does nothing if it runs. */
  async start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => (this.#starting = undefined));
    await this.#starting;
  }

  async #start(): Promise<void> {
    if (this.#running !== undefined) return;
    const { config, cwd, env, mark, guard, newTest, readyMs, signal: stop } = this.#options;
    const { signal: closing } = this.#closing;
    closing.throwIfAborted();
    const test = newTest();
    const isFirst = this.#starts === 0;
    if (isFirst) await this.#refuseTakenPort(test);
    // A process that a fault has ended comes back even if the user has stopped the run: what was sent is to drain.
    const deadline = new Deadline(readyMs, isFirst ? AbortSignal.any([stop, closing]) : closing);
    deadline.throwIfAborted();
    this.#starts += 1;
    // Until it is ready, each line may be the one that says so.
    const wanted = (): WantedLines =>
      test.hear !== undefined && this.#running?.isReady !== true ? 'all' : this.#points.wanted;
    const lines = new OutputLines(wanted, (line) => {
      test.hear?.(line);
      this.#points.hear(line);
    });
    const onErrorOutput = (bytes: Buffer): void => this.#log.write(bytes);
    const onOutput = (bytes: Buffer): void => {
      this.#log.write(bytes);
      lines.add(bytes);
    };
    const command = typeof config.command === 'string' ? ['/bin/sh', '-c', config.command] : config.command;
    const group = await ProcessGroup.start(command, {
      cwd,
      env,
      mark: `${mark}.${this.#starts}`,
      guard,
      onOutput,
      onErrorOutput,
    });
    const running: Running = { group, isEnding: false, isReady: false };
    this.#running = running;
    void group.exited.then((exit) => this.#hearExit(running, exit));
    try {
      await this.#untilReady(running, test, deadline);
    } catch (error) {
      await this.#end(running, () => group.kill());
      throw error;
    }
  }

  /** Otherwise another program answers, and the process counts as ready before it is. */
  async #refuseTakenPort({ port }: ReadyTest): Promise<void> {
    // The processes of one name may share a port.
    if (port === undefined || this.index > 0 || !(await isListening(port))) return;
    throw unavailableError(`Something listens at port ${port} before ${this.name} was started.`, {
      hint: 'End it: its answers would be mistaken for those of the process.',
    });
  }

  async #untilReady(running: Running, test: ReadyTest, { timeoutMs, signal }: Deadline): Promise<void> {
    const over = new AbortController();
    const deadline = new Deadline(timeoutMs, AbortSignal.any([over.signal, signal!]));
    // When the process has ended, the test ends as well, and its outcome no longer counts.
    const tested = test.until(deadline).catch((error: unknown) => {
      if (over.signal.aborted) return false;
      throw error;
    });
    try {
      // Both may be true: it has ended meanwhile.
      const first = (await Promise.race([tested, running.group.exited])) && (running.exit ?? true);
      if (first === true) {
        running.isReady = true;
        return;
      }
      signal!.throwIfAborted();
      if (running.isEnding) throw new Error(`${this.name} was ended before it was ready`);
      if (first !== false) {
        // The exit comes before the last output.
        await this.#end(running, () => running.group.kill());
        throw this.#failure(`${this.name} ${howEnded(first)} before it was ready.`);
      }
      throw this.#failure(`${this.name} was not ready within ${durationText(timeoutMs)}: ${test.why()}.`);
    } finally {
      over.abort();
    }
  }

  /** An error with the end of the log. */
  #failure(sentence: string): OperationalError {
    const tail = this.tail();
    const hint = tail === '' ? 'It has printed nothing.' : tail;
    return unavailableError(`${sentence} Its log: ${this.logFile}`, { hint });
  }

  /**
   * A process that ends by itself is not started again: a supervisor that did so would hide the defect that the run is to
   * find. What it started and left behind is ended with it.
   */
  #hearExit(running: Running, exit: GroupExit): void {
    running.exit = exit;
    if (running.isEnding || !running.isReady) return;
    const ending = this.#end(running, () => running.group.kill());
    const tell = (): void => {
      const tail = this.tail();
      const last = tail === '' ? '' : `\n${tail}`;
      this.#options.onEnded(
        `${this.name} ${howEnded(exit)} while the run was under way, and is not started again. Its log: ${this.logFile}${last}`,
      );
    };
    ending.then(tell, (error: unknown) => {
      tell();
      this.#options.note(String(error));
    });
  }

  async #end(running: Running, how: () => Promise<void>): Promise<void> {
    running.isEnding = true;
    await how();
    if (this.#running === running) this.#running = undefined;
  }

  /** Settles when all that it started is gone. */
  async kill(): Promise<void> {
    const running = this.#running;
    if (running !== undefined) await this.#end(running, () => running.group.kill());
  }

  suspend(): void {
    this.#running?.group.signal('SIGSTOP');
  }

  resume(): void {
    this.#running?.group.signal('SIGCONT');
  }

  async untilAt(point: string, signal: AbortSignal): Promise<void> {
    await this.#points.untilTold(this.name, point, signal);
  }

  async stop(): Promise<string> {
    const running = this.#running;
    if (running === undefined) return 'did not run';
    const { config, stopMs } = this.#options;
    const signal = config.stop?.signal ?? 'SIGTERM';
    let how = '';
    await this.#end(running, async () => {
      const { group } = running;
      group.signal(signal);
      // A suspended process gets no signal before it goes on.
      group.signal('SIGCONT');
      const isGone = await group.untilGone(new Deadline(stopMs));
      await group.kill();
      how = isGone
        ? `${howEnded(await group.exited)} after ${signal}`
        : `still ran ${durationText(stopMs)} after ${signal}, and was killed`;
    });
    return how;
  }

  tail(): string {
    return this.#log.tail();
  }

  /** Stops it for good. */
  async close(): Promise<void> {
    this.#closing.abort(new Error(`${this.name} is not started again: the run is over`));
    // Its caller gets the error of a start that ends with this.
    await this.#starting?.catch(() => undefined);
    await this.stop();
    this.#log.close();
  }
}

const howEnded = ({ code, signal }: GroupExit): string =>
  code === null ? `was ended by ${signal}` : `ended with exit code ${code}`;
