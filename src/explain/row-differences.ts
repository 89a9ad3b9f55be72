/** Describes in sentences how a row of the store differs from the right one. The audit does not use it. */
import { digestText } from '../workload/digest.ts';
import type { Place } from '../workload/place.ts';
import type { StoredRow } from '../stores/store-snapshot.ts';
import { isTime } from '../audit/run-evidence/store-hop.ts';

export interface RightRow {
  topicId: string;
  category: string;
  producer: string;
  sequence: number;
  key: Uint8Array;
  payload: Uint8Array;
  /** One digest for each session that may have sent the message. */
  digests: readonly bigint[];
  /** The places of its records; empty if they are not known. */
  places: readonly Place[];
}

const textShownMax = 40;

export function rowDifferences(row: StoredRow, right: RightRow): string[] {
  const { partition, offset } = row;
  const isPlaced =
    right.places.length === 0 ||
    right.places.some((place) => place.partition === partition && place.offset === offset);
  return [
    row.category === right.category ? '' : `its category should be ${right.category}`,
    bytesDifference('payload', row.payload, right.payload),
    sameBytes(row.key, right.key) ? '' : `its key should be ${shown(right.key)}, and is ${shown(row.key)}`,
    right.digests.some((digest) => digestText(digest) === row.digest) ? '' : 'its digest differs',
    row.producer === right.producer && row.sequence === right.sequence
      ? ''
      : 'it names another sender or sequence',
    row.topicId === right.topicId ? '' : `it belongs to another topic, ${row.topicId}`,
    isPlaced ? '' : `no record of the message stands at ${partition}:${offset}`,
    isTime(row.storedAt) ? '' : 'its stored_at is not a time',
  ].filter(Boolean);
}

function bytesDifference(name: string, actual: Uint8Array | null, right: Uint8Array): string {
  if (sameBytes(actual, right)) return '';
  if (actual === null) return `its ${name} is missing`;
  let same = 0;
  while (same < right.length && actual[same] === right[same]) same += 1;
  const lengths =
    actual.length === right.length ? '' : `, and is ${actual.length} bytes long, not ${right.length}`;
  return `its ${name} differs from byte ${same} on${lengths}`;
}

const sameBytes = (a: Uint8Array | null, b: Uint8Array): boolean => a !== null && Buffer.compare(a, b) === 0;

function shown(bytes: Uint8Array | null): string {
  if (bytes === null) return 'missing';
  const text = Buffer.from(bytes).toString('utf8');
  return `'${text.length > textShownMax ? `${text.slice(0, textShownMax)}…` : text}'`;
}
