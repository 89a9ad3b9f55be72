/**
 * Finds commits of the group and next offsets of the store that are too high: a consumer that goes on from them skips
 * messages.
 */
import type { Messages } from '../evidence.ts';
import type { Place } from '../../workload/place.ts';
import type { Blame } from '../../result/verdict.ts';
import type { Case, Cases } from './cases.ts';
import type { Standing } from './latest.ts';
import { compaction } from './loss-checks.ts';
import { noneLeftOut, type LeftOut, type Partition } from './partitions.ts';
import type { WrittenJournal } from './read-journal.ts';
import type { Proven } from './proven.ts';
import { standsAtOneOf } from './trail.ts';
import type { Trails } from './trails.ts';

/** Notes in the partitions what one part of the evidence says about their ends and commits. */
export function noteEnds(messages: Messages, trails: Trails, journal: WrittenJournal, cases: Cases): void {
  const { all } = cases[0].proof.partitions;
  for (const partition of all) {
    if (isBehindEnd(partition)) continue;
    partition.rowsEnd = rowsEnd(partition, trails);
    partition.isNextDelivered = partition.delivered.timesAt((partition.next ?? 0) - 1) > 0;
  }
  if (all.some(({ isCommitAhead }) => isCommitAhead)) noteLeftOut(messages, trails, journal, cases);
}

/**
 * Marks the overcommitted partitions, and drops the rows beyond a log's end that can be explained. Returns sentences about
 * the partitions that cannot be judged.
 */
export function findOvercommitted(partitions: readonly Partition[], proof: Proven): string[] {
  const ends = partitions.map((partition) => judgeEnd(partition, proof));
  const ahead = partitions.filter(({ isCommitAhead, overcommitted }) => isCommitAhead && !overcommitted);
  const commits = ahead.map((partition) => judgeCommit(partition, proof));
  return [...ends, ...commits].filter((sentence) => sentence !== undefined);
}

/** Whether neither the store's next offset nor any row is beyond the log's end, as far as that is known. */
const isBehindEnd = ({ next = 0, end, beyondEnd }: Partition): boolean =>
  end === undefined || (next <= end && beyondEnd.size === 0);

/**
 * No record can have been beyond a log's end, unless Kafka has lost it since. A consumer that goes on from a next
 * offset there skips future records.
 */
function judgeEnd(partition: Partition, proof: Proven): string | undefined {
  const { next = 0, range, label, beyondEnd } = partition;
  if (isBehindEnd(partition)) return undefined;
  // The log once reached the places of acks and of the run's rows.
  const end = Math.max(partition.end!, partition.ackedEnd, partition.rowsEnd);
  for (const offset of beyondEnd.keys()) if (!proof.isEndKnown || offset < end) beyondEnd.delete(offset);
  if (!proof.logWhole || next <= end) return undefined;
  const place =
    `the store's next offset is ${next}, ` +
    (range === undefined ? 'and the topic has no such partition' : `and the log ends at ${range.end}`);
  const mayBeLonger = `In partition ${label}, ${place}: it may have been longer, or be so by now.`;
  if (!proof.isEndKnown) return mayBeLonger;
  if (range !== undefined && next <= end + proof.transactions) {
    // Markers stood behind the records that Kafka has lost, or a marker alone is lost: its transaction looks open.
    if (end > range.end) return undefined;
    if ((range.stableEnd ?? range.end) < range.end) return mayBeLonger;
  }
  partition.overcommitted = {
    blame: blameOfPosition(partition, proof),
    cause: 'position-beyond-end',
    offset: next,
    detail: place,
  };
  return undefined;
}

/**
 * The end of the rows whose messages are known to plan, ledger or log, and that the log does not have elsewhere. A
 * plain message has its row at an acked place, which counts already.
 */
function rowsEnd({ number }: Partition, trails: Trails): number {
  let end = 0;
  for (const [message, { rows, records }] of trails.unusualTrails()) {
    if (records.length > 0 || !trails.isNamed(message)) continue;
    for (const row of rows) if (row.partition === number) end = Math.max(end, row.offset + 1);
  }
  return end;
}

function blameOfPosition({ isNextDelivered }: Partition, proof: Proven): Blame {
  const { deliveriesWhole, writtenWhole, isWrittenKept } = proof;
  if (deliveriesWhole && writtenWhole && !isNextDelivered) return 'store';
  return isWrittenKept && !writtenWhole ? 'unknown' : 'consumer';
}

/** Counts the messages between the store's next offset and the group's commit that the store does not have. */
function noteLeftOut(messages: Messages, trails: Trails, journal: WrittenJournal, cases: Cases): void {
  const { proof } = cases[0];
  if (!proof.storeWhole || proof.topicRecreated) return;
  for (const partition of proof.partitions.all) partition.leftOut = cases.map(noneLeftOut);
  for (let message = 0; message < messages.count; message++) {
    const trail = trails.trail(message);
    const { acks, records, rows } = trail;
    if (rows.length > 0 || messages.isDropped?.(message) === true) continue;
    const awaiting = cases.map(({ keys }) => isAwaited(keys?.standingOf(message)));
    const committed = records.filter(({ aborted }) => !aborted);
    // If the log is not whole, an ack proves a message's place as well.
    const others = proof.logWhole ? [] : acks.filter((ack) => !standsAtOneOf(ack, records));
    for (const place of [...committed, ...others]) {
      const { isCommitAhead, next, commit, leftOut } = proof.partitions.of(place.partition);
      if (!isCommitAhead || place.offset < next! || place.offset >= commit!) continue;
      const isWritten = journal.of(message, trail).length > 0;
      const isHeardOf = isWritten || proof.isLeftOut(place);
      for (const [index, each] of cases.entries()) {
        if (!awaiting[index]) continue;
        if (others.includes(place) && mayBeCompacted(message, place, trails, each)) continue;
        const ofCase = leftOut[index]!;
        ofCase.count += 1;
        if (isWritten) ofCase.written += 1;
        if (isHeardOf) ofCase.heardOf += 1;
      }
    }
  }
}

/** Whether the store lacks something if the consumer skips this message, which has no row. */
const isAwaited = (standing: Standing | undefined): boolean => {
  if (standing === undefined) return true;
  const { role, isTombstone, hasRow } = standing;
  return (role === 'expected' || role === 'ahead') && (!isTombstone || hasRow);
};

const mayBeCompacted = (message: number, ack: Place, trails: Trails, { proof }: Case): boolean =>
  compaction({ acks: [ack], topic: undefined, expected: trails.expectedBytes(message) }, proof) !== undefined;

/** Judges a commit ahead of the next offset: only markers and records of other programs may be between the two. */
function judgeCommit(partition: Partition, proof: Proven): string | undefined {
  const { range, label, leftOut } = partition;
  const [next, commit] = [partition.next!, partition.commit!];
  const isRead = proof.logWhole && proof.storeWhole && range !== undefined && next >= range.start;
  // Records beyond the scanned end, earlier or by now, may not have been messages of the run.
  const isBeyondEnd = isRead && commit > range.end;
  const isFound = leftOut.map(({ count }) => count > 0 || (isBeyondEnd && proof.isEndKnown));
  if (isFound.includes(false)) {
    return isRead && !isBeyondEnd && !isFound.includes(true)
      ? undefined
      : `In partition ${label}, the group's commit is ${commit} and the store's next offset ${next}: it is not known whether a record was left out.`;
  }
  const [blame, ...others] = leftOut.map((ofCase) => blameOfCommit(ofCase, proof));
  partition.overcommitted = {
    blame: others.every((other) => other === blame) ? blame! : 'unknown',
    cause: 'commit-before-write',
    offset: commit,
    detail: `the store's next offset is ${next}`,
  };
  return undefined;
}

function blameOfCommit({ count, written, heardOf }: LeftOut, { isWrittenKept, writtenWhole }: Proven): Blame {
  if (count > 0 && written === count) return 'store';
  return isWrittenKept && !writtenWhole && heardOf === 0 ? 'unknown' : 'consumer';
}
