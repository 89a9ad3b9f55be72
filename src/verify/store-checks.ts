/** What can be wrong with a message in the store. Each check looks at one message. */
import { deadLetterCategory, untold } from '../history.ts';
import type { Opinion } from './opinion.ts';
import { isExpectedInStore, isOfAborted, ownRows, type Proof, type Subject } from './subject.ts';
import { differ, hasPosition, nowhere, standsAtOneOf, type Position } from './trail.ts';

export const abortedRead = (subject: Subject, proof: Proof): Opinion =>
  subject.rows.some((row) => isOfAborted(subject, row, proof))
    ? { kind: 'aborted-read', blame: 'consumer' }
    : undefined;

export function lost(subject: Subject, proof: Proof): Opinion {
  if (!isExpectedInStore(subject, proof)) return undefined;
  if (subject.committed.length === 0) return lostBeforeStore(subject, proof);
  const isConsumed = subject.committed.some((record) => proof.isConsumed(record));
  return missingRow(subject, proof, isConsumed, 'consumer');
}

function missingRow(
  { rows }: Subject,
  proof: Proof,
  isConsumed: boolean,
  blame: 'consumer' | 'unknown',
): Opinion {
  if (rows.length > 0) return undefined;
  if (!proof.storeWhole) return { doubt: 'storeUnread' };
  return isConsumed ? { kind: 'lost', blame, detail: 'not in the store' } : { doubt: 'notDrained' };
}

/** Acked, and not seen in the log. */
function lostBeforeStore(subject: Subject, proof: Proof): Opinion {
  const { acks, rows } = subject;
  const compacted = compaction(subject, proof);
  if (compacted !== undefined) return compacted;
  const places = acks.length > 0 ? acks : rows.length > 0 ? rows : [nowhere];
  if (!proof.logWhole) {
    const isConsumed = places.every((place) => proof.isConsumed(place));
    return missingRow(subject, proof, isConsumed, 'unknown');
  }
  const unread = places.filter((place) => !proof.wouldShow(place));
  if (unread.length === 0) return { kind: 'lost', blame: 'broker', detail: 'not in the log' };
  if (rows.length > 0) return { doubt: 'removedButStored' };
  if (!proof.storeWhole) return { doubt: 'storeUnread' };
  if (unread.every((place) => proof.isRemoved(place) && proof.isNotReached(place))) {
    return { kind: 'expired', blame: 'broker', cause: 'retention' };
  }
  const isRetention = unread.some((place) => place === nowhere || proof.isRemoved(place));
  return {
    kind: 'lost',
    blame: 'unknown',
    ...(isRetention && { cause: 'retention' }),
    detail: 'not in the store',
  };
}

/** Compaction may take a record away once a later one of its key stands in the partition. */
export function compaction({ acks, expected }: Subject, { partitions, logWhole }: Proof): Opinion {
  const places =
    acks.length > 0 ? acks : partitions.all.map(({ number }) => ({ partition: number, offset: -1 }));
  const compacted = places.filter(({ partition }) => partitions.of(partition).range?.compacted);
  const hasLater = compacted.some(
    ({ partition, offset }) => (partitions.of(partition).lastOfKey.get(expected.key) ?? -1) > offset,
  );
  if (hasLater) return { doubt: 'compacted' };
  const isUnclear = compacted.length > 0 && (expected.key === untold || !logWhole);
  return isUnclear ? { doubt: 'compactionUnclear' } : undefined;
}

export function duplicatedInStore({ rows, records, committed }: Subject, proof: Proof): Opinion {
  if (rows.length < 2) return undefined;
  const placed = rows.filter(hasPosition);
  const mirrored = distinct(records).filter((record) => standsAtOneOf(record, placed)).length;
  const free = distinct(committed).filter((record) => !standsAtOneOf(record, placed)).length;
  // Rows that mirror two records are the log's duplicate; a row without a position may mirror any.
  const accounted = mirrored + Math.min(free, rows.length - placed.length);
  if (rows.length <= accounted) return undefined;
  const shareOne = distinct(placed).length < placed.length;
  const others = rows.filter((row) => !standsAtOneOf(row, records));
  const isOneRecord = records.length > 0 && others.every((row) => proof.wouldShow(row));
  const blame = shareOne || isOneRecord ? 'consumer' : 'unknown';
  return { kind: 'duplicated', blame, detail: `${rows.length} rows in the store` };
}

const distinct = (places: readonly Position[]): Position[] =>
  places.filter((place, index) => !standsAtOneOf(place, places.slice(0, index)));

/** For a message that is not corrupted in the log already. */
export const corruptedInStore = (subject: Subject, proof: Proof): Opinion =>
  differentIn('content', subject) ?? differentIn('key', subject) ?? misplaced(subject, proof);

function differentIn(part: 'content' | 'key', { expected, committed, rows }: Subject): Opinion {
  const reference =
    [expected, ...committed, ...rows].find((bytes) => bytes[part] !== untold)?.[part] ?? untold;
  if (!rows.some((row) => differ(row[part], reference))) return undefined;
  const isRightInLog = committed.some((record) => record[part] !== untold);
  const detail = part === 'key' ? 'its row has another key' : 'its row differs';
  return { kind: 'corrupted', blame: isRightInLog ? 'consumer' : 'unknown', detail };
}

/** No row tells the position of a record: the column is wrong, if the rows cannot be of records unseen. */
function misplaced(subject: Subject, proof: Proof): Opinion {
  const { records, acks, isAckedAnywhere } = subject;
  const rows = ownRows(subject, proof);
  const places = records.length > 0 ? records : isAckedAnywhere ? [] : acks;
  if (rows.length === 0 || places.length === 0 || !rows.every(hasPosition)) return undefined;
  if (rows.some((row) => standsAtOneOf(row, places))) return undefined;
  const detail = `its row says ${rows[0]!.partition}:${rows[0]!.offset}`;
  if (records.length === 0) return { kind: 'corrupted', blame: 'unknown', detail };
  if (!rows.every((row) => proof.wouldShow(row))) return { doubt: 'positionUnread' };
  return { kind: 'corrupted', blame: 'consumer', detail };
}

export function misclassified({ category, rows }: Subject): Opinion {
  const wrong = rows.find((row) => row.category !== category && row.category !== deadLetterCategory);
  if (category === undefined || wrong === undefined) return undefined;
  return { kind: 'misclassified', blame: 'consumer' };
}

export const wronglyDeadLettered = ({ category, rows }: Subject): Opinion =>
  category !== undefined &&
  category !== deadLetterCategory &&
  rows.some((row) => row.category === deadLetterCategory)
    ? { kind: 'wrongly-dead-lettered', blame: 'consumer' }
    : undefined;
