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

/** Of longer lists, an index is kept: a pipeline may give all its messages one id. */
const searchedMax = 32;
/** The places of a list, as far as it was indexed: it may have grown since. */
const indexes = new WeakMap<readonly Position[], { count: number; keys: Set<string> }>();

export const standsAtOneOf = (place: Position, places: readonly Position[]): boolean =>
  places.length <= searchedMax
    ? places.some((other) => samePosition(place, other))
    : indexOf(places).has(keyOf(place));

export function distinct<P extends Position>(places: readonly P[]): P[] {
  if (places.length <= searchedMax) {
    return places.filter((place, at) => !places.slice(0, at).some((other) => samePosition(place, other)));
  }
  const seen = new Set<string>();
  return places.filter((place) => seen.size < seen.add(keyOf(place)).size);
}

const keyOf = ({ partition, offset }: Position): string => `${partition}:${offset}`;

function indexOf(places: readonly Position[]): ReadonlySet<string> {
  let index = indexes.get(places);
  if (index === undefined) indexes.set(places, (index = { count: 0, keys: new Set() }));
  for (; index.count < places.length; index.count++) index.keys.add(keyOf(places[index.count]!));
  return index.keys;
}

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
