/** Judges the facts of a check, bucket by bucket. */
import type { Evidence, LogRange, Topics } from '../audit/evidence.ts';
import { auditParts } from '../audit/judge/audit.ts';
import type { Audit, Cause, SingleFinding } from '../result/verdict.ts';
import { plural } from '../text/counted.ts';
import type { CheckRecord } from './check-record.ts';
import { recordsFile } from './check-record.ts';
import { BucketEvidence } from './evidence/bucket-evidence.ts';
import { IdentityTally } from './evidence/identity-tally.ts';
import type { FactShape } from './facts/fact-format.ts';
import { BucketFacts, ChunkReader } from './facts/fact-reader.ts';

export interface JudgeOptions {
  /** The folder with the facts. */
  path: string;
  allowed?: readonly Cause[];
  signal?: AbortSignal | undefined;
  onFinding?: (finding: SingleFinding) => void;
  /** Called after each bucket. */
  onBucket?: (done: number, of: number) => void;
}

export interface JudgedFacts {
  audit: Audit;
  tally: IdentityTally;
}

const partitionsOfTopicMax = 1_000_000;

/** The number of a partition in the evidence: Kafka's, if there is one topic. */
export const numberOf = (topic: number, partition: number): number =>
  topic * partitionsOfTopicMax + partition;

const noCategoryName = '(none)';
const onlyCategory = 'rows';

export async function judgeFacts(record: CheckRecord, options: JudgeOptions): Promise<JudgedFacts> {
  const { path, allowed, signal, onFinding, onBucket } = options;
  const { shape, sink } = record;
  const tally = new IdentityTally();
  const records = new FactFiles(path, recordsFile, shape);
  // The last look counts; the others only show that a row was there.
  const looks = sink.looks.map(({ file }) => new FactFiles(path, file, shape)).toReversed();
  try {
    const known = categoriesOf(record);
    const run = runEvidence(record, known.categories);
    async function* parts(): AsyncIterable<Evidence> {
      for (let bucket = 0; bucket < shape.buckets; bucket++) {
        signal?.throwIfAborted();
        const part = new BucketEvidence({
          records: records.read(bucket),
          looks: looks.map((look) => look.read(bucket)),
          ...known,
          comparisons: record.plan.comparisons,
          tally,
        });
        yield {
          ...run,
          messages: part.messages,
          ledger: { whole: true, batches: () => part.attempts() },
          log: { ...run.log, batches: () => part.log() },
          store: { whole: true, positions: new Map(), batches: () => part.rows() },
        };
        onBucket?.(bucket + 1, shape.buckets);
        // So that a signal can be heard, and progress be shown.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const audit = await auditParts(parts(), { ...(allowed && { allowed }), ...(onFinding && { onFinding }) });
    return { audit: withIdentity(audit, record, tally), tally };
  } finally {
    records.close();
    for (const look of looks) look.close();
  }
}

/** Both files of a hop, by bucket. */
class FactFiles {
  readonly #facts: ChunkReader;
  readonly #ids: ChunkReader;
  readonly #shape: FactShape;

  constructor(path: string, file: string, shape: FactShape) {
    this.#shape = shape;
    this.#facts = new ChunkReader(`${path}/${file}.facts`, shape.buckets);
    this.#ids = new ChunkReader(`${path}/${file}.ids`, shape.buckets);
  }

  read(bucket: number): BucketFacts {
    return new BucketFacts(this.#facts.read(bucket), this.#shape, () => this.#ids.read(bucket));
  }

  close(): void {
    this.#facts.close();
    this.#ids.close();
  }
}

interface KnownCategories {
  categories: readonly string[];
  recordCategories: readonly number[];
  lookCategories: readonly (readonly number[])[];
  noCategory: number;
}

function categoriesOf({ plan, records, sink }: CheckRecord): KnownCategories {
  const looks = sink.looks.toReversed();
  if (plan.category === undefined) {
    return {
      categories: [onlyCategory],
      recordCategories: [0],
      lookCategories: looks.map(() => [0]),
      noCategory: 0,
    };
  }
  const categories = [
    ...new Set([...records.categories, ...looks.flatMap((look) => look.categories).sort(), noCategoryName]),
  ];
  const indexes = new Map(categories.map((name, index) => [name, index]));
  const numbers = (names: readonly string[]): number[] => names.map((name) => indexes.get(name)!);
  return {
    categories,
    recordCategories: numbers(records.categories),
    lookCategories: looks.map((look) => numbers(look.categories)),
    noCategory: indexes.get(noCategoryName)!,
  };
}

type RunEvidence = Omit<Evidence, 'messages' | 'ledger' | 'log' | 'store'> & {
  log: Omit<Evidence['log'], 'batches'>;
};

function runEvidence(record: CheckRecord, categories: readonly string[]): RunEvidence {
  const { topics, plan } = record;
  const ranges: LogRange[] = [];
  const commits = new Map<number, number>();
  for (const [topic, { partitions }] of topics.entries()) {
    for (const { partition, from, to, lastStableOffset, committed } of partitions) {
      const number = numberOf(topic, partition);
      // Compaction and retention do not matter: the messages are the records that are there.
      const range: LogRange = { partition: number, start: from, end: to, base: from, compacted: false };
      if (lastStableOffset < to) range.stableEnd = Math.max(from, lastStableOffset);
      ranges.push(range);
      if (record.isUndrained) commits.set(number, Math.min(from, committed ?? from));
      else if (committed !== null) commits.set(number, committed);
    }
  }
  const isPositioned = record.isUndrained || plan.group !== undefined;
  return {
    run: record.id,
    root: 'log',
    categories,
    ...(topics.length > 1 && { topics: topicNames(topics.map(({ name }) => name)) }),
    plan: { whole: true },
    log: {
      whole: true,
      ranges,
      hasAllRanges: true,
      isKeyed: false,
      isFinal: false,
      isWholeLife: record.isWholeLife,
    },
    ...(isPositioned && { commits }),
    interruptions: record.problems,
  };
}

const topicNames = (names: readonly string[]): Topics => ({
  numberOf: (partition) => Math.floor(partition / partitionsOfTopicMax),
  nameOf: (partition) => ({
    topic: names[Math.floor(partition / partitionsOfTopicMax)]!,
    partition: partition % partitionsOfTopicMax,
  }),
});

/** Adds what could not be judged for want of an id or a category. */
function withIdentity(audit: Audit, { records, sink, plan }: CheckRecord, tally: IdentityTally): Audit {
  const open: string[] = [];
  const { nameless, uncategorised } = tally;
  if (nameless > 0) {
    const first = records.firstWithoutId === undefined ? '' : `, the first at ${records.firstWithoutId}`;
    open.push(`${nameless} ${plural(nameless, 'record')} without an id at ${plan.id}${first}: not judged.`);
  }
  const { withoutId } = sink.looks.at(-1)!;
  if (withoutId > 0) {
    open.push(
      `${withoutId} ${withoutId === 1 ? 'row' : 'rows'} of the sink without an id at ${plan.sinkId}: not judged.`,
    );
  }
  if (uncategorised > 0) {
    open.push(
      `${uncategorised} ${plural(uncategorised, 'record')} without a category at ${plan.category}: its category was not judged.`,
    );
  }
  const verdict = audit.verdict === 'pass' && open.length > 0 ? 'inconclusive' : audit.verdict;
  const minor = sink.looks.at(-1)!.noSnapshot;
  return {
    ...audit,
    verdict,
    notChecked: [...open, ...audit.notChecked, ...(minor === null ? [] : [minor])],
  };
}
