/**
 * Copies the write-ahead log into the tables in parallel with the writer. Otherwise the writer would wait for the disk
 * in the commit that finds the log at its limit.
 */
import { startThread, type Thread } from '../../system/thread.ts';
import type { CheckpointThread } from './checkpoint-thread.ts';

/**
 * Short enough (ms) that each checkpoint has little to do; long enough that a page written repeatedly is copied once.
 */
const pauseMs = 250;

export class Checkpoints {
  readonly #path: string;
  /** Started at the first checkpoint: a short run needs no thread. */
  #thread: Thread<CheckpointThread> | undefined;
  #isBusy = false;
  #lastMs = performance.now();

  constructor(path: string) {
    this.#path = path;
  }

  /** Call this after each commit. */
  committed(): void {
    if (this.#isBusy || performance.now() - this.#lastMs < pauseMs) return;
    void this.#checkpoint();
  }

  /** Waits for the running checkpoint. */
  async close(): Promise<void> {
    await this.#thread?.close();
  }

  async #checkpoint(): Promise<void> {
    this.#isBusy = true;
    this.#thread ??= this.#start();
    await this.#thread.call('checkpoint');
    this.#isBusy = false;
    this.#lastMs = performance.now();
  }

  #start(): Thread<CheckpointThread> {
    const thread = startThread<CheckpointThread>('./checkpoint-thread', import.meta.url, {
      data: this.#path,
    });
    thread.unref();
    return thread;
  }
}
