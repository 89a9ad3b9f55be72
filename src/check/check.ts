/**
 * Checks whether all records of a topic are in a sink. Nothing is written but the folder of the check: no group is joined
 * on the cluster, and the sink is only read.
 *
 * The end of each topic is fixed first. Then topic and sink are read at the same time, and last what came to the topic
 * meanwhile, since the sink may have rows of that. If something seems wrong, the sink is read again, `settle` later: what
 * was there in either look is not lost.
 */
import { statfs } from 'node:fs/promises';
import { unavailableError } from '../errors.ts';
import { clientFromSettings } from '../kafka/client/client-from-settings.ts';
import { openCluster, type Cluster } from '../kafka/client/cluster.ts';
import type { AdminAccess } from '../kafka/client/topics.ts';
import type { Audit, Cause } from '../result/verdict.ts';
import { Deadline } from '../system/deadline.ts';
import { writeWhole } from '../system/write-whole.ts';
import { FindingsFile } from '../run-folder/findings-file.ts';
import { sealText } from '../run-folder/seal.ts';
import { formOf, formWords, type Form } from '../values/normal-form.ts';
import { RecordValues } from '../values/record-values.ts';
import { KindsOfRecords, sampleRecords } from '../values/sample-records.ts';
import type { ValueKind } from '../values/value-batch.ts';
import { lookFile, recordsFile, type CheckRecord, type LookRecord } from './check-record.ts';
import { CategoryTable } from './facts/category-table.ts';
import { FactMaker } from './facts/fact-maker.ts';
import { factBytes, factFlags, FactWriter, type FactShape } from './facts/fact-file.ts';
import { freezeTopic, isWholeLife, type FrozenTopic } from './freeze.ts';
import { waitForGroup, type Commits } from './group-drain.ts';
import { judgeFacts, numberOf, type JudgedFacts } from './judge-facts.ts';
import { bindPlaces, recordLayout, rowLayout, type BoundPlaces, type Forms } from './places.ts';
import type { CheckPlan } from './plan.ts';
import { readRecords, type ReadOptions, type ReadRecords } from './record-reader.ts';
import { ThreadedSink } from './sink/threaded-sink.ts';

export interface CheckWatcher {
  status(text: string): void;
  progress(label: string, done: number, total: number | undefined): void;
}

export interface CheckOptions {
  id: string;
  /** The folder of the check, which exists. */
  path: string;
  plan: CheckPlan;
  allowed: readonly Cause[];
  signal: AbortSignal;
  watcher: CheckWatcher;
}

export interface Checked extends JudgedFacts {
  record: CheckRecord;
  /** Why the file of findings is not complete. */
  unwritten: string | undefined;
}

/** About how many facts of a hop are judged at a time. */
const bucketFacts = 250_000;
const bucketsMax = 512;
const idBytesGuess = 40;

/** Throws `usage`, `unavailable`, or the signal's reason. */
export async function check(options: CheckOptions): Promise<Checked> {
  const { plan, signal, watcher } = options;
  const { bootstrapServers, timeoutMs } = plan;
  const places = bindPlaces(plan);
  const values = new RecordValues(places.record, places.optionOf);
  const access = { bootstrapServers, client: clientFromSettings(plan.settings), timeoutMs, signal };
  await using cluster = await openCluster({ ...access, clientId: 'nodrop-check' });
  const topics: FrozenTopic[] = [];
  for (const name of plan.topics) topics.push(await freezeTopic(cluster, access, name, plan));
  const expected: { rows?: number | undefined } = {};
  await using sink = await ThreadedSink.open(
    {
      ...plan.sink,
      kafka: { bootstrapServers, settings: plan.settings },
      timeoutMs,
      asOf: new Date(),
      signal,
    },
    (rows) => watcher.progress('sink', rows, expected.rows),
  );
  const { kinds, estimate } = await sink.begin(places.row);
  expected.rows = estimate;
  const forms = await chooseForms({ plan, places, values, cluster, topics, signal }, kinds);
  const records = recordsOf(topics);
  const sample = plan.sample === undefined ? 1 : Math.min(1, plan.sample / Math.max(1, records));
  const shape = shapeOf(plan, Math.max(records, estimate ?? records) * sample);
  await refuseFullDisk(options.path, (records + (estimate ?? records)) * sample, shape);
  const course = new Course(options, { access, cluster, topics, sink, places, values, forms, shape, sample });
  return await course.run();
}

const recordsOf = (topics: readonly FrozenTopic[]): number =>
  topics.flatMap(({ partitions }) => partitions).reduce((sum, { from, to }) => sum + to - from, 0);

/** Decides in which form each pair of values is compared, by what a sample of the records has. */
async function chooseForms(
  {
    plan,
    places,
    values,
    cluster,
    topics,
    signal,
  }: {
    plan: CheckPlan;
    places: BoundPlaces;
    values: RecordValues;
    cluster: Cluster;
    topics: readonly FrozenTopic[];
    signal: AbortSignal;
  },
  rowKinds: readonly ValueKind[],
): Promise<Forms> {
  const sampled = new KindsOfRecords(places.record, values);
  for (const { name, partitions } of topics) {
    const ranges = partitions.map(({ partition, from, to }) => ({ partition, start: from, end: to }));
    const deadline = new Deadline(plan.timeoutMs, signal);
    await sampleRecords(cluster, name, ranges, deadline, (batch, i) => sampled.look(batch, i));
  }
  const recordKinds = sampled.kinds();
  const formAt = ({ record, row }: { record: number; row: number | undefined }): Form =>
    formOf(recordKinds[record]!, row === undefined ? 'json' : rowKinds[row]!);
  const version = places.version === undefined ? 'number' : formAt(places.version);
  return {
    id: places.id === undefined ? 'text' : formAt(places.id),
    compared: places.compared.map(formAt),
    version: version === 'time' ? 'time' : 'number',
  };
}

const shapeOf = (plan: CheckPlan, facts: number): FactShape => ({
  compared: plan.comparisons.length,
  isVersioned: plan.version !== undefined,
  buckets: Math.max(1, Math.min(bucketsMax, Math.ceil(facts / bucketFacts))),
});

async function refuseFullDisk(path: string, facts: number, shape: FactShape): Promise<void> {
  const needed = facts * (factBytes(shape) + idBytesGuess);
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  if (needed <= free) return;
  const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
  throw unavailableError(
    `The evidence takes about ${megabytes(needed)}, and ${path} has ${megabytes(free)} left.`,
    {
      hint: 'Name another folder with --dir, or a part of the topic with --from and --to.',
    },
  );
}

interface Parts {
  access: AdminAccess;
  cluster: Cluster;
  topics: readonly FrozenTopic[];
  sink: ThreadedSink;
  places: BoundPlaces;
  values: RecordValues;
  forms: Forms;
  shape: FactShape;
  sample: number;
}

class Course {
  readonly #options: CheckOptions;
  readonly #parts: Parts;
  readonly #looks: LookRecord[] = [];
  #lookedAt = 0;
  #records = 0;

  constructor(options: CheckOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
  }

  async run(): Promise<Checked> {
    const { plan, watcher, path } = this.#options;
    const read = await this.#readAll();
    watcher.status('judging');
    const record = { ...read, sink: { ...read.sink, looks: this.#looks } };
    let judged = await this.#judge(record);
    const deadline = new Deadline(plan.timeoutMs, this.#options.signal);
    while (isSuspect(judged.audit)) {
      if (deadline.hasPassed) {
        record.isUndrained = true;
        judged = await this.#judge(record);
        break;
      }
      const before = standing(judged.audit);
      await this.#lookAgain();
      judged = await this.#judge(record);
      if (standing(judged.audit) === before) break;
    }
    const text = `${JSON.stringify(record, null, 2)}\n`;
    writeWhole(`${path}/check.json`, text);
    sealText(`${path}/check.json`, text);
    return { record, ...judged };
  }

  /** Reads topics and sink once. */
  async #readAll(): Promise<CheckRecord> {
    const { plan, path, watcher } = this.#options;
    const { topics, places, values, forms, shape, sample } = this.#parts;
    const categories = new CategoryTable('The topic', plan.categoryMap);
    const writer = new FactWriter(`${path}/${recordsFile}`, shape);
    const layout = recordLayout(places, forms);
    const maker = new FactMaker({ layout, writer, categories, topics: plan.topics, sample });
    try {
      const commits = await this.#commits(false);
      const isDrained = commits === undefined || isPast(commits, topics);
      watcher.status('reading the topic and the sink');
      const early = isDrained ? this.#look() : undefined;
      // The error is thrown below, when the topic has been read.
      early?.catch(() => undefined);
      const reads: ReadRecords[] = [];
      for (const [index, topic] of topics.entries()) {
        reads.push(await readRecords(values, places.record.length, maker, this.#range(topic, index)));
      }
      const later = isDrained ? commits : await this.#commits(true);
      await (early ?? this.#look());
      for (const [index, topic] of topics.entries()) {
        await readRecords(values, places.record.length, maker, this.#tail(topic, index));
      }
      const written = writer.close();
      return this.#record({ reads, written, categories: categories.names, commits: later });
    } catch (error) {
      writer.abandon();
      throw error;
    }
  }

  #range({ name, partitions }: FrozenTopic, topicIndex: number): ReadOptions {
    return {
      ...this.#reading(name, topicIndex),
      from: new Map(partitions.map(({ partition, from }) => [partition, from])),
      to: new Map(partitions.map(({ partition, to }) => [partition, to])),
      flags: 0,
    };
  }

  /** What came to the topic since the check began. Without the whole topic it would explain nothing. */
  #tail({ name, partitions }: FrozenTopic, topicIndex: number): ReadOptions {
    return {
      ...this.#reading(name, topicIndex),
      from: new Map(partitions.map(({ partition, end }) => [partition, end])),
      to: undefined,
      flags: factFlags.later,
    };
  }

  #reading(topic: string, topicIndex: number): Omit<ReadOptions, 'from' | 'to' | 'flags'> {
    const { plan, signal, watcher } = this.#options;
    const total = recordsOf(this.#parts.topics);
    return {
      cluster: this.#parts.cluster,
      topic,
      topicIndex,
      numberOf: (partition) => numberOf(topicIndex, partition),
      timeoutMs: plan.timeoutMs,
      signal,
      onRecords: (count) => watcher.progress('topic', Math.min((this.#records += count), total), total),
    };
  }

  async #commits(isWaiting: boolean): Promise<Commits | undefined> {
    const { plan, signal, watcher } = this.#options;
    if (plan.group === undefined) return undefined;
    if (isWaiting) watcher.status(`waiting for group ${plan.group}`);
    const deadline = new Deadline(isWaiting ? plan.timeoutMs : 0, signal);
    return await waitForGroup(this.#parts.access, plan.group, this.#parts.topics, deadline);
  }

  /** Reads the sink, of which a reading has begun. */
  async #look(): Promise<void> {
    const { path, plan } = this.#options;
    const { sink, places, forms, shape, sample } = this.#parts;
    this.#lookedAt = performance.now();
    const file = lookFile(this.#looks.length + 1);
    const layout = rowLayout(places, forms);
    const rowShape = { ...shape, isVersioned: layout.version !== undefined };
    const look = await sink.read({
      path: `${path}/${file}`,
      shape: rowShape,
      layout,
      topics: plan.topics,
      sample,
    });
    this.#looks.push({ file, ...look });
  }

  async #lookAgain(): Promise<void> {
    const { plan, signal, watcher } = this.#options;
    const { sink, places } = this.#parts;
    const waitMs = Math.max(0, this.#lookedAt + plan.settleMs - performance.now());
    watcher.status(`something is missing or different: the ${sink.rows} are read again`);
    await new Deadline(waitMs + 1, signal).pause(waitMs);
    await sink.begin(places.row);
    await this.#look();
  }

  async #judge(record: CheckRecord): Promise<JudgedFacts & { unwritten: string | undefined }> {
    const { path, allowed, signal, watcher } = this.#options;
    const findings = new FindingsFile(`${path}/findings.jsonl`);
    try {
      const judged = await judgeFacts(record, {
        path,
        allowed,
        signal,
        onFinding: (finding) => findings.add(finding),
        onBucket: (done, of) => watcher.progress('judged', done, of),
      });
      return { ...judged, unwritten: findings.problem };
    } finally {
      findings.close();
    }
  }

  #record({
    reads,
    written,
    categories,
    commits,
  }: {
    reads: readonly ReadRecords[];
    written: { facts: number; sums: { facts: string; ids: string } };
    categories: string[];
    commits: Commits | undefined;
  }): CheckRecord {
    const { id, plan } = this.#options;
    const { topics, sink, shape, forms } = this.#parts;
    const problems: string[] = [];
    for (const { scan } of reads) problems.push(...problemsOf(scan));
    const first = reads.find(({ firstWithoutId }) => firstWithoutId !== undefined)?.firstWithoutId;
    const sum = (part: 'records' | 'withoutId' | 'notJson'): number =>
      reads.reduce((total, read) => total + read[part], 0);
    return {
      schema: 1,
      id,
      bootstrapServers: plan.bootstrapServers,
      plan: {
        id: plan.id.text,
        sinkId: plan.sinkId.text,
        ...(plan.category && { category: plan.category.text }),
        ...(plan.sinkCategory && { sinkCategory: plan.sinkCategory.text }),
        comparisons: plan.comparisons.map(({ text }) => text),
        rule: plan.rule,
        ...(plan.version && { version: plan.version.record.text }),
        drops: plan.drops.map(({ place, value }) => `${place.text}=${value}`),
        ...(plan.dropReason !== undefined && { dropReason: plan.dropReason }),
        ...(plan.group !== undefined && { group: plan.group }),
        ...(plan.sample !== undefined && { sample: plan.sample }),
        settleMs: plan.settleMs,
      },
      forms: {
        ...(isPositional(plan) ? {} : { id: formWords[forms.id] }),
        ...Object.fromEntries(
          plan.comparisons.map(({ text }, index) => [text, formWords[forms.compared[index]!]]),
        ),
      },
      shape,
      topics: topics.map(({ name, topicId, compacted, partitions }, index) => ({
        name,
        topicId,
        compacted,
        partitions: partitions.map((frozen) => {
          const scanned = reads[index]!.scan.partitions.find(
            ({ partition }) => partition === frozen.partition,
          );
          return {
            ...frozen,
            startAfter: scanned?.startAfter ?? frozen.start,
            reached: scanned?.reached ?? frozen.from,
            committed: commits?.get(name)?.get(frozen.partition) ?? null,
          };
        }),
      })),
      records: {
        ...written,
        read: sum('records'),
        withoutId: sum('withoutId'),
        ...(first !== undefined && { firstWithoutId: first }),
        notJson: sum('notJson'),
        categories,
      },
      sink: { name: sink.name, rows: sink.rows, looks: [] },
      isWholeLife: topics.every(isWholeLife),
      isUndrained: false,
      problems,
      createdAt: Date.now(),
    };
  }
}

const isPositional = (plan: CheckPlan): boolean => plan.id.kind === 'position';

/** What the scan of a range could not read, in sentences. */
function problemsOf({ topic, partitions }: ReadRecords['scan']): string[] {
  return partitions.flatMap(({ partition, end, reached, undecodableBatches, crcBadBatches }) => [
    ...(reached < end
      ? [`Partition ${partition} of ${topic} was cut off at ${reached} of ${end} while it was read.`]
      : []),
    ...(undecodableBatches > 0
      ? [`Partition ${partition} of ${topic} has ${undecodableBatches} batches that cannot be read.`]
      : []),
    ...(crcBadBatches > undecodableBatches
      ? [`Partition ${partition} of ${topic} has ${crcBadBatches} batches that fail their checksum.`]
      : []),
  ]);
}

/** Whether a group has passed the ends of all ranges. */
const isPast = (commits: Commits, topics: readonly FrozenTopic[]): boolean =>
  topics.every(({ name, partitions }) =>
    partitions.every(
      ({ partition, from, to }) => from === to || (commits.get(name)?.get(partition) ?? -1) >= to,
    ),
  );

/** Whether the sink may only have been late. What the topic shows by itself does not change. */
const isSuspect = ({ findings }: Audit): boolean =>
  findings.some(({ blame }) => blame !== 'producer' && blame !== 'broker');

const standing = ({ findings }: Audit): string =>
  findings.map(({ kind, blame, count }) => `${kind} ${blame} ${count}`).join(', ');
