/**
 * Where a topic ends for a consumer that waits for its end. A consumer cannot yet read what lies behind an open transaction: the
 * end is behind it where something there is waited for, and before it where there is nothing of the run.
 */
import type { Cluster, TopicMetadata } from '../../kafka/client/cluster.ts';
import { listOffsets } from '../../kafka/client/list-offsets.ts';
import { readLog } from '../../kafka/fetch/log-read.ts';
import { noOrigin, readOrigin } from '../../workload/record-headers.ts';

export interface DrainEnd {
  end: number;
  /** Records that are waited for and lie behind an open transaction. */
  behind: number;
}

/** What a consumer waits for. */
export interface Wanted {
  /** Records of this run; undefined: all there are. */
  run: string | undefined;
  /** Whether it reads what is committed alone. */
  isCommittedOnly: boolean;
}

/** By partition. Throws `unavailable`. */
export async function drainEnds(
  cluster: Cluster,
  topic: TopicMetadata,
  { run, isCommittedOnly }: Wanted,
): Promise<Map<number, DrainEnd>> {
  const stable = await listOffsets(cluster, topic.topic, isCommittedOnly ? 'last-stable' : 'latest');
  const ends = new Map([...stable].map(([partition, end]) => [partition, { end, behind: 0 }]));
  if (!isCommittedOnly) return ends;
  const latest = await listOffsets(cluster, topic.topic, 'latest');
  const hidden = [...latest]
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
  return ends;
}
