/** Checks whether a message is missing from log or store, and which hop lost it. */
import { untold } from '../evidence.ts';
import { none, type Place } from '../../workload/place.ts';
import type { Blame } from '../../result/verdict.ts';
import type { Charge, Opinion } from './charge.ts';
import type { Proof } from './proof.ts';
import { blamed, hasReachedLog, isExpectedInStore, type Subject } from './subject.ts';
import { nowhere } from './trail.ts';

export function lost(subject: Subject, proof: Proof): Opinion {
  if (subject.isDropped) return lostFromLog(subject, proof);
  if (!isExpectedInStore(subject, proof)) return undefined;
  if (subject.committed.length > 0) return missingRow(subject, proof, subject.committed, 'consumer');
  const handed = handedOver(subject, proof);
  const compacted = compaction(subject, proof);
  if (compacted !== undefined) {
    // The consumer had the record before compaction removed it.
    const isMissed = subject.rows.length === 0 && handed.length > 0;
    return isMissed ? missingRow(subject, proof, handed, 'consumer') : compacted;
  }
  return missingRecord(subject, proof, handed);
}

/** For a message that the store need not have: if a whole log lacks its record, the broker has lost it all the same. */
export function lostFromLog(subject: Subject, proof: Proof): Opinion {
  if (subject.committed.length > 0 || !proof.logWhole || !hasReachedLog(subject, proof)) return undefined;
  if (!placesOf(subject).every((place) => proof.wouldShow(place, subject.topic))) return undefined;
  return compaction(subject, proof) ?? goneFromLog(subject, proof, []);
}

/** For an acked message that is not in the log, and that compaction did not remove. */
function missingRecord(subject: Subject, proof: Proof, handed: readonly Place[]): Opinion {
  if (proof.logWhole) return goneFromLog(subject, proof, handed);
  if (proof.otherTopicWhole) return goneWithTopic(subject, proof, handed);
  const places = placesOf(subject);
  const isConsumed = places.every((place) => proof.isConsumed(place));
  const certain = isConsumed ? places : handed;
  return missingRow(subject, proof, certain, handed.length > 0 ? 'consumer' : 'unknown');
}

/** The places at which the consumer had the message, according to its journal. */
const handedOver = ({ acks, written }: Subject, proof: Proof): Place[] => [
  ...acks.filter((ack) => proof.isSurelyDelivered(ack)),
  ...written,
];

/** The places at which a message that is not in the log must have been. */
function placesOf({ acks, rows }: Subject): readonly Place[] {
  if (acks.length > 0) return acks;
  return rows.length > 0 ? rows : [nowhere];
}

/** The message is lost if the consumer was past one of these places, and there is no row. */
function missingRow(subject: Subject, proof: Proof, places: readonly Place[], blame: Blame): Opinion {
  if (subject.rows.length >= subject.times.min) return undefined;
  if (!proof.storeWhole) return { doubt: 'storeUnread' };
  if (!places.some((place) => proof.isConsumed(place))) {
    return unreached(subject, proof);
  }
  return notStored(subject, proof, blame);
}

/** The doubt about a message without a row, which the consumer need not have come to. */
export function unreached(subject: Subject, proof: Proof): Opinion {
  if (!proof.storeWhole) return { doubt: 'storeUnread' };
  // If the topic was recreated, the journal may be about a record of the earlier topic.
  const isWritten = proof.writtenWhole && subject.written.length > 0 && !proof.topicRecreated;
  return { doubt: isWritten ? 'fellBack' : 'notDrained' };
}

function notStored(subject: Subject, proof: Proof, other: Blame): Charge {
  const weakness = proof.weakSetting !== undefined && { cause: proof.weakSetting };
  if (isReplacement(subject, proof)) {
    // The consumer is past this record, and its journal is about the earlier record.
    const detail = 'not in the store: another record stood there before';
    return { kind: 'lost', blame: 'broker', ...weakness, detail };
  }
  if (mayReplaceMarker(subject, proof)) {
    const detail = 'not in the store: a marker or an aborted record may have stood there before';
    return { kind: 'lost', blame: 'unknown', ...weakness, detail };
  }
  const isLeftOut = subject.written.length === 0 && subject.committed.some((place) => proof.isLeftOut(place));
  const blame = isLeftOut
    ? other
    : blamed(subject, proof, { store: subject.written.length > 0, else: other });
  const { rows, times } = subject;
  const detail = rows.length > 0 ? `${rows.length} of ${times.min} in the store` : 'not in the store';
  return { kind: 'lost', blame, ...causeOf(subject, proof, blame), detail };
}

/** Whether Kafka had another record at its place before, which was acknowledged or stored. */
const isReplacement = ({ committed }: Subject, proof: Proof): boolean =>
  committed.some((record) => {
    const { contested, outlived } = proof.partitions.of(record.partition);
    return proof.mayReplace(record) && (contested.has(record.offset) || outlived.has(record.offset));
  });

/** Whether Kafka had other records in its partition before, and transactions: ledger and store know no places of markers. */
const mayReplaceMarker = ({ committed }: Subject, proof: Proof): boolean =>
  proof.transactions > 0 &&
  committed.some((record) => {
    const { contested, outlived } = proof.partitions.of(record.partition);
    return proof.mayReplace(record) && contested.size + outlived.size > 0;
  });

function causeOf(
  { acks, committed }: Subject,
  proof: Proof,
  blame: Blame,
): Pick<Charge, 'cause' | 'maybeOvercommitted'> {
  if (proof.topicRecreated && committed.length === 0) return { cause: 'topic-recreated' };
  if (blame !== 'consumer') return {};
  const numbers = new Set([...committed, ...acks].map(({ partition }) => partition));
  const ahead = [...numbers].filter((number) => proof.partitions.of(number).isCommitAhead);
  if (ahead.length === 0) return {};
  const isOvercommitted = ahead.some((number) => proof.partitions.of(number).isCommittedBeforeWrite);
  return { ...(isOvercommitted && { cause: 'commit-before-write' }), maybeOvercommitted: ahead };
}

/** For an acked message that is not in a whole log. */
function goneFromLog(subject: Subject, proof: Proof, handed: readonly Place[]): Opinion {
  const unread = placesOf(subject).filter((place) => !proof.wouldShow(place, subject.topic));
  if (unread.length === 0) {
    const cause = proof.weakSetting !== undefined && { cause: proof.weakSetting };
    return { kind: 'lost', blame: 'broker', ...cause, detail: 'not in the log' };
  }
  if (subject.rows.length > 0) return { doubt: 'removedButStored' };
  if (!proof.storeWhole) return { doubt: 'storeUnread' };
  if (handed.length > 0) return notStored(subject, proof, 'consumer');
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

/** For an acked message that is not in the recreated topic: no consumer can read it any more. */
function goneWithTopic(subject: Subject, proof: Proof, handed: readonly Place[]): Opinion {
  if (subject.rows.length > 0) return undefined;
  if (!proof.storeWhole) return { doubt: 'storeUnread' };
  if (handed.length > 0) return notStored(subject, proof, 'consumer');
  const blame = placesOf(subject).every((place) => proof.isNotReached(place)) ? 'broker' : 'unknown';
  return { kind: 'lost', blame, cause: 'topic-recreated', detail: 'its topic was deleted' };
}

/** The acked places; without any, a place below all offsets in each partition in which it may have been. */
const mayHaveStood = ({ acks, topic }: Placed, { partitions }: Proof): readonly Place[] =>
  acks.length > 0
    ? acks
    : partitions.ofTopic(topic).map(({ number }) => ({ partition: number, offset: none }));

type Placed = Pick<Subject, 'acks' | 'topic'>;

/** Compaction may remove a record once the partition has a later one of its key. */
export function compaction(subject: Placed & Pick<Subject, 'expected'>, proof: Proof): Opinion {
  const { partitions, logWhole, topicRecreated, tombstonesAnywhere } = proof;
  const { expected } = subject;
  if (topicRecreated) return undefined;
  const places = mayHaveStood(subject, proof);
  const compacted = places.filter((place) => proof.isCompacted(place));
  const hasLater = compacted.some(({ partition, offset }) => {
    const { lastOfKey, lastAckOfKey } = partitions.of(partition);
    const lastAck = lastAckOfKey.get(expected.key);
    // A tombstone that is the last of its key is removed, too. Then the log has no record of that key.
    const isRemoved = lastAck?.isTombstone === true && lastAck.offset >= offset;
    return isRemoved || (lastOfKey.get(expected.key) ?? -1) > offset;
  });
  if (hasLater) return { doubt: 'compacted' };
  const isUnclear =
    compacted.length > 0 && (expected.key === untold || !logWhole || tombstonesAnywhere.has(expected.key));
  return isUnclear ? { doubt: 'compactionUnclear' } : undefined;
}
