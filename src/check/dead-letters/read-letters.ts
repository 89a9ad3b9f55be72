/** Reads the dead letters of a plan: those of a topic, or the rows of a table. */
import { createHash } from 'node:crypto';
import type { Cluster } from '../../kafka/client/cluster.ts';
import { RecordValues } from '../../values/record-values.ts';
import { bindRows, type Forms } from '../bound-places.ts';
import type { LettersRecord } from '../check-record.ts';
import type { FactShape } from '../facts/fact-format.ts';
import { factFlags } from '../facts/fact-format.ts';
import type { Layout } from '../facts/layout.ts';
import type { CheckPlan } from '../plan.ts';
import { ThreadedSink } from '../sink/threaded-sink.ts';
import { LetterPlaces } from './letter-places.ts';
import { readLetterTopic } from './letter-topic.ts';

export interface LettersContext {
  plan: CheckPlan;
  cluster: Cluster;
  forms: Forms;
  shape: FactShape;
  sample: number;
  /** The folder, and the name of the files. */
  path: string;
  file: string;
  signal: AbortSignal;
}

export type ReadLetters = { name: string; letters: LettersRecord } | undefined;

export async function readLetters(context: LettersContext): Promise<ReadLetters> {
  const { deadLetters } = context.plan;
  if (deadLetters === undefined) return undefined;
  if ('topic' in deadLetters) return await ofTopic(context, deadLetters.topic);
  return await ofTable(context, deadLetters);
}

/** Only ids count: a dead letter may lack all else. */
const noMore = {
  category: undefined,
  compared: [],
  version: undefined,
  drops: [],
  route: undefined,
} as const;

async function ofTopic(context: LettersContext, topic: string): Promise<ReadLetters> {
  const { plan, cluster, forms, shape, sample, path, file, signal } = context;
  const { id, topics, timeoutMs } = plan;
  const places = id.kind === 'position' || id.kind === 'columns' ? [] : [id];
  const layout: Layout = {
    ...noMore,
    id: places.length === 0 ? 'own-position' : { column: 0, form: forms.id },
  };
  const values = new RecordValues(places, () => '--id');
  const letters = await readLetterTopic({
    cluster,
    topic,
    topics,
    path,
    file,
    values,
    width: places.length,
    layout,
    shape,
    sample,
    timeoutMs,
    signal,
  });
  return { name: `topic:${topic}`, letters };
}

async function ofTable(
  { plan, forms, shape, sample, path, file, signal }: LettersContext,
  { table, sink }: Extract<CheckPlan['deadLetters'], { table: string }>,
): Promise<ReadLetters> {
  const { places, id, position } = bindRows(
    { ...plan, comparisons: [], version: undefined },
    { ...sink, category: undefined },
  );
  const { location } = sink;
  const options = { location, table, timeoutMs: plan.timeoutMs, asOf: new Date(), signal };
  await using opened = await ThreadedSink.open(options, () => undefined);
  await opened.begin(places);
  const layout: Layout = { ...noMore, id: id === undefined ? position! : { column: id, form: forms.id } };
  const look = await opened.read({
    path: `${path}/${file}`,
    shape,
    layout,
    topics: plan.topics,
    sample,
    flags: factFlags.deadLetter,
  });
  const none = new LetterPlaces();
  none.write(`${path}/${file}.places`);
  const placesSum = createHash('sha256').update(none.text).digest('hex');
  const { facts, sums, rows, withoutId } = look;
  const letters = {
    file,
    facts,
    sums,
    letters: rows,
    elsewhere: 0,
    unknown: withoutId,
    places: 0,
    placesSum,
  };
  return { name: `${opened.name} ${table}`, letters };
}
