/** The course of a check: the looks at topic and sink, until the answer stands. */
import type { AdminAccess } from '../kafka/client/topics.ts';
import type { Cluster } from '../kafka/client/cluster.ts';
import type { Cause } from '../result/verdict.ts';
import { FindingsFile } from '../run-folder/findings-file.ts';
import { sealText } from '../run-folder/seal.ts';
import { Deadline } from '../system/deadline.ts';
import { Stopwatch } from '../system/stopwatch.ts';
import { writeWhole } from '../system/write-whole.ts';
import type { RecordValues } from '../values/record-values.ts';
import { recordLayout, rowLayout, type Forms, type RecordColumns, type RowColumns } from './bound-places.ts';
import {
  laterFile,
  lookFile,
  recordsFile,
  type CheckRecord,
  type LookRecord,
  type SinkRecord,
} from './check-record.ts';
import { readLetters } from './dead-letters/read-letters.ts';
import { draftRecord } from './draft-record.ts';
import { CategoryTable } from './facts/category-table.ts';
import type { FactShape } from './facts/fact-format.ts';
import { FactMaker } from './facts/fact-maker.ts';
import { FactWriter } from './facts/fact-writer.ts';
import { frozenEnds, recordsIn, type FrozenTopic } from './freeze.ts';
import { hasPassed, waitForGroup, type Commits } from './group-drain.ts';
import { judgeFacts, type JudgedFacts, type JudgeOptions } from './judge-facts.ts';
import { numberOf } from './partition-numbers.ts';
import type { CheckPlan, SinkPlan } from './plan.ts';
import { isReadWhole, readRecords, stableEnds, type ReadRecords } from './record-reader.ts';
import type { ThreadedSink } from './sink/threaded-sink.ts';
import { FindingsSum, isSuspect, standing, type JudgedLook } from './suspicion.ts';

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
  /** How long it took to read topics and sinks, all looks together, and to judge. */
  readMs: number;
  judgeMs: number;
  /** Why the file of findings is not complete. */
  unwritten: string | undefined;
}

export interface CheckedSink {
  sink: ThreadedSink;
  plan: SinkPlan;
  columns: RowColumns;
  looks: LookRecord[];
}

export interface CourseParts {
  access: AdminAccess;
  cluster: Cluster;
  topics: readonly FrozenTopic[];
  sinks: readonly CheckedSink[];
  columns: RecordColumns;
  values: RecordValues;
  forms: Forms;
  shape: FactShape;
  sample: number;
}

export class CheckCourse {
  readonly #options: CheckOptions;
  readonly #parts: CourseParts;
  readonly #categories: CategoryTable;
  #lookedAt = 0;
  #records = 0;
  readonly #readTime = new Stopwatch();
  readonly #judgeTime = new Stopwatch();

  constructor(options: CheckOptions, parts: CourseParts) {
    this.#options = options;
    this.#parts = parts;
    this.#categories = new CategoryTable('The topic', options.plan.categoryMap);
  }

  async run(): Promise<Checked> {
    const { plan, watcher, path } = this.#options;
    const read = await this.#readTime.time(() => this.#readAll());
    watcher.status('judging');
    const record: CheckRecord = { ...read, ...(await this.#seen()) };
    let judged = await this.#judge(record);
    const deadline = new Deadline(plan.timeoutMs, this.#options.signal);
    while (isSuspect(judged, record)) {
      if (deadline.hasPassed) {
        record.isUndrained = true;
        judged = await this.#judge(record);
        break;
      }
      const before = standing(judged);
      await this.#lookAgain();
      Object.assign(record, await this.#seen());
      judged = await this.#judge(record);
      if (standing(judged) === before) break;
    }
    const text = `${JSON.stringify(record, null, 2)}\n`;
    writeWhole(`${path}/check.json`, text);
    sealText(`${path}/check.json`, text);
    return { record, readMs: this.#readTime.ms, judgeMs: this.#judgeTime.ms, ...judged };
  }

  /** Reads topics and sink once. */
  async #readAll(): Promise<CheckRecord> {
    const { id, plan, path, watcher } = this.#options;
    const { topics, shape } = this.#parts;
    const writer = new FactWriter(`${path}/${recordsFile}`, shape);
    const maker = this.#makerOf(writer);
    try {
      const frozen = new Map(topics.map(({ name, partitions }) => [name, frozenEnds(partitions)]));
      const commits = await this.#commits(frozen, false);
      const isDrained = commits === undefined || hasPassed(commits, frozen);
      watcher.status('reading the topic and the sink');
      const early = isDrained ? this.#lookAtAll() : undefined;
      // The error is thrown below, when the topic has been read.
      early?.catch(() => undefined);
      const reads: ReadRecords[] = [];
      for (const index of topics.keys()) reads.push(await this.#readTopic(maker, index, 'range'));
      // No group commits past a marker or an aborted record before it reads on.
      const ends = new Map(reads.map((read) => [read.scan.topic, stableEnds(read)]));
      const later = isDrained ? commits : await this.#commits(ends, true);
      await (early ?? this.#lookAtAll());
      const written = writer.close();
      return draftRecord({
        ...this.#parts,
        id,
        plan,
        reads,
        written,
        categories: this.#categories.names,
        commits: later,
      });
    } catch (error) {
      writer.abandon();
      throw error;
    }
  }

  /** Reads the range of a topic, or all that lies behind it. */
  async #readTopic(maker: FactMaker, topicIndex: number, part: 'range' | 'later'): Promise<ReadRecords> {
    const { plan, signal, watcher } = this.#options;
    const { cluster, topics, values } = this.#parts;
    const { name, topicId, partitions } = topics[topicIndex]!;
    const total = recordsIn(topics);
    const boundsAt = (side: 'from' | 'to'): ReadonlyMap<number, number> =>
      new Map(partitions.map((frozen) => [frozen.partition, frozen[side]]));
    return await readRecords(values, maker, {
      cluster,
      topic: name,
      topicId,
      topicIndex,
      from: boundsAt(part === 'range' ? 'from' : 'to'),
      to: part === 'range' ? boundsAt('to') : undefined,
      numberOf: (partition) => numberOf(topicIndex, partition),
      timeoutMs: plan.timeoutMs,
      signal,
      onRecords: (count) => watcher.progress('topic', Math.min((this.#records += count), total), total),
    });
  }

  #makerOf(writer: FactWriter): FactMaker {
    const { plan } = this.#options;
    const { columns, forms, sample } = this.#parts;
    const labels = plan.sinks.map(({ label }) => label);
    const layout = recordLayout(columns, forms, labels);
    return new FactMaker({ layout, writer, categories: this.#categories, topics: plan.topics, sample });
  }

  /** Reads what the topics hold beyond the range: the sinks may have rows of that. */
  async #readLater(): Promise<CheckRecord['later']> {
    const { topics, shape, sinks } = this.#parts;
    const file = laterFile(sinks[0]!.looks.length);
    const writer = new FactWriter(`${this.#options.path}/${file}`, shape);
    const maker = this.#makerOf(writer);
    try {
      let isWhole = true;
      for (const index of topics.keys()) {
        isWhole = isReadWhole(await this.#readTopic(maker, index, 'later')) && isWhole;
      }
      return { file, ...writer.close(), isWhole, withoutId: maker.withoutId };
    } catch (error) {
      writer.abandon();
      throw error;
    }
  }

  async #commits(ends: Commits, isWaiting: boolean): Promise<Commits | undefined> {
    const { plan, signal, watcher } = this.#options;
    if (plan.group === undefined) return undefined;
    if (isWaiting) watcher.status(`waiting for group ${plan.group}`);
    const deadline = new Deadline(isWaiting ? plan.timeoutMs : 0, signal);
    return await waitForGroup(this.#parts.access, plan.group, ends, deadline);
  }

  /** Reads all sinks, of which readings have begun. */
  async #lookAtAll(): Promise<void> {
    this.#lookedAt = performance.now();
    await Promise.all(this.#parts.sinks.map((sink, index) => this.#look(sink, index)));
  }

  async #look({ sink, columns, looks }: CheckedSink, index: number): Promise<void> {
    const { path, plan } = this.#options;
    const { forms, shape, sample } = this.#parts;
    const file = lookFile(index, looks.length + 1);
    const layout = rowLayout(columns, forms);
    looks.push({
      file,
      ...(await sink.read({ path: `${path}/${file}`, shape, layout, topics: plan.topics, sample, flags: 0 })),
    });
  }

  async #lookAgain(): Promise<void> {
    const { plan, signal, watcher } = this.#options;
    const waitMs = Math.max(0, this.#lookedAt + plan.settleMs - performance.now());
    const inSeconds = Math.ceil(waitMs / 1_000);
    watcher.status(`something is missing or different: the sink is read again in ${inSeconds} s`);
    await new Deadline(waitMs + 1, signal).pause(waitMs);
    watcher.status('reading the sink again');
    await this.#readTime.time(async () => {
      for (const { sink, columns } of this.#parts.sinks) await sink.begin(columns.places);
      await this.#lookAtAll();
    });
  }

  /** What the last looks at sinks and dead letters have found, and what came to the topics meanwhile. */
  async #seen(): Promise<Pick<CheckRecord, 'later' | 'sinks' | 'deadLetters'>> {
    const { plan, path, signal } = this.#options;
    const file = `letters-${this.#parts.sinks[0]!.looks.length}`;
    const deadLetters = await readLetters({ ...this.#parts, plan, path, file, signal });
    return {
      later: await this.#readLater(),
      sinks: this.#sinkRecords(),
      ...(deadLetters && { deadLetters }),
    };
  }

  #sinkRecords(): SinkRecord[] {
    return this.#parts.sinks.map(({ sink, plan, looks }) => ({
      name: sink.name,
      label: plan.label,
      rows: sink.rows,
      id: plan.id.text,
      ...(plan.category && { category: plan.category.text }),
      ...(plan.query !== undefined && { query: plan.query }),
      ...(plan.table !== undefined && { table: plan.table }),
      looks: [...looks],
    }));
  }

  async #judge(record: CheckRecord): Promise<JudgedLook> {
    const { path, allowed, signal, watcher } = this.#options;
    const findings = new FindingsFile(`${path}/findings.jsonl`);
    const found = new FindingsSum();
    try {
      const options: JudgeOptions = {
        path,
        allowed,
        signal,
        onFinding: (finding) => (findings.add(finding), found.add(finding)),
        onBucket: (done, of) => watcher.progress('judged', done, of),
      };
      const judged = await this.#judgeTime.time(() => judgeFacts(record, options));
      return { ...judged, found, unwritten: findings.problem };
    } finally {
      findings.close();
    }
  }
}
