/** A check's folder with facts of made-up records and rows, as a check of a topic and a sink would leave it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { laterFile, lookFile, recordsFile, type CheckRecord } from '../../src/check/check-record.ts';
import { CategoryTable } from '../../src/check/facts/category-table.ts';
import { FactMaker } from '../../src/check/facts/fact-maker.ts';
import type { FactShape } from '../../src/check/facts/fact-format.ts';
import { FactWriter } from '../../src/check/facts/fact-writer.ts';
import type { Layout } from '../../src/check/facts/layout.ts';
import { judgeFacts, type JudgedFacts } from '../../src/check/judge-facts.ts';
import type { SingleFinding } from '../../src/result/verdict.ts';
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
}

export interface MadeCheck {
  records: readonly MadeRecord[];
  /** Beyond the range. */
  later?: readonly MadeRecord[];
  /** By look. */
  looks: readonly (readonly MadeRow[])[];
  rule?: CheckRecord['plan']['rule'];
  isWholeLife?: boolean;
  isVersioned?: boolean;
}

export interface WrittenCheck {
  path: string;
  record: CheckRecord;
}

/** Writes the facts with so many buckets. Offsets count from 0 in each partition, in the order of the records. */
export function writeCheck(made: MadeCheck, buckets: number): WrittenCheck {
  const { records, looks, rule = 'once', isWholeLife = true, isVersioned = false, later = [] } = made;
  const path = mkdtempSync(join(tmpdir(), 'nodrop-check-'));
  const shape: FactShape = { compared: 1, isVersioned, buckets };
  const topic = writeFacts(path, recordsFile, records, shape);
  const tail = writeFacts(path, laterFile(1), later, shape);
  const partitions = [...topic.ends].map(([partition, end]) => ({
    partition,
    start: 0,
    startAfter: 0,
    from: 0,
    to: end,
    end,
    reached: end,
    lastStableOffset: end,
    committed: null,
  }));
  const record: CheckRecord = {
    schema: 1,
    id: 'made',
    bootstrapServers: 'localhost:9092',
    plan: {
      id: 'json:id',
      category: 'json:status',
      comparisons: ['json:value=column:value'],
      rule,
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
    sinks: [
      {
        name: 'postgres://localhost/orders',
        label: '1',
        rows: 'rows',
        id: 'column:id',
        category: 'column:status',
        looks: looks.map((rows, look) => {
          const file = lookFile(0, look + 1);
          const { written, withoutId, categories } = writeFacts(path, file, rows, shape);
          return {
            file,
            ...written,
            rows: rows.length,
            withoutId,
            categories,
            noSnapshot: null,
            notes: [],
            holes: [],
            positions: [],
            letters: [],
          };
        }),
      },
    ],
    isWholeLife,
    isUndrained: false,
    notes: [],
    problems: [],
    createdAt: 0,
  };
  return { path, record };
}

/** Judges the facts. Findings come in the order of their texts, since buckets have no order of their own. */
export async function judgeCheck({
  path,
  record,
}: WrittenCheck): Promise<JudgedFacts & { found: SingleFinding[] }> {
  const found: SingleFinding[] = [];
  const judged = await judgeFacts(record, { path, onFinding: (finding) => found.push(finding) });
  const textOf = (finding: SingleFinding): string => JSON.stringify(finding);
  return { ...judged, found: found.sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1)) };
}

const layout: Layout = {
  id: { column: 0, form: 'text' },
  category: { column: 1, form: 'text' },
  compared: [{ column: 2, form: 'text' }],
  version: undefined,
  drops: [],
  route: undefined,
};
const versioned: Layout = { ...layout, version: { column: 3, form: 'number' } };

function writeFacts(path: string, file: string, rows: readonly (MadeRow | MadeRecord)[], shape: FactShape) {
  const categories = new CategoryTable(file);
  const writer = new FactWriter(join(path, file), shape);
  const maker = new FactMaker({
    layout: shape.isVersioned ? versioned : layout,
    writer,
    categories,
    topics: ['orders'],
    sample: 1,
  });
  const ends = new Map<number, number>();
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

function batchOf({ id, category, value, version = null }: MadeRow): ValueBatch {
  const builder = new ValueBatchBuilder(4);
  for (const text of [id, category, value, version]) {
    if (text === null) builder.addNull();
    else builder.addText(text);
  }
  return builder.take();
}
