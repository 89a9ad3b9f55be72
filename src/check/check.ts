/**
 * Checks whether all records of a topic are in a sink, or in several. Nothing is written but the folder of the check: no
 * group is joined on the cluster, and sinks are only read.
 *
 * The end of each topic is fixed first. Then topics and sinks are read at the same time, and last what came to the topics
 * meanwhile, since the sinks may have rows of that. If something seems wrong, the sinks are read again, `settle` later:
 * what was there in either look is not lost.
 */
import { statfs } from 'node:fs/promises';
import { unavailableError, usageError } from '../errors.ts';
import { clientFromSettings } from '../kafka/client/client-from-settings.ts';
import { openCluster } from '../kafka/client/cluster.ts';
import { noTopicId } from '../kafka/client/topic-id.ts';
import { Deadline } from '../system/deadline.ts';
import { RecordValues } from '../values/record-values.ts';
import { KindsOfRecords, sampleRecords } from '../values/sample-records.ts';
import type { ValueKind } from '../values/value-batch.ts';
import { bindRecords, bindRows, type RowColumns } from './bound-places.ts';
import {
  CheckCourse,
  type Checked,
  type CheckOptions,
  type CheckedSink,
  type CourseParts,
} from './check-course.ts';
import { bucketsFor, factBytes, type FactShape } from './facts/fact-format.ts';
import { formsOfPlaces } from './forms.ts';
import { freezeTopic, recordsBeyond, recordsIn, waitForTransactions, type FrozenTopic } from './freeze.ts';
import type { CheckPlan, SinkPlan } from './plan.ts';
import { refuseIdentity } from './propose/refuse-identity.ts';
import type { SinkThread } from './sink/sink-thread.ts';
import { startSinkThread, ThreadedSink } from './sink/threaded-sink.ts';
import type { Thread } from '../system/thread.ts';

const idBytesGuess = 40;

/** Throws `usage`, `unavailable`, or the signal's reason. */
export async function check(options: CheckOptions): Promise<Checked> {
  const { plan, signal } = options;
  const { bootstrapServers, timeoutMs } = plan;
  const columns = bindRecords(plan);
  const rows = plan.sinks.map((sink) => bindRows(plan, sink));
  const values = new RecordValues(columns.places, columns.optionOf);
  await using opened = new AsyncDisposableStack();
  // The threads load their programs while the topics are looked at.
  const startings = plan.sinks.map((sink) => startSink(options, sink, opened));
  const access = { bootstrapServers, client: clientFromSettings(plan.settings), timeoutMs, signal };
  await using cluster = await openCluster({ ...access, clientId: 'nodrop-check' });
  const topics: FrozenTopic[] = [];
  for (const name of plan.topics) topics.push(await freezeTopic(cluster, access, name, plan));
  await refuseSameTopic(options, topics);
  await waitForTransactions(cluster, topics, new Deadline(timeoutMs, signal));
  const recordKinds = await kindsOfRecords(options, { columns, values, cluster, topics });
  const sinks: (CheckedSink & { kinds: readonly ValueKind[]; estimate: number | undefined })[] = [];
  for (const [index, rowColumns] of rows.entries()) {
    sinks.push(await beginSink(options, index, rowColumns, startings[index]!, opened));
  }
  const forms = formsOfPlaces(columns, recordKinds, sinks);
  const records = recordsIn(topics);
  // Those beyond the range are read as well, and are as many facts at most.
  const beyond = recordsBeyond(topics);
  const sample = plan.sample === undefined ? 1 : Math.min(1, plan.sample / Math.max(1, records));
  const expected = sinks.map(({ estimate }) => estimate ?? records);
  const shape = shapeOf(plan, Math.max(records, beyond, ...expected) * sample);
  const facts = expected.reduce((sum, count) => sum + count, records + beyond) * sample;
  await refuseFullDisk(options.path, facts, shape);
  const course = new CheckCourse(options, {
    access,
    cluster,
    topics,
    sinks,
    columns,
    values,
    forms,
    shape,
    sample,
  });
  const checked = await course.run();
  await refuseIdentity(checked, { plan, cluster, topic: topics[0]!, signal });
  return checked;
}

/** Two addresses may be of one cluster, where a topic would be compared with itself: its id tells. Throws `usage`. */
async function refuseSameTopic(
  { plan, signal }: CheckOptions,
  topics: readonly FrozenTopic[],
): Promise<void> {
  const { sinkKafka, timeoutMs } = plan;
  const alike = topics.filter(({ name }) => plan.sinks.some(({ location }) => location === `topic:${name}`));
  if (alike.length === 0) return;
  const { bootstrapServers, settings } = sinkKafka;
  const access = { bootstrapServers, client: clientFromSettings(settings), timeoutMs, signal };
  await using cluster = await openCluster({ ...access, clientId: 'nodrop-check' });
  for (const { name, topicId } of alike) {
    // Clusters that give topics no ids do not tell them apart.
    if (topicId === noTopicId || (await cluster.metadata(name))?.topicId !== topicId) continue;
    throw usageError(
      `--sink topic:${name}: this is the topic that is checked, at ${bootstrapServers} as well.`,
      'Name the other cluster with --sink-bootstrap-server.',
    );
  }
}

interface StartingSink {
  thread: Thread<SinkThread>;
  /** How many rows there will be about, for the progress. */
  expected: { rows?: number | undefined };
}

function startSink(
  { plan, watcher }: CheckOptions,
  { label }: SinkPlan,
  opened: AsyncDisposableStack,
): StartingSink {
  const expected: StartingSink['expected'] = {};
  const bar = plan.sinks.length === 1 ? 'sink' : `sink ${label}`;
  const thread = startSinkThread((rows) => watcher.progress(bar, rows, expected.rows));
  opened.defer(() => thread.terminate());
  return { thread, expected };
}

/** Opens a sink, and begins the first look at it. */
async function beginSink(
  { plan, signal }: CheckOptions,
  index: number,
  columns: RowColumns,
  { thread, expected }: StartingSink,
  opened: AsyncDisposableStack,
): Promise<CheckedSink & { kinds: readonly ValueKind[]; estimate: number | undefined }> {
  const { sinkKafka: kafka, timeoutMs, sinks } = plan;
  const { location, query, table } = sinks[index]!;
  const sink = opened.use(
    await ThreadedSink.open({ location, query, table, kafka, timeoutMs, asOf: new Date(), signal }, thread),
  );
  const { kinds, estimate } = await sink.begin(columns.places);
  expected.rows = estimate;
  return { sink, plan: sinks[index]!, columns, looks: [], kinds, estimate };
}

/** The kinds of values that a sample of the records has at the places of the plan. */
async function kindsOfRecords(
  { plan, signal }: CheckOptions,
  { columns, values, cluster, topics }: Pick<CourseParts, 'columns' | 'values' | 'cluster' | 'topics'>,
): Promise<ValueKind[]> {
  const sampled = new KindsOfRecords(columns.places, values);
  for (const { name, partitions } of topics) {
    const ranges = partitions.map(({ partition, from, to }) => ({ partition, start: from, end: to }));
    const deadline = new Deadline(plan.timeoutMs, signal);
    await sampleRecords(cluster, name, ranges, deadline, (batch, i) => sampled.look(batch, i));
  }
  return sampled.kinds();
}

const shapeOf = (plan: CheckPlan, facts: number): FactShape => ({
  compared: plan.comparisons.length,
  isVersioned: plan.version !== undefined,
  buckets: bucketsFor(facts),
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
