/** Waits for a database's answers: each has a limit, and an abort ends the wait. */
import { OperationalError, unavailableError } from '../errors.ts';

export interface AnswerLimits {
  /** The limit of the time without any answer. */
  timeoutMs: number;
  signal: AbortSignal;
}

const statementShown = 60;

export class AnswerWait {
  readonly #name: string;
  readonly #limits: AnswerLimits;
  /** Ends the wait for an answer, if there is one. */
  #interrupt: ((error: Error) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #onAbort = (): void => {
    this.#interrupt?.(interruptedError(this.#limits.signal));
  };

  /** `name` is the sink's. */
  constructor(name: string, limits: AnswerLimits) {
    this.#name = name;
    this.#limits = limits;
    limits.signal.addEventListener('abort', this.#onAbort);
  }

  /** One wait at a time. `about` is the statement, for the error. Throws `unavailable` if there is silence. */
  async for<T>(work: Promise<T>, about: string): Promise<T> {
    const { timeoutMs, signal } = this.#limits;
    // It may fail after the wait has ended.
    work.catch(() => undefined);
    if (signal.aborted) throw interruptedError(signal);
    const { promise: interrupted, reject } = Promise.withResolvers<never>();
    this.#interrupt = reject;
    this.#timer = setTimeout(() => reject(silenceError(this.#name, timeoutMs, about)), timeoutMs);
    try {
      return await Promise.race([interrupted, work]);
    } finally {
      this.#interrupt = undefined;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
  }

  /** A part of the answer came: the time begins again. */
  progress(): void {
    this.#timer?.refresh();
  }

  /** No wait follows. */
  end(): void {
    this.#limits.signal.removeEventListener('abort', this.#onAbort);
  }
}

const interruptedError = (signal: AbortSignal): OperationalError =>
  new OperationalError('interrupted', 'Stopped before it was done.', { cause: signal.reason });

function silenceError(name: string, timeoutMs: number, statement: string): OperationalError {
  const line = statement.replaceAll(/\s+/g, ' ').trim();
  const shown = line.length > statementShown ? `${line.slice(0, statementShown)}…` : line;
  return unavailableError(`The sink ${name} gave no answer within ${timeoutMs / 1000} s (${shown}).`, {
    hint: 'See what the database is waiting for, or allow it more time with --timeout.',
  });
}

/** The words of a driver's error, in one line. If a host has several addresses and none answers, the error's own message is empty. */
export function wordsOf(error: unknown): string {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return (first instanceof Error ? first.message : String(first)).replaceAll(/\s+/g, ' ').trim();
}
