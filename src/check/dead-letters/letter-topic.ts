/** Reads a topic of dead letters: each leads to its record by the headers of its origin, or by the record's own id. */
import { createHash } from 'node:crypto';
import { usageError } from '../../errors.ts';
import type { Cluster } from '../../kafka/client/cluster.ts';
import { scanLog, type ScannedBatch } from '../../kafka/fetch/log-scan.ts';
import type { RecordValues } from '../../values/record-values.ts';
import { ValueBatchBuilder } from '../../values/value-batch.ts';
import type { LettersRecord } from '../check-record.ts';
import { CategoryTable } from '../facts/category-table.ts';
import { FactMaker } from '../facts/fact-maker.ts';
import { factFlags, type FactShape } from '../facts/fact-format.ts';
import { FactWriter } from '../facts/fact-writer.ts';
import type { Layout } from '../facts/layout.ts';
import { numberOf } from '../partition-numbers.ts';
import { originOf } from './letter-origin.ts';
import { LetterPlaces } from './letter-places.ts';

export interface LettersOptions {
  cluster: Cluster;
  topic: string;
  /** The topics that are checked. */
  topics: readonly string[];
  /** The folder, and the name of the files. */
  path: string;
  file: string;
  values: RecordValues;
  width: number;
  layout: Layout;
  shape: FactShape;
  sample: number;
  timeoutMs: number;
  signal: AbortSignal;
}

/** Throws `usage` if there is no such topic, and `unavailable` if it cannot be read. */
export async function readLetterTopic(options: LettersOptions): Promise<LettersRecord> {
  const { cluster, topic, topics, path, file, values, width, layout, shape, sample, ...limits } = options;
  if ((await cluster.metadata(topic)) === undefined) {
    throw usageError(`Topic ${topic}, of the dead letters, does not exist.`);
  }
  const places = new LetterPlaces();
  const writer = new FactWriter(`${path}/${file}`, shape);
  const categories = new CategoryTable('The topic of dead letters');
  const maker = new FactMaker({ layout, writer, categories, topics, sample, flags: factFlags.deadLetter });
  const builder = new ValueBatchBuilder(width);
  let [letters, elsewhere, unknown] = [0, 0, 0];
  const onBatch = ({ batch, from, to, state }: ScannedBatch): void => {
    if (state !== 'committed') return;
    for (let i = from; i < to; i++) {
      letters += 1;
      const origin = originOf(batch, i);
      if (origin !== undefined) {
        const index = topics.indexOf(origin.topic);
        if (index < 0) elsewhere += 1;
        else places.add(numberOf(index, origin.partition), origin.offset);
        continue;
      }
      values.add(batch, i, builder);
      if (!maker.add(builder.take(), 0)) unknown += 1;
    }
  };
  try {
    await scanLog(cluster, topic, { ...limits, onBatch });
    const written = writer.close();
    places.write(`${path}/${file}.places`);
    const placesSum = createHash('sha256').update(places.text).digest('hex');
    return { file, ...written, letters, elsewhere, unknown, places: places.count, placesSum };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}
