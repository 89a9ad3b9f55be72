/** The course of a check: the looks at topic and sink, until the answer stands. */
import type { AdminAccess } from '../kafka/client/topics.ts';
import type { Cluster } from '../kafka/client/cluster.ts';
import type { Audit, Cause } from '../result/verdict.ts';
import { FindingsFile } from '../run-folder/findings-file.ts';
import { sealText } from '../run-folder/seal.ts';
import { Deadline } from '../system/deadline.ts';
import { writeWhole } from '../system/write-whole.ts';
import type { RecordValues } from '../values/record-values.ts';
import { recordLayout, rowLayout, type BoundPlaces, type Forms } from './bound-places.ts';
import { lookFile, recordsFile, type CheckRecord, type LookRecord } from './check-record.ts';
import { draftRecord } from './draft-record.ts';
import { CategoryTable } from './facts/category-table.ts';
import { factFlags, type FactShape } from './facts/fact-format.ts';
import { FactMaker } from './facts/fact-maker.ts';
import { FactWriter } from './facts/fact-writer.ts';
import { recordsIn, type FrozenTopic } from './freeze.ts';
import { waitForGroup, type Commits } from './group-drain.ts';
import { judgeFacts, numberOf, type JudgedFacts } from './judge-facts.ts';
import type { CheckPlan } from './plan.ts';
import { readRecords, type ReadOptions, type ReadRecords } from './record-reader.ts';
import type { ThreadedSink } from './sink/threaded-sink.ts';

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

export interface CourseParts {
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

export class CheckCourse {
  readonly #options: CheckOptions;
  readonly #parts: CourseParts;
  readonly #looks: LookRecord[] = [];
  #lookedAt = 0;
  #records = 0;

  constructor(options: CheckOptions, parts: CourseParts) {
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
    const { id, plan, path, watcher } = this.#options;
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
      return draftRecord({
        ...this.#parts,
        id,
        plan,
        reads,
        written,
        categories: categories.names,
        commits: later,
      });
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
    const total = recordsIn(this.#parts.topics);
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
