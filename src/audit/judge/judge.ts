/** Judges one message: the checks in the order of the norm, and which finding replaces which. */
import {
  corruptedInLog,
  duplicatedInLog,
  offsetConflict,
  phantom,
  rejectedButWritten,
  reordered,
} from './log-checks.ts';
import type { Opinion } from './charge.ts';
import { compaction, inDoubt, isCompactionKnown, lost } from './loss-checks.ts';
import {
  abortedRead,
  corruptedInStore,
  duplicatedInStore,
  misclassified,
  wronglyDeadLettered,
} from './store-checks.ts';
import { isExpectedInStore, isStranger, ownRows, type Proof, type Subject } from './subject.ts';

export function judge(subject: Subject, proof: Proof): Opinion[] {
  // Nothing was expected of a stranger, so nothing else can be wrong with it.
  if (isStranger(subject, proof)) {
    return [phantom(subject, proof), abortedRead(subject, proof), journalAlone(subject, proof)];
  }
  const conflict = offsetConflict(subject, proof);
  const corrupted = corruptedInLog(subject);
  return [
    ...(conflict ? [conflict] : [lost(subject, proof), reordered(subject)]),
    duplicatedInLog(subject, proof),
    duplicatedInStore(subject, proof),
    ...(corrupted
      ? [corrupted]
      : [corruptedInStore(subject, proof), misclassified(subject, proof), wronglyDeadLettered(subject)]),
    phantom(subject, proof),
    rejectedButWritten(subject, proof),
    abortedRead(subject, proof),
    withoutIntent(subject),
    unwritten(subject, proof),
    journalAlone(subject, proof),
  ];
}

/** Log or store hold it, and the ledger has no intent: if it claims to be whole, it contradicts them. */
const withoutIntent = ({ outcome, isPlanned, records, rows }: Subject): Opinion =>
  outcome === undefined && isPlanned && records.length + rows.length > 0
    ? { doubt: 'withoutIntent' }
    : undefined;

/** The journal says that it was written, and nothing else says that it ever was. */
const journalAlone = (subject: Subject, proof: Proof): Opinion =>
  subject.isNamedWritten &&
  subject.committed.length + subject.rows.length === 0 &&
  !isExpectedInStore(subject, proof)
    ? { doubt: 'journalAlone' }
    : undefined;

/** Whether a message of unknown outcome was written. undefined: nobody can say. */
export function wasWritten(subject: Subject, proof: Proof): boolean | undefined {
  if (subject.committed.length > 0 || ownRows(subject, proof).length > 0) return true;
  if (subject.aborted.length > 0) return false;
  const mayMiss =
    !proof.logWhole || proof.isSomeRemoved(subject.topic) || compaction(subject, proof) !== undefined;
  return mayMiss ? undefined : false;
}

/** What cannot be said of a message of unknown outcome that the log does not show. */
function unwritten(subject: Subject, proof: Proof): Opinion {
  if (subject.outcome !== 'unknown' || subject.committed.length > 0) return undefined;
  const written = wasWritten(subject, proof);
  if (written === undefined) {
    const isRead = proof.logWhole && !proof.isSomeRemoved(subject.topic);
    if (!isRead) return { doubt: 'unknownUnread' };
    const compacted = compaction(subject, proof);
    return isCompactionKnown(subject, proof) ? compacted : inDoubt(compacted, undefined);
  }
  return written && proof.logWhole ? { doubt: 'unknownWithoutRecord' } : undefined;
}
