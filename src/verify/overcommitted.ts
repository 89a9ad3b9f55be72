/**
 * Commits of the group and next offsets of the store that promise what is not there: a consumer that goes on from them
 * leaves something out.
 */
import type { Messages } from '../history.ts';
import type { Partition } from './partitions.ts';
import type { WrittenJournal } from './read-journal.ts';
import type { Proof } from './subject.ts';
import { standsAtOneOf, type Position } from './trail.ts';
import type { Trails } from './trails.ts';

/** Marks the partitions concerned. Returns what cannot be said of others, in sentences. */
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
    if (next === undefined) continue;
    const sentence = judgePosition(partition, next, proof);
    if (sentence !== undefined) open.push(sentence);
    if (commit !== undefined && commit > next && partition.overcommitted === undefined) ahead.push(partition);
  }
  if (ahead.length === 0) return open;
  const leftOut = placesLeftOut(ahead, messages, trails, journal, proof);
  for (const partition of ahead) {
    const sentence = judgeCommit(partition, leftOut.get(partition) ?? [], proof);
    if (sentence !== undefined) open.push(sentence);
  }
  return open;
}

/** A next offset beyond the log's end: the consumer that goes on from there skips what is to come. */
function judgePosition(partition: Partition, next: number, proof: Proof): string | undefined {
  const { range, label, delivered } = partition;
  if (range === undefined || next <= range.end || !proof.logWhole) return undefined;
  const place = `the store's next offset is ${next}, and the log ends at ${range.end}`;
  if (!proof.logFinal) return `In partition ${label}, ${place}, as it was scanned before the store was read.`;
  const isDisproved = proof.deliveriesWhole && proof.writtenWhole && delivered.timesAt(next - 1) === 0;
  const isUnclear = proof.isWrittenKept && !proof.writtenWhole;
  const blame = isDisproved ? 'store' : isUnclear ? 'unknown' : 'consumer';
  partition.overcommitted = { blame, cause: 'position-beyond-end', offset: next, detail: place };
  return undefined;
}

interface LeftOut {
  place: Position;
  isWritten: boolean;
}

/** Where messages stand between the store's next offset and the group's commit that the store does not have. */
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
    // Where the log cannot be relied on, an ack is as good.
    const others = proof.logWhole ? [] : acks.filter((ack) => !standsAtOneOf(ack, records));
    for (const place of [...committed, ...others]) {
      const partition = proof.partitions.of(place.partition);
      if (place.offset < partition.next! || place.offset >= partition.commit!) continue;
      found.get(partition)?.push({ place, isWritten: journal.of(message, trail).length > 0 });
    }
  }
  return found;
}

/** Between the two there may lie nothing but markers, and records of others. */
function judgeCommit(partition: Partition, leftOut: readonly LeftOut[], proof: Proof): string | undefined {
  const { range, label } = partition;
  const [next, commit] = [partition.next!, partition.commit!];
  const isRead = proof.logWhole && proof.storeWhole && range !== undefined && next >= range.start;
  const isBeyondEnd = isRead && commit > range.end;
  if (leftOut.length === 0 && !isBeyondEnd) {
    return isRead
      ? undefined
      : `In partition ${label}, the group's commit is ${commit} and the store's next offset ${next}: nobody can say whether a record was left out.`;
  }
  const isOfStore = proof.writtenWhole && leftOut.length > 0 && leftOut.every(({ isWritten }) => isWritten);
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
