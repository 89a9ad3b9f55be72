/**
 * While a service refuses connections, one request after the other tries it, with a pause before each. Otherwise all messages
 * would be rejected in the moment in which a service starts again.
 */
import { OperationalError, unavailableError } from '../../errors.ts';
import { pauseUnless } from '../../system/deadline.ts';
import type { Handover } from '../source.ts';

const pauseMs = 200;

export interface Attempt {
  handover: Handover;
  /** Whether there was no connection, so that nothing was sent. */
  isRefused: boolean;
}

export class ConnectionGate {
  readonly #name: string;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;
  /** The first refusal since the last connection (ms, as `performance.now`). */
  #refusedSince: number | undefined;
  /** Settles when the last of those that wait has tried. */
  #turn: Promise<void> = Promise.resolve();

  constructor(name: string, timeoutMs: number, signal: AbortSignal) {
    this.#name = name;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
  }

  /** Throws `unavailable` if the service has refused connections for longer than the time limit. */
  async pass(attempt: () => Promise<Attempt>): Promise<Handover> {
    if (this.#refusedSince === undefined) return this.#note(await attempt());
    const before = this.#turn;
    const { promise, resolve: done } = Promise.withResolvers<void>();
    this.#turn = promise;
    try {
      await before;
      if (this.#refusedSince === undefined) {
        done();
        return this.#note(await attempt());
      }
      await pauseUnless(this.#signal, pauseMs);
      return this.#note(await attempt());
    } finally {
      done();
    }
  }

  #note({ handover, isRefused }: Attempt): Handover {
    if (!isRefused) {
      this.#refusedSince = undefined;
      return handover;
    }
    if (this.#signal.aborted) throw new OperationalError('interrupted', 'Stopped before it was done.');
    const nowMs = performance.now();
    this.#refusedSince ??= nowMs;
    if (nowMs - this.#refusedSince < this.#timeoutMs) return handover;
    throw unavailableError(
      `${this.#name} has refused all connections for ${this.#timeoutMs / 1000} s: ${handover.error}.`,
      { hint: 'See that the process that serves it runs, and that its address is right.' },
    );
  }
}
