/** What the consumers' journals say about places in the log: delivered, written, refused, skipped. */
import { rowCodes, type OffsetRange } from '../run-folder/journal/journal-format.ts';
import type { JournalEntry } from '../run-folder/journal/journal-reader.ts';
import type { Place } from '../workload/place.ts';
import {
  gap,
  limited,
  type DeliveryEvent,
  type GapEvent,
  type RefusedEvent,
  type WrittenEvent,
} from './timeline.ts';
import { entriesOf, journalsOf, type JournaledStore } from '../run-folder/journal/journals.ts';
import type { PlaceSet } from './place-set.ts';

type JournalEvent = DeliveryEvent | WrittenEvent | RefusedEvent;

/** In the order of their times. Each consumer's entries are in order; those of several are ordered by their clocks. */
export async function journalEvents(
  subject: JournaledStore,
  places: PlaceSet,
): Promise<(JournalEvent | GapEvent)[]> {
  const { journals, problems } = await journalsOf(subject);
  const gaps = problems.map((problem) => gap.missing('delivery', problem));
  const events: JournalEvent[] = [];
  const report = (problem: string): void => void gaps.push(gap.missing('delivery', problem));
  for (const { journal, entry, categories } of entriesOf(journals, report)) {
    for (const event of eventsOf(entry, journal.number, categories, places)) events.push(event);
  }
  events.sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
  countDeliveries(events);
  if (journals.length === 0 && gaps.length === 0) {
    gaps.push(gap.missing('delivery', 'no consumer kept a journal for this store'));
  } else if (gaps.length === 0) {
    gaps.push(...silence(events, places));
  }
  return [...limited('delivery', events), ...gaps];
}

function silence(events: readonly JournalEvent[], places: PlaceSet): GapEvent[] {
  const [place] = places;
  if (place === undefined) return [gap.nothing('delivery', 'no place in the log to look for')];
  return [
    ...(events.some(({ hop }) => hop === 'delivery')
      ? []
      : [gap.nothing('delivery', 'no journal says that it was delivered')]),
    ...(events.some(({ hop }) => hop !== 'delivery')
      ? []
      : [gap.nothing('written', 'no journal says that it was written, or not')]),
  ];
}

function* eventsOf(
  entry: JournalEntry,
  consumer: number,
  categories: readonly string[],
  places: PlaceSet,
): Generator<JournalEvent> {
  const at = { time: entry.timeMs, consumer };
  if (entry.type === 'delivered') {
    const { epoch } = entry;
    for (const place of placesIn(entry.ranges, places))
      yield { hop: 'delivery', ...at, ...place, epoch, count: 1 };
    return;
  }
  if (entry.type === 'refused' || entry.type === 'skipped') {
    for (const place of placesIn(entry.ranges, places)) yield { hop: entry.type, ...at, ...place };
    return;
  }
  const told: Place[] = [];
  for (const { partition, first, codes } of entry.spans) {
    for (const place of places.within(partition, first, first + codes.length)) {
      const code = codes[place.offset - first]!;
      if (code === rowCodes.noRow) continue;
      told.push(place);
      yield { hop: 'written', ...at, ...place, category: categoryOf(code, categories) };
    }
  }
  for (const place of placesIn(entry.ranges, places)) {
    if (told.some(({ partition, offset }) => partition === place.partition && offset === place.offset))
      continue;
    yield { hop: 'written', ...at, ...place, category: null };
  }
}

function* placesIn(ranges: readonly OffsetRange[], places: PlaceSet): Generator<Place> {
  for (const { partition, first, end } of ranges) yield* places.within(partition, first, end);
}

const categoryOf = (code: number, categories: readonly string[]): string =>
  code === rowCodes.deadLetter ? 'dead-letters' : (categories[code] ?? `category ${code}`);

function countDeliveries(events: readonly JournalEvent[]): void {
  const counts = new Map<string, number>();
  for (const event of events) {
    if (event.hop !== 'delivery') continue;
    const place = `${event.partition}:${event.offset}`;
    event.count = (counts.get(place) ?? 0) + 1;
    counts.set(place, event.count);
  }
}
