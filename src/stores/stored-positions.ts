import { isOffset, isPartition } from '../workload/place.ts';

/** The next offsets of a topic in a store. */
export interface StoredPositions {
  /** By partition. */
  next: Map<number, number>;
  /** Sentences about values that are not valid next offsets, by the name of their partition. */
  odd: Map<string, string>;
}

/** Reads next offsets from the database's text: a value that is not an integer in range does not affect the others. */
export function readPositions(
  rows: Iterable<{ partition: string | null; next: string | null }>,
): StoredPositions {
  const next = new Map<number, number>();
  const odd = new Map<string, string>();
  for (const { partition, next: offset } of rows) {
    const number = integerIn(partition);
    const value = integerIn(offset);
    const name = partition ?? 'NULL';
    if (!isPartition(number))
      odd.set(name, `The store has a next offset of partition ${name}, which is not a partition.`);
    else if (!isOffset(value))
      odd.set(name, `The store's next offset of partition ${name} is ${offset ?? 'NULL'}.`);
    else if (next.has(number) && next.get(number) !== value)
      odd.set(name, `The store has two next offsets of partition ${name}.`);
    else next.set(number, value);
  }
  for (const name of odd.keys()) next.delete(Number(name));
  return { next, odd };
}

const integerIn = (text: string | null): number => (text !== null && /^\d+$/.test(text) ? Number(text) : NaN);
