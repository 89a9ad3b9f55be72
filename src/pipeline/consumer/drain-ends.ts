/**
 * The end of a topic for a consumer that drains it. A consumer cannot yet read the records behind an open transaction.
 * If the run has records there, the end is after them; otherwise it is before the transaction.
 */
import type { Cluster, TopicMetadata } from '../../kafka/client/cluster.ts';
import { offsetsAtHand, type OffsetKind, type OffsetsAtHand } from '../../kafka/client/list-offsets.ts';
import { readLog } from '../../kafka/fetch/log-read.ts';
import { noOrigin, readOrigin } from '../../workload/record-headers.ts';

export interface DrainEnd {
  end: number;
  /** The number of wanted records behind an open transaction. */
  behind: number;
}

/** The records for which a consumer waits. */
export interface Wanted {
  /** The run whose records are wanted; undefined: all records. */
  run: string | undefined;
  /** Whether the consumer reads committed records only. */
  isCommittedOnly: boolean;
}

export interface DrainEnds {
  ends: Map<number, DrainEnd>;
  /** The partitions whose ends are not known, and why. */
  missing: Map<number, string>;
}

/** Throws `unavailable`. */
export async function drainEnds(
  cluster: Cluster,
  topic: TopicMetadata,
  { run, isCommittedOnly }: Wanted,
): Promise<DrainEnds> {
  const list = (kind: OffsetKind): Promise<OffsetsAtHand> => offsetsAtHand(cluster, topic.topic, kind);
  const { offsets: stable, missing } = await list(isCommittedOnly ? 'last-stable' : 'latest');
  const ends = new Map([...stable].map(([partition, end]) => [partition, { end, behind: 0 }]));
  if (!isCommittedOnly) return { ends, missing };
  const latest = await list('latest');
  for (const [partition, problem] of latest.missing) missing.set(partition, problem);
  const hidden = [...latest.offsets]
    .map(([partition, end]) => ({ partition, start: stable.get(partition) ?? end, end }))
    .filter(({ start, end }) => start < end);
  const origin = noOrigin();
  await readLog(cluster, topic, hidden, cluster.deadline(), (partition, batch, from, to) => {
    if (batch.isControl) return;
    const known = ends.get(partition)!;
    for (let index = from; index < to; index++) {
      if (run !== undefined) readOrigin(batch, index, origin);
      if (run !== undefined && origin.run !== run) continue;
      known.behind += 1;
      known.end = batch.offset[index]! + 1;
    }
  });
  return { ends, missing };
}
