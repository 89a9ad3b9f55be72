/** Reads the consumer's journal: its deliveries and its writes. */
import { categoryUntold, untold, type Evidence, type WrittenBatch } from '../evidence.ts';
import { none, type Place } from '../../workload/place.ts';
import { BitSet } from '../bit-set.ts';
import type { Partitions } from './partitions.ts';
import { distinct, hasPlace, standsAtOneOf, type JudgedRow, type Trail, type Written } from './trail.ts';
import type { Trails } from './trails.ts';

/** To be called before ledger and log are read, so that deliveries of their messages can be counted. */
export function readDeliveries({ deliveries }: Evidence, partitions: Partitions): void {
  for (const { count, partition, first, end } of deliveries?.batches() ?? []) {
    for (let row = 0; row < count; row++)
      partitions.of(partition[row]!).delivered.add(first[row]!, end[row]!);
  }
}

/**
 * The writes in the journal. A plain message needs only a bit: whether it was written. For an unusual one, all entries
 * are kept. Ledger, log and store must have been read before.
 */
export class WrittenJournal {
  /** Whether it has entries without a message. */
  hasNameless = false;
  /** Whether it has any entry. */
  isRead = false;
  readonly #partitions: Partitions;
  readonly #hasBeyondEnd: boolean;
  /** Messages that it names at their own place. */
  readonly #named = new BitSet();
  /** Entries with an id, for messages that need more than a bit. */
  readonly #ofMessage = new Map<number, Written[]>();

  constructor({ written }: Evidence, trails: Trails, partitions: Partitions) {
    this.#partitions = partitions;
    this.#hasBeyondEnd = partitions.all.some(({ beyondEnd }) => beyondEnd.size > 0);
    if (written === undefined) return;
    for (const { acks, records, rows } of trails.unusualTrails().values()) {
      for (const place of [...acks, ...records, ...rows].filter(hasPlace)) {
        partitions.of(place.partition).writtenAt.set(place.offset, []);
      }
    }
    for (const batch of written.batches()) {
      for (let row = 0; row < batch.count; row++) this.#add(batch, row, trails);
    }
  }

  /** The entries of a message, by its id or by its known places. */
  of(message: number, { acks, records, rows }: Trail): Written[] {
    const own = [...acks, ...records];
    const places = distinct([...own, ...rows].filter(hasPlace));
    const categoriesAt = categoriesByPlace(rows);
    return [
      ...(this.#ofMessage.get(message) ?? []),
      ...(this.#named.has(message) ? places.map(writtenAt) : []),
      ...places.flatMap((place) => this.#writesAt(place, standsAtOneOf(place, own), categoriesAt)),
    ];
  }

  /**
   * Entries without an id at a place. If another message has the place, they belong to that one, even if a row says
   * something else now. If only a row names the place, an entry of another category does not belong to this message.
   */
  #writesAt(place: Place, isOwn: boolean, categoriesAt: ReturnType<typeof categoriesByPlace>): Written[] {
    const writes = this.#namelessAt(place);
    if (isOwn || writes.length === 0) return writes;
    const { acked, recorded } = this.#partitions.of(place.partition);
    if (acked.has(place.offset) || recorded.has(place.offset)) return [];
    const there = categoriesAt(place);
    return writes.filter(({ category }) => category === categoryUntold || there.has(category));
  }

  /** Whether the journal has a write of the message, whose known places these are. */
  hasWritten(message: number, places: readonly Place[]): boolean {
    if (this.names(message)) return true;
    return places.some(
      (place) => hasPlace(place) && this.#partitions.of(place.partition).written.has(place.offset),
    );
  }

  names(message: number): boolean {
    return this.#named.has(message) || this.#ofMessage.has(message);
  }

  #add(
    { message: messages, partition, offset, category, content }: WrittenBatch,
    row: number,
    trails: Trails,
  ) {
    const message = messages[row]!;
    const place = { partition: partition[row]!, offset: offset[row]! };
    if (this.#hasBeyondEnd) this.#noteBeyondEnd(place);
    this.isRead = true;
    const entry = { ...place, category: category[row]!, content: content[row]! };
    if (message === none) {
      this.hasNameless = true;
      const { written, writtenAt: details } = this.#partitions.of(place.partition);
      written.add(place.offset);
      details.get(place.offset)?.push(entry);
    } else if (trails.isPlainAt(message, place.partition, place.offset)) {
      this.#named.add(message);
    } else if (!trails.isPlainlyStored(message)) {
      const known = this.#ofMessage.get(message);
      if (known === undefined) this.#ofMessage.set(message, [entry]);
      else known.push(entry);
    }
  }

  #noteBeyondEnd({ partition, offset }: Place): void {
    const { beyondEnd } = this.#partitions.of(partition);
    if (beyondEnd.has(offset)) beyondEnd.set(offset, true);
  }

  #namelessAt(place: Place): Written[] {
    const { written, writtenAt: details } = this.#partitions.of(place.partition);
    if (!written.has(place.offset)) return [];
    return details.get(place.offset) ?? [writtenAt(place)];
  }
}

/** The categories of the rows at a place. */
function categoriesByPlace(rows: readonly JudgedRow[]): (place: Place) => ReadonlySet<number> {
  const keyOf = ({ partition, offset }: Place): string => `${partition}:${offset}`;
  let known: Map<string, Set<number>> | undefined;
  return (place) => {
    if (known === undefined) {
      known = new Map();
      for (const row of rows) {
        const categories = known.get(keyOf(row));
        if (categories === undefined) known.set(keyOf(row), new Set([row.category]));
        else categories.add(row.category);
      }
    }
    return known.get(keyOf(place)) ?? new Set();
  };
}

const writtenAt = ({ partition, offset }: Place): Written => ({
  partition,
  offset,
  category: categoryUntold,
  content: untold,
});
