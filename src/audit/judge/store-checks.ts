/** The checks of a message in the store. Each check looks at one message. */
import { categoryUntold, deadLetterCategory, untold } from '../evidence.ts';
import type { Opinion } from './charge.ts';
import { mayBeOfOtherWrite } from './log-checks.ts';
import type { Proof } from './proof.ts';
import { blamed, isAborted, isOfAborted, isRejected, ownRows, type Subject } from './subject.ts';
import { isStanding } from './torn-transaction.ts';
import { differ, distinct, hasPlace, standsAtOneOf, type JudgedRow, type Written } from './trail.ts';

export function abortedRead(subject: Subject, proof: Proof): Opinion {
  const { rows, records, acks } = subject;
  if (rows.some((row) => isOfAborted(subject, row, proof)))
    return { kind: 'aborted-read', blame: 'consumer' };
  if (rows.length === 0 || !isAborted(subject, proof)) return undefined;
  if (records.some((record) => isStanding(record, proof.partitions))) return undefined;
  // Where the log cannot show it, the broker may have committed what it said it had aborted.
  const isShown = acks.length > 0 && acks.every((ack) => proof.wouldShow(ack));
  const detail = 'its transaction was aborted';
  return { kind: 'aborted-read', blame: isShown ? 'consumer' : 'unknown', detail };
}

export function duplicatedInStore(subject: Subject, proof: Proof): Opinion {
  const { rows, records, committed, written, times } = subject;
  if (rows.length <= times.max) return undefined;
  const placed = rows.filter(hasPlace);
  const mirrored = distinct(records).filter((record) => standsAtOneOf(record, placed)).length;
  const free = distinct(committed).filter((record) => !standsAtOneOf(record, placed)).length;
  // Rows that match two records are a duplicate of the log; a row without a position may match any record.
  const accounted = mirrored + Math.min(free, rows.length - placed.length);
  if (rows.length <= accounted) return undefined;
  const shareOne = distinct(placed).length < placed.length;
  const others = rows.filter((row) => !standsAtOneOf(row, records));
  const isShown = proof.logHasAllCopies && others.every((row) => proof.wouldShow(row));
  const isOneRecord = records.length > 0 && isShown;
  const other = shareOne || isOneRecord ? 'consumer' : 'unknown';
  const detail = `${rows.length} ${times.max > 1 ? `instead of ${times.max}` : 'rows'} in the store`;
  if (written.length > Math.max(1, accounted)) return { kind: 'duplicated', blame: other, detail };
  // The journal has none of the surplus rows. Only a whole journal can prove that.
  const isPartial = proof.isWrittenKept && !proof.writtenWhole;
  const isOfStore = proof.writtenWhole && written.length > 0;
  return { kind: 'duplicated', blame: isPartial ? 'unknown' : isOfStore ? 'store' : other, detail };
}

/** For a message that was not already corrupted in the log. */
export const corruptedInStore = (subject: Subject, proof: Proof): Opinion =>
  differentContent(subject, proof) ??
  differentKey(subject, proof) ??
  misplaced(subject, proof) ??
  unnamed(subject, proof);

function differentContent(subject: Subject, proof: Proof): Opinion {
  const { expected, committed, written, rows } = subject;
  const reference = firstTold([expected, ...committed, ...written, ...rows], 'content');
  const wrong = rows.filter((row) => differ(row.content, reference));
  if (wrong.length === 0) return undefined;
  // The row had a place when it was written, as the journal shows.
  const hasLostPlace = proof.rowsTellPlaces && written.length > 0 && wrong.every((row) => !hasPlace(row));
  const blame = blamed(subject, proof, {
    store: hasLostPlace || isWrittenAs(written, reference),
    else: isToldInLog(subject, 'content') ? 'consumer' : 'unknown',
  });
  return { kind: 'corrupted', blame, detail: `its row differs${proof.describe(wrong[0]!.content)}` };
}

function differentKey(subject: Subject, proof: Proof): Opinion {
  const { expected, committed, written, rows } = subject;
  const reference = firstTold([expected, ...committed, ...rows], 'key');
  if (!rows.some((row) => differ(row.key, reference))) return undefined;
  const blame = blamed(subject, proof, {
    // The journal has no keys, but contents cover them.
    store: isWrittenAs(written, firstTold([expected, ...committed], 'content')),
    else: isToldInLog(subject, 'key') ? 'consumer' : 'unknown',
  });
  return { kind: 'corrupted', blame, detail: 'its row has another key' };
}

const firstTold = <Part extends string>(among: readonly Record<Part, number>[], part: Part): number =>
  among.find((bytes) => bytes[part] !== untold)?.[part] ?? untold;

const isToldInLog = ({ committed }: Subject, part: 'content' | 'key'): boolean =>
  committed.some((record) => record[part] !== untold);

function isWrittenAs(written: readonly Written[], content: number): boolean {
  const told = written.filter((entry) => entry.content !== untold);
  return told.length > 0 && told.every((entry) => entry.content === content);
}

/** No row has the position of a record: the position is wrong, unless the rows may be those of unseen records. */
function misplaced(subject: Subject, proof: Proof): Opinion {
  const { records, acks, isAckedAnywhere, written } = subject;
  const rows = ownRows(subject, proof);
  const places = records.length > 0 ? records : isAckedAnywhere ? [] : acks;
  if (rows.length === 0 || places.length === 0 || !rows.every(hasPlace)) return undefined;
  if (rows.some((row) => standsAtOneOf(row, places))) return undefined;
  const detail = `its row says ${proof.placeText(rows[0]!)}`;
  const isRead = rows.every((row) => proof.wouldShow(row) || proof.isBeforeRun(row));
  if (records.length > 0 && !isRead) return { doubt: 'positionUnread' };
  const blame = blamed(subject, proof, {
    store: written.some((entry) => standsAtOneOf(entry, places)),
    else: records.length > 0 ? 'consumer' : 'unknown',
  });
  return { kind: 'corrupted', blame, detail };
}

/** All rows at the message's place have another id or none. */
function unnamed(subject: Subject, proof: Proof): Opinion {
  const { rows, expected, committed, written } = subject;
  if (rows.length === 0 || !rows.every(({ foreignLooking }) => foreignLooking)) return undefined;
  const blame = blamed(subject, proof, {
    store: isWrittenAs(written, firstTold([expected, ...committed], 'content')),
    else: isToldInLog(subject, 'content') ? 'consumer' : 'unknown',
  });
  return { kind: 'corrupted', blame, detail: 'its row does not bear its id' };
}

export function misclassified(subject: Subject, proof: Proof): Opinion {
  const { category, rows, written } = subject;
  const wrong = rows.find((row) => row.category !== category && row.category !== deadLetterCategory);
  if (category === undefined || wrong === undefined) return undefined;
  const told = written.filter((entry) => entry.category !== categoryUntold);
  const isWrittenRight = told.length > 0 && told.every((entry) => entry.category === category);
  return {
    kind: 'misclassified',
    blame: blamed(subject, proof, {
      store: isWrittenRight,
      else: isAltered(wrong, subject, proof) ? 'unknown' : 'consumer',
    }),
  };
}

/** Whether a row was altered: a consumer writes the place of a record, and a whole journal has all that it wrote. */
const isAltered = (row: JudgedRow, { written }: Subject, { rowsTellPlaces, writtenWhole }: Proof): boolean =>
  hasPlace(row) ? writtenWhole && written.length === 0 : rowsTellPlaces;

/** For a message that a declared rule drops: a row of it, or a dead letter. */
export function unexpected(subject: Subject, proof: Proof): Opinion {
  if (isRejected(subject, proof) || isAborted(subject, proof)) return undefined;
  const rows = ownRows(subject, proof);
  const [first] = rows;
  if (first === undefined) return undefined;
  const isUnwritten = subject.written.length === 0 && proof.writtenWhole;
  return {
    kind: 'unexpected',
    blame: blamed(subject, proof, {
      store: isUnwritten && !mayBeOfOtherWrite(rows, proof),
      else: 'consumer',
    }),
    detail: `a rule drops it, and it is ${first.category === deadLetterCategory ? 'among the dead letters' : 'in the store'}`,
  };
}

/** A message that a newer one of its key has replaced is not missed. */
export const wronglyDeadLettered = ({ category, rows, standing }: Subject, { isOfLog }: Proof): Opinion =>
  category !== undefined &&
  category !== deadLetterCategory &&
  standing?.role !== 'superseded' &&
  rows.some((row) => row.category === deadLetterCategory)
    ? // A user may say that the application was right to give the record up.
      {
        kind: 'wrongly-dead-lettered',
        blame: 'consumer',
        ...(isOfLog && { cause: 'dead-lettered' as const }),
      }
    : undefined;
