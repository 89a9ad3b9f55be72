/** Reads the range of a topic that is checked, and makes a fact of each record. */
import { unavailableError } from '../errors.ts';
import type { Cluster } from '../kafka/client/cluster.ts';
import { scanLog, type LogScan, type ScannedBatch } from '../kafka/fetch/log-scan.ts';
import type { RecordValues } from '../values/record-values.ts';
import { Deadline } from '../system/deadline.ts';
import { factFlags } from './facts/fact-format.ts';
import type { FactMaker, Origin } from './facts/fact-maker.ts';

export interface ReadOptions {
  cluster: Cluster;
  topic: string;
  /** Throws `unavailable` if the topic has another id now. */
  topicId: string;
  /** The topic's index among those that are checked. */
  topicIndex: number;
  /** The number of a partition in the evidence. */
  numberOf: (partition: number) => number;
  from: ReadonlyMap<number, number>;
  /** undefined: to the ends of now. */
  to: ReadonlyMap<number, number> | undefined;
  timeoutMs: number;
  signal: AbortSignal;
  onRecords: (count: number) => void;
}

/** What was found beside the facts. */
export interface ReadRecords {
  scan: LogScan;
  records: number;
  /** By partition: the offset after the last record that is not of an aborted transaction. */
  ends: Map<number, number>;
  withoutId: number;
  /** The first record without an id: `PARTITION:OFFSET`. */
  firstWithoutId: string | undefined;
  /** Records that are no JSON, though a place is one of JSON. */
  notJson: number;
}

const replacedError = (topic: string): Error =>
  unavailableError(`Topic ${topic} was deleted and created again while it was checked.`, {
    hint: 'Check the new topic: run the same command again.',
  });

export async function readRecords(
  values: RecordValues,
  maker: FactMaker,
  { cluster, topic, topicId, topicIndex, numberOf, onRecords, ...limits }: ReadOptions,
): Promise<ReadRecords> {
  const origin: Origin = { topic: topicIndex, number: 0, partition: 0, offset: 0, flags: 0 };
  const read = { records: 0, withoutId: 0, firstWithoutId: undefined as string | undefined, notJson: 0 };
  const ends = new Map<number, number>();
  const onBatch = ({ partition, batch, from, to, state }: ScannedBatch): void => {
    origin.partition = partition;
    origin.number = numberOf(partition);
    const batchFlags = (state === 'aborted' ? factFlags.aborted : 0) | (batch.crcOk ? 0 : factFlags.crcBad);
    for (let i = from; i < to; i++) {
      origin.offset = batch.offset[i]!;
      origin.flags = batch.valueStart[i]! < 0 ? batchFlags | factFlags.tombstone : batchFlags;
      const row = values.of(batch, i);
      if (values.isNotJson) read.notJson += 1;
      if (maker.add(row, 0, origin)) continue;
      read.withoutId += 1;
      read.firstWithoutId ??= `${partition}:${origin.offset}`;
    }
    if (to > from && state !== 'aborted') ends.set(partition, batch.offset[to - 1]! + 1);
    read.records += to - from;
    onRecords(to - from);
  };
  const found = await cluster.metadataAgain(topic, new Deadline(limits.timeoutMs, limits.signal));
  if (found === undefined) throw unavailableError(`Topic ${topic} was deleted while it was checked.`);
  const scan = await scanLog(cluster, topic, { ...limits, onBatch });
  if (scan.topicId !== topicId) throw replacedError(topic);
  return { scan, ...read, ends };
}

/** Whether all batches of the range were read. */
export const isReadWhole = ({ scan: { partitions } }: ReadRecords): boolean =>
  partitions.every(({ reached, end, undecodableBatches }) => reached >= end && undecodableBatches === 0);

/** The ends of what was read, as far as transactions have ended. */
export function stableEnds({ scan, ends }: ReadRecords): Map<number, number> {
  const stable = new Map(
    scan.partitions.map(({ partition, lastStableOffset }) => [partition, lastStableOffset]),
  );
  return new Map([...ends].map(([partition, end]) => [partition, Math.min(end, stable.get(partition)!)]));
}
