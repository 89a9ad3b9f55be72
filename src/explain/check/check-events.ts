/** What the facts of a check say of one id: each record, each row of each look, and the group's commits. */
import type { CheckRecord } from '../../check/check-record.ts';
import type { BucketFacts } from '../../check/facts/fact-reader.ts';
import { factFlags } from '../../check/facts/fact-format.ts';
import { differencesText, shownComparisons, type ShownComparison } from '../../check/facts/shown-values.ts';
import { numberOf } from '../../check/partition-numbers.ts';
import {
  gap,
  limited,
  type PositionEvent,
  type RecordEvent,
  type SinkRowEvent,
  type TimelineEvent,
} from '../timeline.ts';

/** The facts of one id. */
export interface FactsOfId {
  id: string;
  records: BucketFacts;
  /** Those that came after the range. */
  later: BucketFacts;
  /** By sink, then by look, the first one first. */
  sinks: readonly (readonly BucketFacts[])[];
}

/** Those of the range first. */
export function recordEvents(check: CheckRecord, { id, records, later }: FactsOfId): RecordEvent[] {
  return [...eventsOfRecords(check, id, records, false), ...eventsOfRecords(check, id, later, true)];
}

function eventsOfRecords(
  { topics, records: read, plan }: CheckRecord,
  id: string,
  records: BucketFacts,
  isLater: boolean,
): RecordEvent[] {
  const numbers = new Map(
    topics.flatMap(({ name, partitions }, topic) =>
      partitions.map(({ partition }) => [numberOf(topic, partition), { topic: name, partition }] as const),
    ),
  );
  return indexesOf(records)
    .map((fact): RecordEvent => {
      const flags = records.flags(fact);
      return {
        hop: 'record',
        time: null,
        id,
        ...numbers.get(records.partition(fact))!,
        offset: records.offset(fact),
        category: plan.category === undefined ? null : categoryOf(records, fact, read.categories),
        isAborted: (flags & factFlags.aborted) !== 0,
        isCrcBad: (flags & factFlags.crcBad) !== 0,
        isTombstone: (flags & factFlags.tombstone) !== 0,
        isDropped: (flags & factFlags.dropped) !== 0,
        isLater,
      };
    })
    .sort((a, b) =>
      a.topic === b.topic ? a.partition - b.partition || a.offset - b.offset : a.topic < b.topic ? -1 : 1,
    );
}

/** The rows of each look at each sink, or that it had none. */
export function rowEvents(record: CheckRecord, facts: FactsOfId): TimelineEvent[] {
  return facts.sinks.flatMap((looks, index) =>
    looks.flatMap((rows, look) => eventsOfRows(record, facts, { index, look, rows })),
  );
}

function eventsOfRows(
  check: CheckRecord,
  { id, records }: FactsOfId,
  { index, look, rows }: { index: number; look: number; rows: BucketFacts },
): TimelineEvent[] {
  const { plan, records: read, sinks } = check;
  const comparisons = shownComparisons(check);
  const { label, looks } = sinks[index]!;
  const sink = sinks.length === 1 ? null : label;
  const at = { sink, look: look + 1 };
  if (rows.count === 0) {
    return [gap.nothing('sink-row', `${sink === null ? '' : `${sink}, `}look ${at.look}: no row of it`)];
  }
  const events = indexesOf(rows).map((row): SinkRowEvent => {
    const category = plan.category === undefined ? null : categoryOf(rows, row, looks[look]!.categories);
    const differs = differencesOf({ plan, read, records, comparisons }, rows, row, category);
    return { hop: 'sink-row', time: null, id, ...at, category, differs };
  });
  return limited('sink-row', events);
}

/** Only a check that names a group knows what the group has committed. */
export function commitEvents({ topics }: CheckRecord, records: readonly RecordEvent[]): PositionEvent[] {
  const highest = new Map<string, RecordEvent>();
  for (const event of records) highest.set(`${event.topic} ${event.partition}`, event);
  return [...highest.values()].flatMap(({ topic, partition, offset }): PositionEvent[] => {
    const known = topics.find(({ name }) => name === topic)?.partitions;
    const next = known?.find((each) => each.partition === partition)?.committed ?? null;
    return next === null
      ? []
      : [{ hop: 'commit', time: null, partition, offset, next, isPast: next > offset }];
  });
}

/** How a row differs from the record of its id that is most like it. A row without such a record differs from nothing. */
function differencesOf(
  {
    plan,
    read,
    records,
    comparisons,
  }: {
    plan: CheckRecord['plan'];
    read: CheckRecord['records'];
    records: BucketFacts;
    comparisons: readonly ShownComparison[];
  },
  rows: BucketFacts,
  row: number,
  category: string | null,
): string[] {
  const committed = indexesOf(records).filter((fact) => !(records.flags(fact) & factFlags.aborted));
  const all = committed.map((fact) => {
    const bits = records.differences(fact, rows, row);
    const values = differencesText(comparisons, bits, { records, record: fact, rows, row });
    if (plan.category === undefined) return values;
    const due = categoryOf(records, fact, read.categories);
    if (due === null || due === category) return values;
    return [`category ${category ?? 'not told'} instead of ${due}`, ...values];
  });
  return all.reduce((least, each) => (each.length < least.length ? each : least), all[0] ?? []);
}

/** null if it is not told. */
const categoryOf = (facts: BucketFacts, fact: number, names: readonly string[]): string | null =>
  facts.flags(fact) & factFlags.uncategorised ? null : (names[facts.category(fact)] ?? null);

const indexesOf = ({ count }: BucketFacts): number[] => Array.from({ length: count }, (_, fact) => fact);
