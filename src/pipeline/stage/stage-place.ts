/**
 * A stage's place in a run: nodrop's own command works there as a process, which a fault may kill and start again. Its
 * end is that of the last process.
 */
import { Deadline } from '../../system/deadline.ts';
import { guardSleep } from '../../system/resume-when-orphaned.ts';
import type { Stage, StageEvent, StageExit, StageOrder, StageRole } from './stage.ts';
import type { StageMessage } from './stage-messages.ts';
import { startStageProcess, type StageProcess } from './stage-process.ts';

const stopMsMax = 10_000;

export interface StageCommand {
  role: StageRole;
  name: string;
  args: readonly string[];
  logFile: string;
  env?: Readonly<Record<string, string>>;
}

export class StagePlace implements Stage {
  readonly role: StageRole;
  readonly name: string;
  readonly exited: Promise<StageExit>;
  readonly #command: StageCommand;
  readonly #onEvent: (event: StageEvent) => void;
  /** All orders so far: a process that comes later is told them, too. */
  readonly #told: StageOrder[] = [];
  #process: StageProcess;
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
  #next: PromiseWithResolvers<StageProcess | undefined> | undefined;

  constructor(command: StageCommand, onEvent: (event: StageEvent) => void) {
    this.role = command.role;
    this.name = command.name;
    this.#command = command;
    this.#onEvent = onEvent;
    this.#process = this.#spawn();
    this.exited = this.#lastExit();
  }

  get pid(): number | undefined {
    return this.#next === undefined && !this.#isOver ? this.#process.pid : undefined;
  }

  heardAtMs(): number | undefined {
    return this.pid === undefined || this.#sleep !== undefined ? undefined : this.#process.heardAtMs();
  }

  movedAtMs(): number | undefined {
    return this.heardAtMs() === undefined && !this.#isOver ? undefined : this.#movedAtMs;
  }

  tell(order: StageOrder): void {
    this.#told.push(order);
    this.#process.tell(order);
  }

  /** For a fault: the process is gone when this returns, and its place stays open until `start` or `leave`. */
  async kill(): Promise<void> {
    if (this.#isOver) return;
    this.#next ??= Promise.withResolvers();
    this.#process.signal('SIGKILL');
    await this.#process.exited;
  }

  /** Starts it again, where a fault has killed it, and tells it what the first was told. */
  async start(): Promise<void> {
    if (this.#next === undefined) return;
    // A producer goes on from its ledger, and tells its progress in the whole plan.
    if (this.role === 'consumer') this.#doneBefore = this.#done;
    this.#process = this.#spawn();
    for (const order of this.#told) this.#process.tell(order);
    this.#next.resolve(this.#process);
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
      this.#process.tell({ type: 'pause-at', point: '' });
      this.goOn();
      reject(new Error(`${this.name} never came to ${point}`));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#process.tell({ type: 'pause-at', point });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  goOn(): void {
    this.#process.tell({ type: 'go-on' });
  }

  suspend(): void {
    const { pid } = this;
    if (pid === undefined) return;
    this.#sleep ??= guardSleep(pid);
    this.#process.signal('SIGSTOP');
  }

  resume(): void {
    this.#sleep?.end();
    this.#sleep = undefined;
    this.#process.signal('SIGCONT');
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): boolean {
    this.leave();
    return this.#process.signal(signal);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.signal('SIGTERM');
    await new Deadline(stopMsMax).within(this.exited, undefined);
    this.signal('SIGKILL');
  }

  #spawn(): StageProcess {
    const { args, logFile, env } = this.#command;
    return startStageProcess(args, logFile, (message) => this.#hear(message), env);
  }

  #hear(message: StageMessage): void {
    const { type } = message;
    if (type === 'ready' || type === 'progress') this.#movedAtMs = performance.now();
    if (type === 'reached') {
      this.#onReached();
    } else if (type === 'progress') {
      this.#done = this.#doneBefore + message.done;
      this.#onEvent({ type, done: this.#done });
    } else if (type !== 'alive' && type !== 'last-words') {
      this.#onEvent(message);
    }
  }

  async #lastExit(): Promise<StageExit> {
    for (;;) {
      const exit = await this.#process.exited;
      const next = await this.#next?.promise;
      if (next !== undefined) continue;
      this.#isOver = true;
      return { ...exit, isLeft: this.#next !== undefined || this.#isStopped };
    }
  }
}
