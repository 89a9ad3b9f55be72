/**
 * Takes the write-ahead log into the tables beside the writer, which else waits for the disk in the commit that
 * finds the log at its limit.
 */
import { startThread, type Thread } from '../../system/thread.ts';
import type { CheckpointThread } from './checkpoint-thread.ts';

/** Often enough that little is left to do at a time; seldom enough that pages written again and again go in once. */
const pauseMs = 250;

export class Checkpoints {
  readonly #path: string;
  /** Started when it is first wanted: a short run does without. */
  #thread: Thread<CheckpointThread> | undefined;
  #isBusy = false;
  #lastMs = performance.now();

  constructor(path: string) {
    this.#path = path;
  }

  /** To be told after each commit. */
  committed(): void {
    if (this.#isBusy || performance.now() - this.#lastMs < pauseMs) return;
    void this.#checkpoint();
  }

  /** Waits for the one that is under way. */
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
