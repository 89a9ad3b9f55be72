/** What an SQLite store's thread and whoever asks it say to each other, errors included. */
import { OperationalError } from '../../errors.ts';
import { FencedError, StoreOutageError, type Advance, type ClaimedTopic } from '../store.ts';
import type { SharedRowBatch } from '../row-batch.ts';

export interface ThreadData {
  path: string;
  categories: readonly string[];
  /** Whether it is to ask before each commit of a write. */
  asksBeforeCommit: boolean;
}

/** What the thread is asked. It opens the store without being asked. */
export type Question =
  | { ask: 'claim'; topic: ClaimedTopic; begin: ReadonlyMap<number, number> }
  | { ask: 'offsets'; topicId: string }
  | { ask: 'write'; topicId: string; batch: SharedRowBatch; advances: readonly Advance[] }
  | { ask: 'close' };

export type ToThread = { number: number; question: Question } | { mayCommit: boolean };

/** Answers bear the number of their question; the opening has 0. */
export type FromThread =
  | { number: number; value: unknown }
  | { number: number; thrown: Thrown }
  | { asks: 'before-commit' };

/** An error in plain values: as an object, it would arrive without its class and its own fields. */
export interface Thrown {
  kind: 'fenced' | 'outage' | 'operational' | 'other';
  message: string;
  stack: string | undefined;
  fields: Partial<Pick<FencedError, 'partition' | 'isInDoubt'> & Pick<OperationalError, 'code' | 'hint'>>;
  cause: Thrown | undefined;
}

export function thrownOf(error: unknown): Thrown {
  if (!(error instanceof Error)) {
    return { kind: 'other', message: String(error), stack: undefined, fields: {}, cause: undefined };
  }
  const { message, stack } = error;
  const cause = error.cause === undefined ? undefined : thrownOf(error.cause);
  if (error instanceof FencedError) {
    const { partition, isInDoubt } = error;
    return { kind: 'fenced', message, stack, fields: { partition, isInDoubt }, cause };
  }
  if (!(error instanceof OperationalError)) return { kind: 'other', message, stack, fields: {}, cause };
  const kind = error instanceof StoreOutageError ? 'outage' : 'operational';
  return { kind, message, stack, fields: { code: error.code, hint: error.hint }, cause };
}

export function errorOf({ kind, message, stack, fields, cause }: Thrown): Error {
  const because = cause === undefined ? {} : { cause: errorOf(cause) };
  if (kind === 'fenced') return new FencedError(fields.partition!, { isInDoubt: fields.isInDoubt! });
  if (kind === 'outage') return new StoreOutageError(message, fields.hint!, because.cause);
  if (kind === 'operational') {
    const hint = fields.hint === undefined ? {} : { hint: fields.hint };
    return new OperationalError(fields.code!, message, { ...hint, ...because });
  }
  const error = new Error(message, because);
  // A bug is looked for where it happened.
  if (stack !== undefined) error.stack = stack;
  return error;
}
