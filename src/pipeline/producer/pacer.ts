/** Paces a producer: due messages go in batches every few ms. If a full batch is due, it goes at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { wallClockMs } from '../../system/wall-clock.ts';
import type { Schedule } from './schedule.ts';

/** A pause is never longer than this, so that the producer notices other events. */
const pauseMsMax = 1_000;

export interface PacerOptions {
  schedule: Schedule;
  batchMessagesMax: number;
  /** How long a batch that is not full waits for more messages, counted from the batch before. */
  lingerMs: number;
}

export class Pacer {
  readonly #options: PacerOptions;
  /** From this time on, a batch goes even if it is not full. */
  #nextMs = 0;

  constructor(options: PacerOptions) {
    this.#options = options;
  }

  /** How many messages must go now, as one batch that begins with `first`. */
  countReady(first: number, nowMs: number): number {
    const { schedule, batchMessagesMax, lingerMs } = this.#options;
    const due = schedule.countDue(nowMs) - first;
    if (due >= batchMessagesMax) return batchMessagesMax;
    if (due < 1 || nowMs < this.#nextMs) return 0;
    this.#nextMs = nowMs + lingerMs;
    return due;
  }

  /** Waits until a batch may be ready. Ends early on the signal. */
  async pause(first: number, signal: AbortSignal): Promise<void> {
    const { schedule, batchMessagesMax } = this.#options;
    const fullMs = schedule.dueMs(first + batchMessagesMax - 1);
    const readyMs = Math.min(fullMs, Math.max(this.#nextMs, schedule.dueMs(first)));
    const ms = Math.min(pauseMsMax, Math.max(1, readyMs - wallClockMs()));
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}
