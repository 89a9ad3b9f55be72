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
import { unavailableError } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';
import { isRefusal } from './connection-problem.ts';
import { NotReadyError, errorName, isRetriable, problemOf, withErrorCodes } from './kafka-errors.ts';

type ListedOffset = listOffsetsV7.ListOffsetResponsePartition;

/** If a leader does not answer in this time, the others' answers count without it. */
const answerMsMax = 3_000;

/**
 * `latest`: the high watermark, one past the last readable record. `last-stable`: where the first open transaction
 * begins. `since`: the first record with that time or a later one, in ms since the epoch; −1 if there is none.
 */
export type OffsetKind = 'earliest' | 'latest' | 'last-stable' | { since: number };

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
    const { offsets, missing } = await askLeaders(cluster, metadata, kind, deadline);
    const [first] = missing;
    if (first !== undefined) throw new NotReadyError(`partition ${first[0]} of ${topic}: ${first[1]}`);
    return offsets;
  });
}

export interface OffsetsAtHand {
  offsets: Map<number, number>;
  /** The partitions whose leader gave no offset, and why. */
  missing: Map<number, string>;
}

/** One attempt, in which no partition waits for the leader of another. Throws `unavailable` if there is no topic. */
export async function offsetsAtHand(
  cluster: Cluster,
  topic: string,
  kind: OffsetKind,
  deadline: Deadline = cluster.deadline(),
): Promise<OffsetsAtHand> {
  const metadata = await cluster.metadataAgain(topic, deadline);
  if (metadata !== undefined) return await askLeaders(cluster, metadata, kind, deadline);
  throw unavailableError(`Topic ${topic} is gone: UNKNOWN_TOPIC_OR_PARTITION.`);
}

async function askLeaders(
  cluster: Cluster,
  metadata: TopicMetadata,
  kind: OffsetKind,
  deadline: Deadline,
): Promise<OffsetsAtHand> {
  const limit = new Deadline(Math.min(answerMsMax, deadline.remainingMs), deadline.signal);
  const missing = new Map<number, string>();
  const askOne = async (leader: number, partitions: number[]): Promise<ListedOffset[]> => {
    const fail = (problem: string): ListedOffset[] => {
      for (const partition of partitions) missing.set(partition, problem);
      return [];
    };
    if (leader < 0) return fail('LEADER_NOT_AVAILABLE');
    try {
      const answers = await limit.within(ask(cluster, metadata.topic, kind, leader, partitions), undefined);
      return answers ?? fail(`broker ${leader} does not answer`);
    } catch (error) {
      if (isRefusal(error) || !isRetriable(error)) throw error;
      return fail(problemOf(error));
    }
  };
  const asked = [...partitionsByLeader(metadata)].map(([leader, partitions]) => askOne(leader, partitions));
  const offsets = new Map<number, number>();
  for (const { partitionIndex, errorCode, offset } of (await Promise.all(asked)).flat()) {
    if (errorCode === 0) offsets.set(partitionIndex, Number(offset));
    else missing.set(partitionIndex, errorName(errorCode));
  }
  return { offsets: new Map([...offsets].sort(([a], [b]) => a - b)), missing };
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
): Promise<ListedOffset[]> {
  const connection = await cluster.connection(leader);
  const wanted = partitions.map((partitionIndex) => ({
    partitionIndex,
    currentLeaderEpoch: -1,
    timestamp: typeof kind === 'object' ? BigInt(kind.since) : kind === 'earliest' ? -2n : -1n,
  }));
  const isolation = kind === 'last-stable' ? 1 : 0;
  const api = apis[versionOf(connection, 'ListOffsets')]!;
  const request = api.async(connection, -1, isolation, [{ name: topic, partitions: wanted }]);
  return (await withErrorCodes(request)).topics.flatMap((answer) => answer.partitions);
}
