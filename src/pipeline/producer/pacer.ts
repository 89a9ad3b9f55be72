/** Lets a producer's messages go when they are due, in batches: what is overdue at once, the rest every few ms. */
import { setTimeout as sleep } from 'node:timers/promises';
import { wallClockMs } from '../../system/wall-clock.ts';
import type { Schedule } from './schedule.ts';

/** Whoever waits for the next message looks around this often. */
const pauseMsMax = 1_000;

export interface PacerOptions {
  schedule: Schedule;
  batchMessagesMax: number;
  /** How long a batch that is not full waits for more, counted from the one before. */
  lingerMs: number;
}

export class Pacer {
  readonly #options: PacerOptions;
  /** From then on a batch goes though it is not full. */
  #nextMs = 0;

  constructor(options: PacerOptions) {
    this.#options = options;
  }

  /** How many messages are to go now, as one batch, where those before `first` have gone. */
  countReady(first: number, nowMs: number): number {
    const { schedule, batchMessagesMax, lingerMs } = this.#options;
    const due = schedule.countDue(nowMs) - first;
    if (due >= batchMessagesMax) return batchMessagesMax;
    if (due < 1 || nowMs < this.#nextMs) return 0;
    this.#nextMs = nowMs + lingerMs;
    return due;
  }

  /** Until a batch may be ready. Ends early on the signal. */
  async pause(first: number, signal: AbortSignal): Promise<void> {
    const { schedule, batchMessagesMax } = this.#options;
    const fullMs = schedule.dueMs(first + batchMessagesMax - 1);
    const readyMs = Math.min(fullMs, Math.max(this.#nextMs, schedule.dueMs(first)));
    const ms = Math.min(pauseMsMax, Math.max(1, readyMs - wallClockMs()));
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}
