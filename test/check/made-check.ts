/** A check's folder with facts of made-up records and rows, as a check of a topic and a sink would leave it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { laterFile, lookFile, recordsFile, type CheckRecord } from '../../src/check/check-record.ts';
import { LetterPlaces } from '../../src/check/dead-letters/letter-places.ts';
import { CategoryTable } from '../../src/check/facts/category-table.ts';
import { FactMaker } from '../../src/check/facts/fact-maker.ts';
import type { FactShape } from '../../src/check/facts/fact-format.ts';
import { FactWriter } from '../../src/check/facts/fact-writer.ts';
import type { Layout } from '../../src/check/facts/layout.ts';
import { judgeFacts, type JudgedFacts } from '../../src/check/judge-facts.ts';
import type { SingleFinding } from '../../src/result/verdict.ts';
import { recordCheck } from '../mutation/recorded-checks.ts';
import { ValueBatchBuilder, type ValueBatch } from '../../src/values/value-batch.ts';

export interface MadeRow {
  id: string | null;
  category: string | null;
  value: string | null;
  version?: string | null;
}

export interface MadeRecord extends MadeRow {
  partition: number;
  /** Of `factFlags`. */
  flags?: number;
  /** With several sinks: the label of the one in which it belongs; null: it names none. */
  route?: string | null;
}

export interface MadeCheck {
  records: readonly MadeRecord[];
  /** Beyond the range. */
  later?: readonly MadeRecord[];
  /** By look. */
  looks: readonly (readonly MadeRow[])[];
  /** Of a second sink, `2`, if records say in which they belong. */
  others?: readonly (readonly MadeRow[])[];
  /** The ids of dead letters that do not tell the place of their record. */
  letters?: readonly string[];
  /** The places of records with dead letters. */
  letterPlaces?: readonly (readonly [partition: number, offset: number])[];
  /** The consumer group's next offset of each partition. */
  committed?: readonly (number | null)[];
  /** The last stable offset of each partition. */
  stable?: readonly number[];
  /** The next offsets that the sink itself tells. */
  positions?: readonly [topic: number, partition: number, offset: number][];
  /** Why the sink may lack rows that were written. */
  holes?: readonly ('retention' | 'compaction')[];
  /** The sink is a topic: a row without a value removes its id. */
  isTopic?: boolean;
  rule?: CheckRecord['plan']['rule'];
  isWholeLife?: boolean;
  isVersioned?: boolean;
}

export interface WrittenCheck {
  path: string;
  record: CheckRecord;
  made: MadeCheck;
  buckets: number;
}

/** Writes the facts with so many buckets. Offsets count from 0 in each partition, in the order of the records. */
export function writeCheck(made: MadeCheck, buckets: number): WrittenCheck {
  const { records, looks, rule = 'once', isWholeLife = true, isVersioned = false, later = [] } = made;
  const { others, letters, letterPlaces = [], committed, stable, positions = [], holes = [] } = made;
  const { isTopic = false } = made;
  const labels = others === undefined ? ['1'] : ['1', '2'];
  const path = mkdtempSync(join(tmpdir(), 'nodrop-check-'));
  const shape: FactShape = { compared: 1, isVersioned, buckets };
  const topic = writeFacts(path, recordsFile, records, shape, false, labels);
  const tail = writeFacts(path, laterFile(1), later, shape, false, labels, topic.ends);
  const partitions = [...topic.ends].map(([partition, end]) => ({
    partition,
    start: 0,
    startAfter: 0,
    from: 0,
    to: end,
    end,
    reached: end,
    lastStableOffset: stable?.[partition] ?? end,
    committed: committed?.[partition] ?? null,
  }));
  const sinkOf = (label: string, sink: number, all: readonly (readonly MadeRow[])[]) => ({
    name: isTopic ? 'topic:copy' : 'postgres://localhost/orders',
    label,
    rows: 'rows',
    id: 'column:id',
    category: 'column:status',
    looks: all.map((rows, look) => {
      const file = lookFile(sink, look + 1);
      const { written, withoutId, categories } = writeFacts(path, file, rows, shape, isTopic);
      const [noSnapshot, told] = [
        null,
        { notes: [], holes: holes.map((by) => ({ by, text: by })), positions: [...positions], letters: [] },
      ];
      return { file, ...written, rows: rows.length, withoutId, categories, noSnapshot, ...told };
    }),
  });
  const record: CheckRecord = {
    schema: 1,
    id: 'made',
    bootstrapServers: 'localhost:9092',
    plan: {
      id: 'json:id',
      category: 'json:status',
      comparisons: ['json:value=column:value'],
      rule,
      ...(others !== undefined && { route: 'json:sink' }),
      ...(committed !== undefined && { group: 'app' }),
      ...(isVersioned && { version: 'json:version' }),
      drops: [],
      settleMs: 0,
    },
    forms: {},
    shape,
    topics: [{ name: 'orders', topicId: 'topic-1', compacted: false, partitions }],
    records: {
      ...topic.written,
      read: records.length,
      withoutId: topic.withoutId,
      notJson: 0,
      categories: topic.categories,
    },
    later: { file: laterFile(1), ...tail.written, isWhole: true, withoutId: tail.withoutId },
    sinks: [sinkOf('1', 0, looks), ...(others === undefined ? [] : [sinkOf('2', 1, others)])],
    ...((letters !== undefined || letterPlaces.length > 0) && {
      deadLetters: { name: 'topic:letters', letters: writeLetters(path, letters ?? [], letterPlaces, shape) },
    }),
    isWholeLife,
    isUndrained: false,
    notes: [],
    problems: [],
    createdAt: 0,
  };
  return { path, record, made, buckets };
}

/** Judges the facts. Findings come in the order of their texts, since buckets have no order of their own. */
export async function judgeCheck(
  written: WrittenCheck,
  judgeBy = judgeFacts,
): Promise<JudgedFacts & { found: SingleFinding[] }> {
  const { path, record } = written;
  const found: SingleFinding[] = [];
  const judged = await judgeBy(record, { path, onFinding: (finding) => found.push(finding) });
  const textOf = (finding: SingleFinding): string => JSON.stringify(finding);
  const outcome = { ...judged, found: found.sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1)) };
  recordCheck(written, outcome);
  return outcome;
}

const layout: Layout = {
  id: { column: 0, form: 'text' },
  category: { column: 1, form: 'text' },
  compared: [{ column: 2, form: 'text' }],
  version: undefined,
  drops: [],
  dropsTombstones: false,
  presence: undefined,
  route: undefined,
};
const versioned: Layout = { ...layout, version: { column: 3, form: 'number' } };

function writeFacts(
  path: string,
  file: string,
  rows: readonly (MadeRow | MadeRecord)[],
  shape: FactShape,
  isTopic = false,
  labels: readonly string[] = ['1'],
  begins: ReadonlyMap<number, number> = new Map(),
) {
  const categories = new CategoryTable(file);
  const writer = new FactWriter(join(path, file), shape);
  const of = { ...(shape.isVersioned ? versioned : layout), presence: isTopic ? 2 : undefined };
  const routed = { ...of, route: { column: 4, sinks: labels } };
  const maker = new FactMaker({
    layout: labels.length > 1 ? routed : of,
    writer,
    categories,
    topics: ['orders'],
    sample: 1,
  });
  const ends = new Map(begins);
  for (const row of rows) {
    if (!('partition' in row)) {
      maker.add(batchOf(row), 0);
      continue;
    }
    const { partition, flags = 0 } = row;
    const offset = ends.get(partition) ?? 0;
    ends.set(partition, offset + 1);
    maker.add(batchOf(row), 0, { topic: 0, number: partition, partition, offset, flags });
  }
  return { written: writer.close(), withoutId: maker.withoutId, categories: categories.names, ends };
}

function writeLetters(
  path: string,
  ids: readonly string[],
  told: NonNullable<MadeCheck['letterPlaces']>,
  shape: FactShape,
) {
  const rows = ids.map((id): MadeRow => ({ id, category: null, value: null }));
  const { written } = writeFacts(path, 'letters-1', rows, shape);
  const places = LetterPlaces.of(told.map(([partition, offset]) => [0, partition, offset]));
  places.write(join(path, 'letters-1.places'));
  const counts = { letters: ids.length + told.length, elsewhere: 0, unknown: 0, places: told.length };
  return { file: 'letters-1', ...written, ...counts, placesSum: '' };
}

const builder = new ValueBatchBuilder(5);

/** Valid until the next call. */
function batchOf(row: MadeRow | MadeRecord): ValueBatch {
  const route = 'partition' in row ? (row.route ?? null) : null;
  for (const text of [row.id, row.category, row.value, row.version ?? null, route]) {
    if (text === null) builder.addNull();
    else builder.addText(text);
  }
  return builder.take();
}
