/** Asks the leaders of a topic's partitions for the first, next and last stable offsets. */
import {
  listOffsetsV2,
  listOffsetsV3,
  listOffsetsV4,
  listOffsetsV5,
  listOffsetsV6,
  listOffsetsV7,
} from '@platformatic/kafka';
import { versionOf } from './api-versions.ts';
import type { Cluster, TopicMetadata } from './cluster.ts';
import type { Deadline } from '../../system/deadline.ts';
import { NotReadyError, errorName, withErrorCodes } from './kafka-errors.ts';

/**
 * `latest`: the high watermark, one past the last readable record. `last-stable`: where the first open transaction
 * begins.
 */
export type OffsetKind = 'earliest' | 'latest' | 'last-stable';

/** The offsets by partition. After an error, tries again with new metadata. Throws `unavailable` at the deadline. */
export async function listOffsets(
  cluster: Cluster,
  topic: string,
  kind: OffsetKind,
  deadline: Deadline = cluster.deadline(),
): Promise<Map<number, number>> {
  return await cluster.retry(deadline, async () => {
    const metadata = await cluster.metadata(topic, deadline);
    if (metadata === undefined) throw new NotReadyError(`topic ${topic} does not exist`);
    const answers = await Promise.all(
      [...partitionsByLeader(metadata)].map(([leader, partitions]) =>
        ask(cluster, topic, kind, leader, partitions),
      ),
    );
    const offsets = answers.flat().map((answer) => [answer.partitionIndex, Number(answer.offset)] as const);
    return new Map(offsets.sort(([a], [b]) => a - b));
  });
}

/** The partitions of each leader; -1 stands for no leader. */
export function partitionsByLeader(
  metadata: TopicMetadata,
  partitions: Iterable<number> = metadata.partitions.keys(),
): Map<number, number[]> {
  return Map.groupBy(partitions, (partition) => metadata.partitions[partition]?.leader ?? -1);
}

const apis: Readonly<Record<number, typeof listOffsetsV7.api>> = {
  2: listOffsetsV2.api,
  3: listOffsetsV3.api,
  4: listOffsetsV4.api,
  5: listOffsetsV5.api,
  6: listOffsetsV6.api,
  7: listOffsetsV7.api,
};

async function ask(
  cluster: Cluster,
  topic: string,
  kind: OffsetKind,
  leader: number,
  partitions: number[],
): Promise<listOffsetsV7.ListOffsetResponsePartition[]> {
  const connection = await cluster.connection(leader);
  const wanted = partitions.map((partitionIndex) => ({
    partitionIndex,
    currentLeaderEpoch: -1,
    timestamp: kind === 'earliest' ? -2n : -1n,
  }));
  const isolation = kind === 'last-stable' ? 1 : 0;
  const api = apis[versionOf(connection, 'ListOffsets')]!;
  const request = api.async(connection, -1, isolation, [{ name: topic, partitions: wanted }]);
  const answers = (await withErrorCodes(request)).topics.flatMap((answer) => answer.partitions);
  for (const { partitionIndex, errorCode } of answers)
    if (errorCode !== 0) throw new NotReadyError(`partition ${partitionIndex}: ${errorName(errorCode)}`);
  return answers;
}
