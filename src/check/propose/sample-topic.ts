/** Samples records of a topic: from the begin and from the end of each partition's range. */
import type { Cluster } from '../../kafka/client/cluster.ts';
import { scanLog } from '../../kafka/fetch/log-scan.ts';
import type { RecordBatch } from '../../kafka/record-batch/record-batch.ts';
import { PlacesOfRecords } from '../../values/record-places.ts';
import { RecordValues } from '../../values/record-values.ts';
import { KindsOfRecords } from '../../values/sample-records.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import type { FrozenPartition } from '../freeze.ts';
import { Sample } from './sample.ts';

/** The sink may lack the last records, since it lags, and the first, since it removes old rows: hence both ends. */
const recordsOfEachEnd = 500;

export interface RecordSample {
  values: Sample;
  /** Where each record is. */
  positions: readonly { partition: number; offset: number }[];
}

export interface SampleLimits {
  /** Limit of the time without progress. */
  timeoutMs: number;
  signal: AbortSignal;
}

type Range = Pick<FrozenPartition, 'partition' | 'from' | 'to'>;
type Look = (batch: RecordBatch, i: number, partition: number) => void;

export async function sampleTopic(
  cluster: Cluster,
  topic: string,
  partitions: readonly Range[],
  limits: SampleLimits,
): Promise<RecordSample> {
  const ends = endsOf(partitions);
  const read = async (look: Look): Promise<void> => {
    for (const ranges of ends) await readRanges(cluster, topic, ranges, limits, look);
  };
  const found = new PlacesOfRecords();
  await read((batch, i) => found.look(batch, i));
  const places: ValuePlace[] = [...found.places(), { kind: 'digest', text: 'digest' }];
  const values = new RecordValues(places, () => '--id');
  const kinds = new KindsOfRecords(places, values);
  const sample = new Sample(places);
  const positions: { partition: number; offset: number }[] = [];
  await read((batch, i, partition) => {
    kinds.look(batch, i);
    sample.add(values.of(batch, i), 0);
    positions.push({ partition, offset: batch.offset[i]! });
  });
  sample.kinds = kinds.kinds();
  return { values: sample, positions };
}

/** The ranges at the begins, and those at the ends. They do not overlap, and each names all partitions. */
function endsOf(partitions: readonly Range[]): [Range[], Range[]] {
  const filled = partitions.filter(({ from, to }) => from < to).slice(0, recordsOfEachEnd);
  const each = Math.ceil(recordsOfEachEnd / Math.max(1, filled.length));
  const sizeOf = (range: Range): number => (filled.includes(range) ? each : 0);
  const firsts = partitions.map((range) => ({
    ...range,
    to: Math.min(range.to, range.from + sizeOf(range)),
  }));
  const lasts = partitions.map((range, index) => ({
    ...range,
    from: Math.max(firsts[index]!.to, range.to - sizeOf(range)),
  }));
  return [firsts, lasts];
}

async function readRanges(
  cluster: Cluster,
  topic: string,
  ranges: readonly Range[],
  limits: SampleLimits,
  look: Look,
): Promise<void> {
  const bounds = (side: 'from' | 'to'): ReadonlyMap<number, number> =>
    new Map(ranges.map((range) => [range.partition, range[side]]));
  await scanLog(cluster, topic, {
    ...limits,
    from: bounds('from'),
    to: bounds('to'),
    onBatch: ({ partition, batch, from, to, state }) => {
      // An aborted record is not in the sink, and the one that was sent in its place has the same id.
      if (state === 'aborted') return;
      for (let i = from; i < to; i++) look(batch, i, partition);
    },
  });
}
