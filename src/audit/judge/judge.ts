/** Judges one message: the checks in the order of `docs/reference/verdict.md`, and which finding replaces which. */
import {
  corruptedInLog,
  duplicatedInLog,
  offsetConflict,
  phantom,
  rejectedButWritten,
  reordered,
} from './log-checks.ts';
import type { Opinion } from './charge.ts';
import { missingOfKey, sharedKey } from './key-checks.ts';
import { compaction, lost } from './loss-checks.ts';
import {
  abortedRead,
  corruptedInStore,
  duplicatedInStore,
  misclassified,
  unexpected,
  wronglyDeadLettered,
} from './store-checks.ts';
import { tornTransaction } from './torn-transaction.ts';
import type { Proof } from './proof.ts';
import { isExpectedInStore, isStranger, ownRows, type Subject } from './subject.ts';

export function judge(subject: Subject, proof: Proof): Opinion[] {
  // A stranger has no expected values, so nothing else can be wrong with it.
  if (isStranger(subject, proof)) {
    return [phantom(subject, proof), abortedRead(subject, proof), journalAlone(subject, proof)];
  }
  const misplacement = offsetConflict(subject, proof) ?? tornTransaction(subject, proof);
  return [
    ...(misplacement ? [misplacement] : [missing(subject, proof), reordered(subject)]),
    proof.rule === 'at-least-once' ? undefined : duplicatedInLog(subject, proof),
    ...inStore(subject, proof),
    phantom(subject, proof),
    rejectedButWritten(subject, proof),
    abortedRead(subject, proof),
    withoutIntent(subject),
    unwritten(subject, proof),
    journalAlone(subject, proof),
  ];
}

function missing(subject: Subject, proof: Proof): Opinion {
  const { standing } = subject;
  return standing === undefined ? lost(subject, proof) : missingOfKey(subject, standing, proof);
}

function inStore(subject: Subject, proof: Proof): Opinion[] {
  const corrupted = corruptedInLog(subject);
  if (subject.isDropped) return [corrupted, unexpected(subject, proof)];
  const { standing } = subject;
  // A tombstone's row is stale, and nothing else.
  if (standing?.role === 'expected' && standing.isTombstone)
    return [corrupted ?? wronglyDeadLettered(subject, proof)];
  return [
    proof.rule === 'at-least-once' ? undefined : (duplicatedInStore(subject, proof) ?? sharedKey(subject)),
    ...(corrupted
      ? [corrupted]
      : [
          corruptedInStore(subject, proof),
          misclassified(subject, proof),
          wronglyDeadLettered(subject, proof),
        ]),
  ];
}

/** Log or store have the message, and the ledger has no intent: a ledger that claims to be whole contradicts them. */
const withoutIntent = ({ outcome, isPlanned, records, rows }: Subject): Opinion =>
  outcome === undefined && isPlanned && records.length + rows.length > 0
    ? { doubt: 'withoutIntent' }
    : undefined;

/** Only the journal says that the message was written. */
const journalAlone = (subject: Subject, proof: Proof): Opinion =>
  subject.isNamedWritten &&
  subject.committed.length + subject.rows.length === 0 &&
  !isExpectedInStore(subject, proof)
    ? { doubt: 'journalAlone' }
    : undefined;

/** Whether a message with an unknown outcome was written; undefined if the evidence does not show it. */
export function wasWritten(subject: Subject, proof: Proof): boolean | undefined {
  if (subject.committed.length > 0 || ownRows(subject, proof).length > 0) return true;
  if (subject.aborted.length > 0) return false;
  const mayMiss =
    !proof.logWhole || proof.isSomeRemoved(subject.topic) || compaction(subject, proof) !== undefined;
  return mayMiss ? undefined : false;
}

/** The doubt about a message with an unknown outcome that is not in the log. */
function unwritten(subject: Subject, proof: Proof): Opinion {
  if (subject.outcome !== 'unknown' || subject.committed.length > 0) return undefined;
  const written = wasWritten(subject, proof);
  if (written === undefined) {
    const isRead = proof.logWhole && !proof.isSomeRemoved(subject.topic);
    return isRead ? compaction(subject, proof) : { doubt: 'unknownUnread' };
  }
  return written && proof.logWhole ? { doubt: 'unknownWithoutRecord' } : undefined;
}
