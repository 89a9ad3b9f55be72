/** The limit on a wait: a time and an abort signal. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OperationalError } from '../errors.ts';

const late = Symbol('late');

/** Undefined and false both mean: not found yet. */
type Found<T> = T | undefined | false;

export class Deadline {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  #at: number;

  constructor(timeoutMs: number, signal?: AbortSignal) {
    this.timeoutMs = timeoutMs;
    this.signal = signal;
    this.#at = performance.now() + timeoutMs;
  }

  get remainingMs(): number {
    return Math.max(0, Math.ceil(this.#at - performance.now()));
  }

  get hasPassed(): boolean {
    // A timer may end a fraction of a millisecond early.
    return this.#at - performance.now() < 1;
  }

  /** Whether the time has passed or the work was aborted. */
  get isOver(): boolean {
    return this.hasPassed || this.signal?.aborted === true;
  }

  /** Restarts the time limit, after progress. */
  restart(): void {
    this.#at = performance.now() + this.timeoutMs;
  }

  throwIfAborted(): void {
    if (this.signal?.aborted) {
      throw new OperationalError('interrupted', 'Stopped before it was done.', { cause: this.signal.reason });
    }
  }

  /** The result of `work`, or `otherwise` if the deadline is over first. `work` then goes on, unobserved. */
  async within<T, U>(work: Promise<T>, otherwise: U): Promise<T | U> {
    const settled = new AbortController();
    try {
      return await Promise.race([work, this.#sleep(this.remainingMs, settled.signal).then(() => otherwise)]);
    } finally {
      settled.abort();
    }
  }

  /** The result of `work`. Throws `onTimeout()` at the deadline, `interrupted` when aborted. */
  async race<T>(work: Promise<T>, onTimeout: () => Error): Promise<T> {
    const result = await this.within(work, late);
    if (result !== late) return result;
    this.throwIfAborted();
    throw onTimeout();
  }

  /**
   * Calls `look` every `everyMs`, at least once, until it finds something, and returns that; undefined if the time
   * passes first. Throws `interrupted` when aborted.
   */
  async poll<T>(look: () => Found<T> | Promise<Found<T>>, everyMs: number): Promise<T | undefined> {
    for (;;) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      this.throwIfAborted();
      if (this.hasPassed) return undefined;
      await this.pause(everyMs);
    }
  }

  /** Ends early if the deadline is over first. */
  async pause(ms: number): Promise<void> {
    await this.#sleep(Math.min(ms, this.remainingMs));
  }

  async #sleep(ms: number, ...signals: AbortSignal[]): Promise<void> {
    if (this.signal !== undefined) signals.push(this.signal);
    try {
      await sleep(ms, undefined, { signal: AbortSignal.any(signals) });
    } catch (error) {
      if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    }
  }
}

/** Waits until the time has passed or the signal is aborted, whichever is first. */
export const pauseUnless = (signal: AbortSignal, ms: number): Promise<void> =>
  sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined);

export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
