/**
 * The order in which the lines of a hop are judged, which does not depend on the order in which they came. An entry
 * below the count of the messages stands for the values kept for that message; a higher entry for a separate line.
 */
import { none } from '../../workload/place.ts';
import type { HistoryMessages } from './history-messages.ts';
import type { JournalCollector } from './journal-collector.ts';
import type { MessageCollector } from './message-collector.ts';
import { bits, type MessageColumns } from './message-columns.ts';
import type { Rows } from './exceptional-lines.ts';

/** The records, by partition and offset. */
export function recordOrder(
  { messages, records }: MessageCollector,
  ranks: HistoryMessages,
  numberOf: (partition: number) => number,
): Uint32Array {
  const { count } = messages;
  const value = (column: 'partition' | 'offset' | 'digest') => (entry: number) =>
    entry < count ? messages[column].get(entry) : records.get(column, entry - count);
  const rankOf = (entry: number): number =>
    ranks.rankOf(entry < count ? entry : records.get('message', entry - count));
  const [digestOf, partitionOf] = [value('digest'), value('partition')];
  function* entries(): Iterable<number> {
    for (let entry = 0; entry < count + records.count; entry++) {
      if (entry >= count || messages.has(entry, bits.logged)) yield entry;
    }
  }
  // Two records at one offset contradict each other, unless they are equal: so equal ones must be adjacent.
  return byPlace(
    { entries, partitionOf: (entry) => numberOf(partitionOf(entry)), offsetOf: value('offset') },
    (a, b) => rankOf(a) - rankOf(b) || compareDigests(messages, digestOf(a), digestOf(b)),
  );
}

/** The rows of the journal, by partition and offset. */
export function writtenOrder(
  { written }: JournalCollector,
  messages: MessageColumns,
  ranks: HistoryMessages,
  { categoryOf, partitionOf }: Record<'categoryOf' | 'partitionOf', (row: number) => number>,
): Uint32Array {
  const rankOf = (row: number): number => ranks.rankOf(written.get('message', row));
  return byPlace(
    {
      entries: () => Array.from({ length: written.count }).keys(),
      partitionOf,
      offsetOf: (row) => written.get('offset', row),
    },
    (a, b) =>
      rankOf(a) - rankOf(b) ||
      categoryOf(a) - categoryOf(b) ||
      compareDigests(messages, written.get('digest', a), written.get('digest', b)),
  );
}

/** Compares texts, not their numbers; a missing digest comes first. */
export function compareDigests({ digests }: MessageColumns, a: number, b: number): number {
  return a === b ? 0 : a === 0 || b === 0 ? a - b : digests.compare(a, b);
}

interface Placed {
  entries: () => Iterable<number>;
  partitionOf: (entry: number) => number;
  offsetOf: (entry: number) => number;
}

/** Sorts by place, but only those partitions that did not come in order. */
function byPlace(
  { entries, partitionOf, offsetOf }: Placed,
  compareAtOne: (a: number, b: number) => number,
): Uint32Array {
  const counts = new Map<number, number>();
  let total = 0;
  for (const entry of entries()) {
    const partition = partitionOf(entry);
    counts.set(partition, (counts.get(partition) ?? 0) + 1);
    total += 1;
  }
  const order = new Uint32Array(total);
  const nexts = new Map<number, number>();
  let from = 0;
  for (const [partition, count] of [...counts].sort(([a], [b]) => a - b)) {
    nexts.set(partition, from);
    from += count;
  }
  for (const entry of entries()) {
    const next = nexts.get(partitionOf(entry))!;
    order[next] = entry;
    nexts.set(partitionOf(entry), next + 1);
  }
  for (const [partition, end] of nexts) {
    const part = order.subarray(end - counts.get(partition)!, end);
    const isOrdered = part.every(
      (entry, index) => index === 0 || offsetOf(part[index - 1]!) < offsetOf(entry),
    );
    if (!isOrdered) part.sort((a, b) => offsetOf(a) - offsetOf(b) || compareAtOne(a, b));
  }
  return order;
}

/**
 * Attempts or rows, in an order that does not depend on which of a message's was kept: first those of messages with
 * only one, as they came; then all others, and those without a message, by the columns.
 */
export function* entriesOf<Name extends string>(
  { messages }: MessageCollector,
  ranks: HistoryMessages,
  kept: number,
  odd: Rows<Name | 'message'>,
  compare: (a: number, b: number) => number,
): Iterable<number> {
  const { count } = messages;
  const withOdd = new Set<number>();
  for (let row = 0; row < odd.count; row++) withOdd.add(odd.get('message', row));
  for (let message = 0; message < count; message++) {
    if (messages.has(message, kept) && !withOdd.has(message)) yield message;
  }
  withOdd.delete(none);
  const others = [...withOdd].filter((message) => messages.has(message, kept));
  const rest = Uint32Array.from({ length: others.length + odd.count }, (_, index) =>
    index < others.length ? others[index]! : count + index - others.length,
  );
  const rankOf = (entry: number): number =>
    ranks.rankOf(entry < count ? entry : odd.get('message', entry - count));
  rest.sort((a, b) => rankOf(a) - rankOf(b) || compare(a, b));
  yield* rest;
}
