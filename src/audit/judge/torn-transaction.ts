/** The check whether a transaction stands in the log as a whole or not at all, message by message. */
import { none } from '../../workload/place.ts';
import type { Opinion } from './charge.ts';
import { compaction } from './loss-checks.ts';
import type { Partitions } from './partitions.ts';
import type { Proof } from './proof.ts';
import type { Subject } from './subject.ts';
import { nowhere, standsAtOneOf, type LogRecord } from './trail.ts';
import type { Sending } from './transactions.ts';
import type { Trails } from './trails.ts';

/** To be called after the log was read: finds the transactions of which a part stands committed. */
export function notePartlyCommitted(count: number, trails: Trails, partitions: Partitions): void {
  const { transactions } = trails;
  if (transactions === undefined) return;
  for (let message = 0; message < count; message++) {
    if (!trails.isLogged(message)) continue;
    const only = transactions.onlyOf(message);
    if (only >= 0 && transactions.partlyCommitted.has(only)) continue;
    const { records } = trails.trail(message);
    const standing = records.filter((record) => isStanding(record, partitions));
    for (const sending of transactions.sendingsOf(message, trails).filter(isTransactional)) {
      if (sending.outcome !== 'rejected' && ofSending(standing, sending).length > 0)
        transactions.partlyCommitted.add(sending.transaction);
    }
  }
}

export function tornTransaction(subject: Subject, proof: Proof): Opinion {
  if (proof.topicRecreated) return undefined;
  for (const sending of subject.sendings.filter(isTransactional)) {
    const isAborted = proof.endOf(sending.transaction) === 'aborted';
    const opinion = isAborted ? committedPart(subject, sending, proof) : missingPart(subject, sending, proof);
    if (opinion !== undefined) return opinion;
  }
  return undefined;
}

/** The transaction was aborted, and the message stands committed. */
function committedPart(subject: Subject, sending: Sending, proof: Proof): Opinion {
  const standing = subject.records.filter((record) => isStanding(record, proof.partitions));
  // A place that was acked in another transaction, or outside of any, is that one's.
  const others = subject.sendings.filter(({ transaction }) => proof.endOf(transaction) !== 'aborted');
  // One that was acked without a place may have any.
  if (others.some(({ outcome, acks }) => outcome === 'acked' && acks.length === 0)) return undefined;
  const own = ofSending(standing, sending).filter(
    (record) => !others.some(({ acks }) => standsAtOneOf(record, acks)),
  );
  const [first] = own;
  if (sending.outcome === 'rejected' || first === undefined) return undefined;
  const detail = `its transaction was aborted, and it stands committed at ${proof.placeText(first)}`;
  if (own.some((record) => standsAtOneOf(record, sending.acks))) {
    return { kind: 'torn-transaction', blame: 'broker', detail };
  }
  // A ledger that is not whole may lack the attempt that was committed.
  if (!proof.ledgerWhole) return undefined;
  // Another copy than the acked one was written by a program that the ledger does not know.
  return { kind: 'torn-transaction', blame: sending.acks.length > 0 ? 'producer' : 'unknown', detail };
}

/** Others of the transaction stand committed, and the message was acked and does not. */
function missingPart(subject: Subject, sending: Sending, proof: Proof): Opinion {
  const { committed, aborted } = subject;
  if (sending.outcome !== 'acked' || !proof.isPartlyCommitted(sending.transaction)) return undefined;
  // Without a place, a record of one transaction cannot be told from that of another.
  if (!sending.isOnly && sending.acks.length === 0) return undefined;
  if (ofSending(committed, sending).length > 0) return undefined;
  const places = sending.acks.length > 0 ? sending.acks : [nowhere];
  if (!places.every((place) => proof.wouldShow(place, subject.topic))) return undefined;
  if (compaction(subject, proof) !== undefined) return undefined;
  const what = 'others of its transaction stand committed, and it';
  if (ofSending(aborted, sending).length === 0) {
    const cause = proof.weakSetting !== undefined && { cause: proof.weakSetting };
    return { kind: 'torn-transaction', blame: 'broker', ...cause, detail: `${what} is not in the log` };
  }
  // The coordinator promised the whole only if it acknowledged the commit.
  const blame = proof.endOf(sending.transaction) === 'committed' ? 'broker' : 'unknown';
  return { kind: 'torn-transaction', blame, detail: `${what} was aborted` };
}

/** Committed for good: a record beyond the last stable offset may still be aborted. */
export const isStanding = (
  { partition, offset, aborted, foreignLooking }: LogRecord,
  partitions: Partitions,
): boolean => !aborted && !foreignLooking && offset < (partitions.of(partition).range?.stableEnd ?? Infinity);

const isTransactional = ({ transaction }: Sending): boolean => transaction !== none;

/** The records of one transaction. */
const ofSending = (records: readonly LogRecord[], { acks, isOnly }: Sending): readonly LogRecord[] =>
  isOnly ? records : records.filter((record) => standsAtOneOf(record, acks));
