/** The trail of one message: what each hop says about it. Most messages never need one, see `trails.ts`. */
import { logFlags, untold, type StoreBatch } from '../evidence.ts';
import { none, type Place } from '../../workload/place.ts';

/** The place of a record whose place is not known. */
export const nowhere: Place = { partition: none, offset: none };

/** The comparable values of a message, a record or a row; `untold` agrees with everything. */
export interface Bytes {
  content: number;
  key: number;
}

export interface LogRecord extends Place, Bytes {
  aborted: boolean;
  crc: 'ok' | 'bad' | 'unknown';
  /** The record is at an acked offset of the message, but does not have its id. */
  foreignLooking: boolean;
}

export interface JudgedRow extends Place, Bytes {
  category: number;
  /** The row is at the message's place, but does not have its id. */
  foreignLooking: boolean;
}

/** A write in the consumer's journal, noted after the commit had returned. */
export interface Written extends Place {
  category: number;
  content: number;
}

export interface Trail {
  /** The positions that its acks name. */
  acks: Place[];
  records: LogRecord[];
  rows: JudgedRow[];
}

export const samePlace = (a: Place, b: Place): boolean =>
  a.offset === b.offset && a.partition === b.partition;

/** Longer lists get an index: a pipeline may give all its messages one id. */
const searchedMax = 32;
/** The places of a list, as far as it was indexed: the list may have grown since. */
const indexes = new WeakMap<readonly Place[], { count: number; keys: Set<string> }>();

export const standsAtOneOf = (place: Place, places: readonly Place[]): boolean =>
  places.length <= searchedMax
    ? places.some((other) => samePlace(place, other))
    : indexOf(places).has(keyOf(place));

export function distinct<P extends Place>(places: readonly P[]): P[] {
  if (places.length <= searchedMax) {
    return places.filter((place, at) => !places.slice(0, at).some((other) => samePlace(place, other)));
  }
  const seen = new Set<string>();
  return places.filter((place) => seen.size < seen.add(keyOf(place)).size);
}

const keyOf = ({ partition, offset }: Place): string => `${partition}:${offset}`;

function indexOf(places: readonly Place[]): ReadonlySet<string> {
  let index = indexes.get(places);
  if (index === undefined) indexes.set(places, (index = { count: 0, keys: new Set() }));
  for (; index.count < places.length; index.count++) index.keys.add(keyOf(places[index.count]!));
  return index.keys;
}

export const hasPlace = (place: Place): boolean => place.partition !== none && place.offset !== none;

/** Stricter than `!differ`: a value without a reference does not agree, so its message is not plain. */
export const agree = (told: number, reference: number): boolean => told === untold || told === reference;

export const differ = (a: number, b: number): boolean => a !== b && a !== untold && b !== untold;

export function recordFlags(flags: number): Pick<LogRecord, 'aborted' | 'crc'> {
  const crc = flags & logFlags.crcBad ? 'bad' : flags & logFlags.crcOk ? 'ok' : 'unknown';
  return { aborted: (flags & logFlags.aborted) !== 0, crc };
}

export const judgedRow = (batch: StoreBatch, row: number): JudgedRow => ({
  partition: batch.partition[row]!,
  offset: batch.offset[row]!,
  category: batch.category[row]!,
  content: batch.content[row]!,
  key: batch.key?.[row] ?? untold,
  foreignLooking: false,
});
