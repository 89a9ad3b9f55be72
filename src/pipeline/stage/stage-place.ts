/**
 * A stage's place in a run, in which a process runs nodrop's own command. A fault may kill the process and start
 * another: that one gets all orders of the first, and the end of the stage is that of its last process.
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
  /** All orders so far: a later process gets them, too. */
  readonly #told: StageOrder[] = [];
  #process: StageProcess;
  /** Set while a fault has the process suspended. */
  #sleep: { end(): void } | undefined;
  /** The last reported progress, and how much of it is that of earlier processes. */
  #done = 0;
  #doneBefore = 0;
  /** When the stage was last ready or made progress, by `performance.now()`. */
  #movedAtMs: number | undefined;
  /** Called when the stage reports that it has reached a point. */
  #onReached: () => void = () => undefined;
  #isOver = false;
  #isStopped = false;
  /** Set once a fault has killed the process: settles with the next process, if there is one. */
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

  /** For a fault: settles when the process is gone. Its place stays open until `start` or `leave`. */
  async kill(): Promise<void> {
    if (this.#isOver) return;
    this.#next ??= Promise.withResolvers();
    this.#process.signal('SIGKILL');
    await this.#process.exited;
  }

  /** For a fault: settles when the process has ended by itself. Its place stays open until `start` or `leave`. */
  async ended(): Promise<StageExit> {
    this.#next ??= Promise.withResolvers();
    return await this.#process.exited;
  }

  /** If a fault has killed the process, starts another, and sends it all orders so far. */
  async start(): Promise<void> {
    if (this.#next === undefined) return;
    // A producer goes on from its ledger, and reports its progress in the whole plan.
    if (this.role === 'consumer') this.#doneBefore = this.#done;
    this.#process = this.#spawn();
    for (const order of this.#told) this.#process.tell(order);
    this.#next.resolve(this.#process);
    this.#next = undefined;
  }

  /** Says that no other process will be started. */
  leave(): void {
    this.#next?.resolve(undefined);
  }

  /** Settles when the stage has reached this point of its work, where it stays. */
  async untilAt(point: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#onReached = resolve;
    const onAbort = (): void => {
      // The stage may be about to reach the point, and nothing would let it go on.
      this.#process.tell({ type: 'pause-at', point: '' });
      this.goOn();
      reject(new Error(`${this.name} never reached ${point}`));
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
