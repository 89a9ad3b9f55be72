/**
 * Takes the write-ahead log into the tables beside the writer, which else waits for the disk in the commit that
 * finds the log at its limit.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export type ToCheckpointThread = 'checkpoint' | 'close';

/** Often enough that little is left to do at a time; seldom enough that pages written again and again go in once. */
const pauseMs = 250;
// Here as in a package, where the sources are compiled.
const program = new URL(`./checkpoint-thread${import.meta.url.slice(-3)}`, import.meta.url);

export class Checkpoints {
  readonly #path: string;
  /** Started when it is first wanted: a short run does without. */
  #thread: Worker | undefined;
  #isBusy = false;
  #lastMs = performance.now();

  constructor(path: string) {
    this.#path = path;
  }

  /** To be told after each commit. */
  committed(): void {
    if (this.#isBusy || performance.now() - this.#lastMs < pauseMs) return;
    this.#thread ??= this.#start();
    this.#isBusy = true;
    this.#say('checkpoint');
  }

  /** Waits for the one that is under way. */
  async close(): Promise<void> {
    if (this.#thread === undefined) return;
    this.#say('close');
    await once(this.#thread, 'exit');
  }

  #start(): Worker {
    const thread = new Worker(program, { workerData: this.#path });
    thread.on('message', () => {
      this.#isBusy = false;
      this.#lastMs = performance.now();
    });
    thread.unref();
    return thread;
  }

  #say(message: ToCheckpointThread): void {
    this.#thread!.postMessage(message, []);
  }
}
