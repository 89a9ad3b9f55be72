/** The trail of one message: what each hop says of it. Most messages never need one, see `trails.ts`. */
import { logFlags, none, untold, type StoreBatch } from '../history.ts';

/** Where a record stands, or `nowhere`. */
export interface Position {
  partition: number;
  offset: number;
}

export const nowhere: Position = { partition: none, offset: none };

/** What can be compared of a message, a record or a row; `untold` agrees with everything. */
export interface Bytes {
  content: number;
  key: number;
}

export interface LogRecord extends Position, Bytes {
  aborted: boolean;
  crc: 'ok' | 'bad' | 'unknown';
  /** It stands at an acked offset of the message, and does not bear its id. */
  foreignLooking: boolean;
}

export interface StoredRow extends Position, Bytes {
  category: number;
  /** It stands where the message does, and does not bear its id. */
  foreignLooking: boolean;
}

/** What the consumer's journal says was in the store once the commit had returned. */
export interface Written extends Position {
  category: number;
  content: number;
}

export interface Trail {
  /** The positions that its acks name. */
  acks: Position[];
  records: LogRecord[];
  rows: StoredRow[];
}

export const samePosition = (a: Position, b: Position): boolean =>
  a.offset === b.offset && a.partition === b.partition;

export const standsAtOneOf = (place: Position, places: readonly Position[]): boolean =>
  places.some((other) => samePosition(place, other));

export const distinct = (places: readonly Position[]): Position[] =>
  places.filter((place, index) => !standsAtOneOf(place, places.slice(0, index)));

export const hasPosition = (place: Position): boolean => place.partition !== none && place.offset !== none;

/** Plain bytes are told only where there is something to hold them against, and equal to it. */
export const agree = (told: number, reference: number): boolean => told === untold || told === reference;

export const differ = (a: number, b: number): boolean => a !== b && a !== untold && b !== untold;

export function recordFlags(flags: number): Pick<LogRecord, 'aborted' | 'crc'> {
  const crc = flags & logFlags.crcBad ? 'bad' : flags & logFlags.crcOk ? 'ok' : 'unknown';
  return { aborted: (flags & logFlags.aborted) !== 0, crc };
}

export const storedRow = (batch: StoreBatch, row: number): StoredRow => ({
  partition: batch.partition[row]!,
  offset: batch.offset[row]!,
  category: batch.category[row]!,
  content: batch.content[row]!,
  key: batch.key?.[row] ?? untold,
  foreignLooking: false,
});
