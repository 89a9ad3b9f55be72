/**
 * Finds commits of the group and next offsets of the store that are too high: a consumer that goes on from them skips
 * messages.
 */
import type { Messages } from '../evidence.ts';
import type { Place } from '../../workload/place.ts';
import type { Blame } from '../../result/verdict.ts';
import { compaction } from './loss-checks.ts';
import type { Partition } from './partitions.ts';
import type { WrittenJournal } from './read-journal.ts';
import type { Proof } from './subject.ts';
import { standsAtOneOf } from './trail.ts';
import type { Trails } from './trails.ts';

/**
 * Marks the partitions concerned, and drops the rows beyond a log's end that can be explained. Returns sentences about
 * the partitions that cannot be judged.
 */
export function findOvercommitted(
  messages: Messages,
  trails: Trails,
  journal: WrittenJournal,
  proof: Proof,
): string[] {
  const open: string[] = [];
  const ahead: Partition[] = [];
  for (const partition of proof.partitions.all) {
    const { next, commit } = partition;
    const sentence = judgeEnd(partition, trails, proof);
    if (sentence !== undefined) open.push(sentence);
    if (next === undefined || commit === undefined || partition.overcommitted !== undefined) continue;
    if (commit > next) ahead.push(partition);
  }
  if (ahead.length === 0) return open;
  const leftOut = placesLeftOut(ahead, messages, trails, journal, proof);
  for (const partition of ahead) {
    const sentence = judgeCommit(partition, leftOut.get(partition) ?? [], proof);
    if (sentence !== undefined) open.push(sentence);
  }
  return open;
}

/**
 * No record can have been beyond a log's end, unless Kafka has lost it since. A consumer that goes on from a next
 * offset there skips future records.
 */
function judgeEnd(partition: Partition, trails: Trails, proof: Proof): string | undefined {
  const { next = 0, range, label, beyondEnd } = partition;
  if (partition.end === undefined || (next <= partition.end && beyondEnd.size === 0)) return undefined;
  // The log once reached the places of acks and of the run's rows.
  const end = Math.max(partition.end, partition.ackedEnd, rowsEnd(partition, trails));
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
    blame: blameOfPosition(partition, next, proof),
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

function blameOfPosition({ delivered }: Partition, next: number, proof: Proof): Blame {
  const { deliveriesWhole, writtenWhole, isWrittenKept } = proof;
  if (deliveriesWhole && writtenWhole && delivered.timesAt(next - 1) === 0) return 'store';
  return isWrittenKept && !writtenWhole ? 'unknown' : 'consumer';
}

interface LeftOut {
  place: Place;
  isWritten: boolean;
}

/** The places of messages between the store's next offset and the group's commit that the store does not have. */
function placesLeftOut(
  ahead: readonly Partition[],
  messages: Messages,
  trails: Trails,
  journal: WrittenJournal,
  proof: Proof,
): ReadonlyMap<Partition, LeftOut[]> {
  const found = new Map<Partition, LeftOut[]>(ahead.map((partition) => [partition, []]));
  if (!proof.storeWhole || proof.topicRecreated) return found;
  for (let message = 0; message < messages.count; message++) {
    const trail = trails.trail(message);
    const { acks, records, rows } = trail;
    if (rows.length > 0) continue;
    const committed = records.filter(({ aborted }) => !aborted);
    // If the log is not whole, an ack proves a message's place as well.
    const others = proof.logWhole ? [] : acks.filter((ack) => !standsAtOneOf(ack, records));
    for (const place of [...committed, ...others]) {
      const partition = proof.partitions.of(place.partition);
      if (place.offset < partition.next! || place.offset >= partition.commit!) continue;
      if (others.includes(place) && mayBeCompacted(message, place, trails, proof)) continue;
      found.get(partition)?.push({ place, isWritten: journal.of(message, trail).length > 0 });
    }
  }
  return found;
}

const mayBeCompacted = (message: number, ack: Place, trails: Trails, proof: Proof): boolean =>
  compaction({ acks: [ack], topic: undefined, expected: trails.expectedBytes(message) }, proof) !== undefined;

/** Judges a commit ahead of the next offset: only markers and records of other programs may be between the two. */
function judgeCommit(partition: Partition, leftOut: readonly LeftOut[], proof: Proof): string | undefined {
  const { range, label } = partition;
  const [next, commit] = [partition.next!, partition.commit!];
  const isRead = proof.logWhole && proof.storeWhole && range !== undefined && next >= range.start;
  // Records beyond the scanned end, earlier or by now, may not have been messages of the run.
  const isBeyondEnd = isRead && commit > range.end;
  if (leftOut.length === 0 && (!isBeyondEnd || !proof.isEndKnown)) {
    return isRead && !isBeyondEnd
      ? undefined
      : `In partition ${label}, the group's commit is ${commit} and the store's next offset ${next}: it is not known whether a record was left out.`;
  }
  const isOfStore = leftOut.length > 0 && leftOut.every(({ isWritten }) => isWritten);
  const isUnclear =
    proof.isWrittenKept &&
    !proof.writtenWhole &&
    !leftOut.some(({ place, isWritten }) => isWritten || proof.isLeftOut(place));
  partition.overcommitted = {
    blame: isOfStore ? 'store' : isUnclear ? 'unknown' : 'consumer',
    cause: 'commit-before-write',
    offset: commit,
    detail: `the store's next offset is ${next}`,
  };
  return undefined;
}
