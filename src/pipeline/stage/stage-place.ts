/**
 * A stage's place in a run: the process that works there, which a fault may kill and start again. Whoever
 * waits for its end waits for the last process.
 */
import { Deadline } from '../../system/deadline.ts';
import {
  startStage,
  type ParentMessage,
  type Stage,
  type StageExit,
  type StageMessage,
} from './stage-process.ts';
import { guardSleep } from '../../system/resume-when-orphaned.ts';

const stopMsMax = 10_000;

export interface StageCommand {
  name: string;
  args: readonly string[];
  logFile: string;
  env?: Readonly<Record<string, string>>;
  /** A process that comes later counts its progress from 0, and not on from that of the one before. */
  countsAnew?: boolean;
}

export class StagePlace {
  readonly name: string;
  readonly exited: Promise<StageExit>;
  readonly #command: StageCommand;
  readonly #onMessage: (message: StageMessage) => void;
  /** What a process that comes later is to be told too. */
  readonly #told: ParentMessage[] = [];
  #stage: Stage;
  /** While a fault has it suspended. */
  #sleep: { end(): void } | undefined;
  /** The progress that was told last, and how much of it was that of earlier processes. */
  #done = 0;
  #doneBefore = 0;
  /** When it was ready or got on last, by `performance.now()`. */
  #movedAtMs: number | undefined;
  /** Called when it says that it stands at a point. */
  #onReached: () => void = () => undefined;
  #isOver = false;
  #isStopped = false;
  /** From when a fault has killed it: settles with what comes next. */
  #next: PromiseWithResolvers<Stage | undefined> | undefined;

  constructor(command: StageCommand, onMessage: (message: StageMessage) => void) {
    this.name = command.name;
    this.#command = command;
    this.#onMessage = (message) => {
      if (message.type === 'ready' || message.type === 'progress') this.#movedAtMs = performance.now();
      if (message.type === 'reached') this.#onReached();
      else if (message.type === 'progress') onMessage({ ...message, done: this.#progress(message.done) });
      else onMessage(message);
    };
    this.#stage = this.#spawn();
    this.exited = this.#lastExit();
  }

  /** undefined while it does not run. */
  get pid(): number | undefined {
    return this.#next === undefined && !this.#isOver ? this.#stage.pid : undefined;
  }

  /** By `performance.now()`; undefined where nothing is to be heard of it, since a fault has it. */
  heardAtMs(): number | undefined {
    return this.pid === undefined || this.#sleep !== undefined ? undefined : this.#stage.heardAtMs();
  }

  /** By `performance.now()`; undefined before it was ready, and while a fault has it. */
  movedAtMs(): number | undefined {
    return this.heardAtMs() === undefined && !this.#isOver ? undefined : this.#movedAtMs;
  }

  tell(message: ParentMessage): void {
    if (message.type !== 'pause-at' && message.type !== 'go-on') this.#told.push(message);
    this.#stage.tell(message);
  }

  /** What a fault does: it is gone when this returns, and its place stays open until `start` or `leave`. */
  async kill(): Promise<void> {
    if (this.#isOver) return;
    this.#next ??= Promise.withResolvers();
    this.#stage.signal('SIGKILL');
    await this.#stage.exited;
  }

  /** Starts it again, where a fault has killed it, and tells it what the first was told. */
  async start(): Promise<void> {
    if (this.#next === undefined) return;
    if (this.#command.countsAnew === true) this.#doneBefore = this.#done;
    this.#stage = this.#spawn();
    for (const message of this.#told) this.#stage.tell(message);
    this.#next.resolve(this.#stage);
    this.#next = undefined;
  }

  /** No process is to come any more. */
  leave(): void {
    this.#next?.resolve(undefined);
  }

  /** Settles when it stands at this point of its work, where it stays. */
  async untilAt(point: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#onReached = resolve;
    const onAbort = (): void => {
      // It may be about to come there, and nobody would let it go on.
      this.tell({ type: 'pause-at', point: '' });
      this.goOn();
      reject(new Error(`${this.name} never came to ${point}`));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.tell({ type: 'pause-at', point });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  goOn(): void {
    this.#stage.tell({ type: 'go-on' });
  }

  suspend(): void {
    const { pid } = this;
    if (pid === undefined) return;
    this.#sleep ??= guardSleep(pid);
    this.#stage.signal('SIGSTOP');
  }

  resume(): void {
    this.#sleep?.end();
    this.#sleep = undefined;
    this.#stage.signal('SIGCONT');
  }

  signal(signal: NodeJS.Signals): boolean {
    this.leave();
    return this.#stage.signal(signal);
  }

  /** Ends it in order, or at once where it takes its time. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.signal('SIGTERM');
    await new Deadline(stopMsMax).within(this.exited, undefined);
    this.signal('SIGKILL');
  }

  /** Of all processes that have been here. */
  #progress(done: number): number {
    this.#done = this.#doneBefore + done;
    return this.#done;
  }

  #spawn(): Stage {
    const { args, logFile, env } = this.#command;
    return startStage(args, logFile, this.#onMessage, env);
  }

  async #lastExit(): Promise<StageExit> {
    for (;;) {
      const exit = await this.#stage.exited;
      const next = await this.#next?.promise;
      if (next !== undefined) continue;
      this.#isOver = true;
      return { ...exit, isLeft: this.#next !== undefined || this.#isStopped };
    }
  }
}
