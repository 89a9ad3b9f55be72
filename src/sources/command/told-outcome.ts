/** What a source's program tells in a line: that it is ready, what became of a message, or that it has told all. */
import { outcomes } from '../../run-folder/ledger/outcome.ts';
import type { Handover } from '../source.ts';

export type Told =
  | { type: 'ready' }
  | { type: 'complete' }
  | { type: 'send'; id: string; handover: Handover }
  /** A line that cannot be what it claims. `why` continues "the line …". */
  | { type: 'unreadable'; id: string | undefined; why: string };

/** undefined for a line of the program's log. */
export function parseTold(line: string): Told | undefined {
  const told = objectOf(line);
  switch (told?.['type']) {
    case 'ready':
      return { type: 'ready' };
    case 'complete':
      return told['of'] === 'ledger'
        ? { type: 'complete' }
        : { type: 'unreadable', id: undefined, why: 'is complete, and not of the ledger' };
    case 'send':
      return parseSend(told);
    default:
      return undefined;
  }
}

function parseSend({ id, outcome, partition, offset, error }: Record<string, unknown>): Told {
  const known = outcomes.find((each) => each === outcome);
  const named = typeof id === 'string' && id !== '' ? id : undefined;
  const unreadable = (why: string): Told => ({ type: 'unreadable', id: named, why });
  if (named === undefined) return unreadable('has no id that is a text');
  if (known === undefined) return unreadable('has no outcome that is acked, rejected or unknown');
  const place = isAbsent(partition) ? -1 : partition;
  const at = isAbsent(offset) ? -1 : offset;
  if (!isFrom(-1, place, 2 ** 31 - 1)) return unreadable('has a partition that is no number of one');
  if (!isFrom(-1, at, Number.MAX_SAFE_INTEGER)) return unreadable('has an offset that is none');
  if (at >= 0 && place < 0) return unreadable('has an offset and no partition');
  if (!isAbsent(error) && typeof error !== 'string') return unreadable('has an error that is no text');
  return {
    type: 'send',
    id: named,
    handover: {
      outcome: known,
      ...(typeof error === 'string' && { error: error.slice(0, 500) }),
      ...(place >= 0 && { partition: place, offset: at }),
    },
  };
}

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;

const isFrom = (min: number, value: unknown, max: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;

function objectOf(line: string): Record<string, unknown> | undefined {
  if (!/^\s*\{/.test(line)) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    // A program may print any text to its log.
    return undefined;
  }
}
