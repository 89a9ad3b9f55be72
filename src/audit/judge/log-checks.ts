/** The checks of a message in ledger and log. Each check looks at one message. */
import { untold } from '../evidence.ts';
import type { Charge, Opinion } from './charge.ts';
import type { Proof } from './proof.ts';
import { blamed, isRejected, isStranger, ownRows, type Subject } from './subject.ts';
import { differ, hasPlace, standsAtOneOf, type JudgedRow, type LogRecord } from './trail.ts';

export function phantom(subject: Subject, proof: Proof): Opinion {
  const { isKnown, committed } = subject;
  const rows = ownRows(subject, proof);
  if (isKnown || (committed.length === 0 && rows.length === 0)) return undefined;
  if (!isStranger(subject, proof)) return { doubt: 'strangerUnjudged' };
  if (isUnrooted(subject, proof)) return undefined;
  return { kind: 'phantom', ...whereWritten(subject, proof) };
}

/** Whether a stranger's rows may come from a record that the log once held, or came to hold. */
export const isUnrooted = (subject: Subject, proof: Proof): boolean =>
  !proof.logWholeLife && subject.committed.length === 0 && isStranger(subject, proof);

export function rejectedButWritten(subject: Subject, proof: Proof): Opinion {
  const { outcome, committed } = subject;
  const isWritten = committed.length > 0 || ownRows(subject, proof).length > 0;
  if (outcome !== 'rejected' || !isWritten) return undefined;
  if (!isRejected(subject, proof)) return { doubt: 'rejectedUnjudged' };
  return { kind: 'rejected-but-written', ...whereWritten(subject, proof) };
}

/**
 * The producer is to blame for a record. The store is to blame for a row without a record, if the consumer's journal
 * shows that it was never written; otherwise the consumer, if the log would show the record.
 */
function whereWritten(subject: Subject, proof: Proof): Pick<Charge, 'blame' | 'detail'> {
  if (subject.committed.length > 0) return { blame: 'producer', detail: 'in the log' };
  const rows = ownRows(subject, proof);
  const isOnlyInStore = rows.every((row) => proof.wouldShow(row));
  const isUnclear = mayBeOfOtherWrite(rows, proof);
  const isUnwritten = subject.written.length === 0 && proof.writtenWhole && !isUnclear;
  // A consumer writes the place of a record. A row without one was altered, by an unknown program.
  const hasLostPlace = isUnclear && proof.rowsTellPlaces;
  const other = isOnlyInStore && !hasLostPlace ? 'consumer' : 'unknown';
  return { blame: blamed(subject, proof, { store: isUnwritten, else: other }), detail: 'in the store' };
}

/** Whether a row without a place may be that of a write that the journal does not name. */
export const mayBeOfOtherWrite = (rows: readonly JudgedRow[], { hasNameless }: Proof): boolean =>
  hasNameless && !rows.every(hasPlace);

export function offsetConflict(
  { acks, records, committed, isAckedAnywhere }: Subject,
  proof: Proof,
): Opinion {
  // Offsets of two topics cannot be compared.
  if (proof.topicRecreated) return undefined;
  const partitionOf = (number: number) => proof.partitions.of(number);
  // If acknowledged records may be lost, Kafka assigns their offsets again.
  const isContested = acks.some(
    (ack) => partitionOf(ack.partition).contested.has(ack.offset) && !proof.mayReplace(ack),
  );
  if (isContested) {
    return { kind: 'offset-conflict', blame: 'producer', detail: 'acked at the offset of another message' };
  }
  if (acks.length === 0 || records.some((record) => standsAtOneOf(record, acks))) return undefined;
  // If records were lost, later ones have their offsets.
  const cause = proof.weakSetting !== undefined && { cause: proof.weakSetting };
  const holdsAnother = acks.filter(({ partition, offset }) => partitionOf(partition).occupied.has(offset));
  if (committed.length > 0) {
    const areRead = acks.every((ack) => holdsAnother.includes(ack) || proof.wouldShow(ack));
    const detail = `in the log at ${proof.placeText(committed[0]!)}`;
    return isAckedAnywhere
      ? undefined
      : { kind: 'offset-conflict', blame: areRead ? 'broker' : 'unknown', ...cause, detail };
  }
  if (holdsAnother.length === 0) return undefined;
  return {
    kind: 'offset-conflict',
    blame: 'broker',
    ...cause,
    detail: 'the log holds another message there',
  };
}

export const reordered = ({ isReordered }: Subject): Opinion =>
  isReordered ? { kind: 'reordered', blame: 'producer' } : undefined;

export function duplicatedInLog({ committed }: Subject, proof: Proof): Opinion {
  const [first, ...others] = committed;
  const second = first && others.find((record) => !standsAtOneOf(record, [first]));
  if (second === undefined) return undefined;
  const detail = `in the log again at ${proof.placeText(second)}`;
  return { kind: 'duplicated', blame: 'producer', detail };
}

export function corruptedInLog({ committed, expected }: Subject): Charge | undefined {
  const [content, key] = [new Reference(expected.content), new Reference(expected.key)];
  const wrong = committed.filter((record) => {
    const isOther = [content.differs(record.content), key.differs(record.key)].includes(true);
    return isOther || record.crc === 'bad' || record.foreignLooking;
  });
  if (wrong.length === 0) return undefined;
  const isSentSo = wrong.every(({ crc }) => crc === 'ok');
  return { kind: 'corrupted', blame: isSentSo ? 'producer' : 'broker', detail: wordsOf(wrong[0]!) };
}

/** The expected value and those of earlier records. */
class Reference {
  #told: number;
  #isMixed = false;

  constructor(expected: number) {
    this.#told = expected;
  }

  /** Whether a value differs from any earlier one. The next values are compared with it, too. */
  differs(told: number): boolean {
    if (this.#told === untold) this.#told = told;
    const isOther = differ(told, this.#told) || (this.#isMixed && told !== untold);
    this.#isMixed ||= isOther;
    return isOther;
  }
}

const wordsOf = ({ crc, foreignLooking }: LogRecord): string =>
  crc === 'bad'
    ? "the CRC of its record's batch is wrong"
    : foreignLooking
      ? 'its record does not bear its id'
      : 'its record differs in the log';
