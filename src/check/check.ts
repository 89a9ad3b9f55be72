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
import { Deadline } from '../system/deadline.ts';
import { formOf, type Form } from '../values/normal-form.ts';
import { RecordValues } from '../values/record-values.ts';
import { KindsOfRecords, sampleRecords } from '../values/sample-records.ts';
import type { ValueKind } from '../values/value-batch.ts';
import { bindPlaces, type BoundPlaces, type Forms } from './bound-places.ts';
import { CheckCourse, type Checked, type CheckOptions } from './check-course.ts';
import { factBytes, type FactShape } from './facts/fact-format.ts';
import { freezeTopic, recordsIn, type FrozenTopic } from './freeze.ts';
import type { CheckPlan } from './plan.ts';
import { ThreadedSink } from './sink/threaded-sink.ts';

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
  const records = recordsIn(topics);
  const sample = plan.sample === undefined ? 1 : Math.min(1, plan.sample / Math.max(1, records));
  const shape = shapeOf(plan, Math.max(records, estimate ?? records) * sample);
  await refuseFullDisk(options.path, (records + (estimate ?? records)) * sample, shape);
  const course = new CheckCourse(options, {
    access,
    cluster,
    topics,
    sink,
    places,
    values,
    forms,
    shape,
    sample,
  });
  return await course.run();
}

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
