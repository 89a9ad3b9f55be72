/** The naive audit's questions about partitions: overcommitted offsets, and rows beyond the log's end. */
import { parsePlace, type History } from './build-evidence.ts';
import { linesOf, logContradicts, ownersOf, timesDelivered } from './naive-lines.ts';
import { standingOf, type NaiveStanding } from './naive-keys.ts';
import { NaiveMessage } from './naive-message.ts';

export interface PartitionFindings {
  /** Pairs of `kind blame` and partition. */
  found: [string, string][];
  /** Whether something could not be judged. */
  isOpen: boolean;
}

export function partitionFindings(h: History): PartitionFindings {
  const result: PartitionFindings = { found: [], isOpen: false };
  const isLogWhole = !h.missing.includes('log') && !logContradicts(h) && !h.topicRecreated;
  for (const partition of Object.keys(h.positions)) {
    const say = overcommitted(h, Number(partition), isLogWhole);
    if (say === 'open') result.isOpen = true;
    else if (say !== undefined) result.found.push([`overcommitted ${say}`, partition]);
  }
  if (!isLogWhole || h.isFinal === false || isWeak(h)) return result;
  const beyond = new Set<string>();
  for (const row of h.rows) {
    const { partition, offset } = parsePlace(row.at);
    const end = endOf(h, partition);
    if (end === undefined || offset < logEnd(h, partition, end) || row.id !== undefined) continue;
    if (ownersOf(h, row).length === 0) beyond.add(row.at!);
  }
  for (const at of [...beyond].sort()) {
    const isWritten = (h.written ?? []).some((line) => line.at === at);
    const isOfStore = h.written !== undefined && !h.missing.includes('written');
    const blame = isWritten || h.written === undefined ? 'consumer' : isOfStore ? 'store' : 'unknown';
    result.found.push([`phantom ${blame}`, at.split(':')[0]!]);
  }
  return result;
}

/** A partition that the topic does not have is empty. */
const endOf = (h: History, partition: number): number | undefined =>
  h.ranges.find((one) => one.partition === partition)?.end ?? (h.hasAllRanges ? 0 : undefined);

const isWeak = (h: History): boolean => h.acks === '0' || h.acks === '1' || h.uncleanElection === true;

/** The highest end that the log is known to have had: acks prove it, and rows of known messages that the log lacks. */
function logEnd(h: History, partition: number, end: number): number {
  const isKnown = (id: string): boolean =>
    h.messages[id]!.planned || h.sends.some((send) => send.id === id) || h.log.some((line) => line.id === id);
  const isGone = (id: string): boolean => isKnown(id) && linesOf(h, id).length === 0;
  const places = [
    ...h.sends.flatMap(({ outcome, at }) => (outcome === 'acked' ? [at] : [])),
    ...h.rows.flatMap((row) => (ownersOf(h, row).some(isGone) ? [row.at] : [])),
  ].map(parsePlace);
  return Math.max(
    end,
    ...places.filter((one) => one.partition === partition).map(({ offset }) => offset + 1),
  );
}

/** The blame for an overcommitted partition, undefined if it is not, and `open` if that is undecidable. */
function overcommitted(h: History, partition: number, isLogWhole: boolean): string | undefined {
  const next = h.positions[partition]!;
  const commit = h.commits[partition];
  const end = endOf(h, partition);
  const isWritten = h.written !== undefined;
  const isJournalWhole = isWritten && !h.missing.includes('written');
  if (end !== undefined && next > logEnd(h, partition, end) && isLogWhole) {
    const markers = h.sends.length === 0 ? 0 : Object.keys(h.transactions ?? {}).length;
    const markersEnd = logEnd(h, partition, end) + markers;
    const range = h.ranges.find((one) => one.partition === partition);
    const isNearEnd = range !== undefined && next <= markersEnd;
    const isOpenAtEnd = isNearEnd && (range.stableEnd ?? end) < end;
    const isCut = isNearEnd && logEnd(h, partition, end) > end;
    if (h.isFinal === false || isWeak(h) || (isOpenAtEnd && !isCut))
      return commitAhead(h, partition, isLogWhole) ?? 'open';
    if (isCut) return commitAhead(h, partition, isLogWhole);
    const areDeliveriesWhole = h.deliveries !== undefined && !h.missing.includes('deliveries');
    const isDisproved =
      isJournalWhole && areDeliveriesWhole && timesDelivered(h, `${partition}:${next - 1}`) === 0;
    return isDisproved ? 'store' : isWritten && !isJournalWhole ? 'unknown' : 'consumer';
  }
  return commit === undefined || commit <= next ? undefined : commitAhead(h, partition, isLogWhole);
}

function commitAhead(h: History, partition: number, isLogWhole: boolean): string | undefined {
  const next = h.positions[partition]!;
  const commit = h.commits[partition];
  if (commit === undefined || commit <= next) return undefined;
  const range = h.ranges.find((one) => one.partition === partition);
  const isStoreWhole = !h.missing.includes('store');
  const isBetween = (at: string): boolean => {
    const place = parsePlace(at);
    return place.partition === partition && place.offset >= next && place.offset < commit;
  };
  const leftOut =
    !isStoreWhole || h.topicRecreated
      ? []
      : Object.keys(h.messages).flatMap((id) => {
          const message = new NaiveMessage(h, id);
          if (message.rows.length > 0 || message.isDropped) return [];
          const key = standingOf(h, id);
          if (key !== undefined && !isAwaited(key)) return [];
          const logged = [...message.good, ...message.aborted].map(({ at }) => at);
          const isSurelyThere = (at: string): boolean =>
            !logged.includes(at) && message.compaction([at]) === 'no';
          const acked = isLogWhole ? [] : message.acks.filter(isSurelyThere);
          return [...message.good.map(({ at }) => at), ...acked]
            .filter(isBetween)
            .map((at) => ({ at, message }));
        });
  const isRead = isLogWhole && isStoreWhole && range !== undefined && next >= range.start;
  const isBeyondEnd = isRead && commit > range.end;
  const isEndKnown = h.isFinal !== false && !isWeak(h);
  if (leftOut.length === 0 && !(isBeyondEnd && isEndKnown))
    return isRead && !isBeyondEnd ? undefined : 'open';
  if (h.written === undefined) return 'consumer';
  const areWritten = leftOut.map(({ message }) => message.writes.length > 0);
  if (leftOut.length > 0 && areWritten.every(Boolean)) return 'store';
  if (!h.missing.includes('written')) return 'consumer';
  const isHeardOf = areWritten.some(Boolean) || leftOut.some(({ at }) => isPassedOver(h, at));
  return isHeardOf ? 'consumer' : 'unknown';
}

/** Whether a consumer that skips the message leaves the store wrong. */
const isAwaited = ({ role, isTombstone, hasRow }: NaiveStanding): boolean =>
  (role === 'expected' || role === 'ahead') && (!isTombstone || hasRow);

/** Whether the journal has all rows of the partition, but no delivery of this place. */
function isPassedOver(h: History, at: string): boolean {
  if (h.deliveries === undefined || timesDelivered(h, at) > 0) return false;
  if (!h.missing.includes('deliveries')) return true;
  const { partition } = parsePlace(at);
  return !h.rows.some(
    (row) =>
      row.at !== undefined && parsePlace(row.at).partition === partition && timesDelivered(h, row.at) === 0,
  );
}
