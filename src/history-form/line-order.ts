/**
 * In which order the lines of a hop are judged. An entry below the count of the messages stands for what is
 * kept of that message; one above it for a line of its own.
 */
import { none } from '../history.ts';
import type { HistoryMessages } from './history-messages.ts';
import { bits } from './message-columns.ts';
import type { MessageCollector } from './message-collector.ts';
import type { Rows } from './odd-lines.ts';

/** The records, by partition and offset. */
export function recordOrder({ messages, records }: MessageCollector, ranks: HistoryMessages): Uint32Array {
  const { count } = messages;
  const partitionOf = (entry: number): number =>
    entry < count ? messages.partition.get(entry) : records.get('partition', entry - count);
  const offsetOf = (entry: number): number =>
    entry < count ? messages.offset.get(entry) : records.get('offset', entry - count);
  const messageOf = (entry: number): number =>
    entry < count ? entry : records.get('message', entry - count);
  const digestOf = (entry: number): number =>
    entry < count ? messages.digest.get(entry) : records.get('digest', entry - count);
  // Two records at one offset contradict each other: equal ones beside each other.
  const compare = (a: number, b: number): number =>
    offsetOf(a) - offsetOf(b) ||
    ranks.rankOf(messageOf(a)) - ranks.rankOf(messageOf(b)) ||
    digestOf(a) - digestOf(b);
  const order = byPartition(messages, records.count, partitionOf);
  for (const { from, to } of order.parts) {
    const part = order.entries.subarray(from, to);
    let isOrdered = true;
    for (let index = 1; index < part.length && isOrdered; index++) {
      isOrdered = offsetOf(part[index - 1]!) < offsetOf(part[index]!);
    }
    if (!isOrdered) part.sort(compare);
  }
  return order.entries;
}

interface Parts {
  entries: Uint32Array;
  parts: { from: number; to: number }[];
}

/** All entries, as they came, but one partition after the other. */
function byPartition(
  messages: MessageCollector['messages'],
  oddCount: number,
  partitionOf: (entry: number) => number,
): Parts {
  const counts = new Map<number, number>();
  let total = 0;
  const each = (take: (entry: number, partition: number) => void): void => {
    for (let entry = 0; entry < messages.count + oddCount; entry++) {
      if (entry >= messages.count || messages.has(entry, bits.logged)) take(entry, partitionOf(entry));
    }
  };
  each((_, partition) => {
    counts.set(partition, (counts.get(partition) ?? 0) + 1);
    total += 1;
  });
  const next = new Map<number, number>();
  const parts: Parts['parts'] = [];
  let from = 0;
  for (const [partition, count] of [...counts].sort(([a], [b]) => a - b)) {
    next.set(partition, from);
    parts.push({ from, to: (from += count) });
  }
  const entries = new Uint32Array(total);
  each((entry, partition) => {
    const at = next.get(partition)!;
    entries[at] = entry;
    next.set(partition, at + 1);
  });
  return { entries, parts };
}

/**
 * Attempts or rows, in an order that does not depend on which of a message's was kept: those of messages with
 * one, as they came; then those of the others, and of none, by the columns.
 */
export function* entriesOf<Name extends string>(
  { messages }: MessageCollector,
  ranks: HistoryMessages,
  kept: number,
  odd: Rows<Name | 'message'>,
  values: ((entry: number) => number)[],
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
  rest.sort((a, b) => {
    for (const value of [rankOf, ...values]) {
      const difference = value(a) - value(b);
      if (difference !== 0) return difference;
    }
    return 0;
  });
  yield* rest;
}
