/** Reads the dead letters of a plan: those of a topic, or the rows of a table. */
import { createHash } from 'node:crypto';
import { usageError } from '../../errors.ts';
import type { Cluster } from '../../kafka/client/cluster.ts';
import { scanLog, type ScannedBatch } from '../../kafka/fetch/log-scan.ts';
import { RecordValues } from '../../values/record-values.ts';
import { isPosition } from '../../values/value-place.ts';
import { bindRows, type Forms } from '../bound-places.ts';
import type { LettersRecord } from '../check-record.ts';
import { CategoryTable } from '../facts/category-table.ts';
import { factFlags, type FactShape } from '../facts/fact-format.ts';
import { FactMaker } from '../facts/fact-maker.ts';
import { FactWriter } from '../facts/fact-writer.ts';
import { numberOf } from '../partition-numbers.ts';
import type { CheckPlan } from '../plan.ts';
import { startSinkThread, ThreadedSink } from '../sink/threaded-sink.ts';
import { originOf } from './letter-origin.ts';
import { LetterPlaces } from './letter-places.ts';

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

/** Throws `usage` if there is no such topic, `unavailable` if it cannot be read, and the errors of sinks. */
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
  dropsTombstones: false,
  presence: undefined,
  route: undefined,
} as const;

/** Each letter leads to its record by the headers of its origin, or by the record's own id. */
async function ofTopic(
  { plan, cluster, forms, shape, sample, path, file, signal }: LettersContext,
  topic: string,
): Promise<ReadLetters> {
  const { id, topics, timeoutMs } = plan;
  if ((await cluster.metadata(topic)) === undefined) {
    throw usageError(`Topic ${topic}, of the dead letters, does not exist.`);
  }
  const ids = isPosition(id) ? [] : [id];
  const values = new RecordValues(ids, () => '--id');
  const places = new LetterPlaces();
  const writer = new FactWriter(`${path}/${file}`, shape);
  const maker = new FactMaker({
    layout: { ...noMore, id: ids.length === 0 ? 'own-position' : { column: 0, form: forms.id } },
    writer,
    categories: new CategoryTable('The topic of dead letters'),
    topics,
    sample,
    flags: factFlags.deadLetter,
  });
  const counts = { letters: 0, elsewhere: 0, unknown: 0 };
  const onBatch = ({ batch, from, to, state }: ScannedBatch): void => {
    if (state !== 'committed') return;
    for (let i = from; i < to; i++) {
      counts.letters += 1;
      const origin = originOf(batch, i);
      if (origin !== undefined) {
        const index = topics.indexOf(origin.topic);
        if (index < 0) counts.elsewhere += 1;
        else places.add(numberOf(index, origin.partition), origin.offset);
        continue;
      }
      if (!maker.add(values.of(batch, i), 0)) counts.unknown += 1;
    }
  };
  try {
    await scanLog(cluster, topic, { timeoutMs, signal, onBatch });
    const letters = { file, ...writer.close(), ...counts, ...written(places, `${path}/${file}`) };
    return { name: `topic:${topic}`, letters };
  } catch (error) {
    writer.abandon();
    throw error;
  }
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
  await using opened = await ThreadedSink.open(
    options,
    startSinkThread(() => undefined),
  );
  await opened.begin(places);
  const look = await opened.read({
    path: `${path}/${file}`,
    shape,
    layout: { ...noMore, id: id === undefined ? position! : { column: id, form: forms.id } },
    topics: plan.topics,
    sample,
    flags: factFlags.deadLetter,
  });
  const { facts, sums, rows, withoutId } = look;
  const counts = { letters: rows, elsewhere: 0, unknown: withoutId };
  const letters = { file, facts, sums, ...counts, ...written(new LetterPlaces(), `${path}/${file}`) };
  return { name: `${opened.name} ${table}`, letters };
}

/** Writes the places into their file. `path`: without its ending. */
function written(places: LetterPlaces, path: string): Pick<LettersRecord, 'places' | 'placesSum'> {
  places.write(`${path}.places`);
  return { places: places.count, placesSum: createHash('sha256').update(places.text).digest('hex') };
}
