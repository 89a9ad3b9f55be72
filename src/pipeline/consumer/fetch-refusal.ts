/** Decides about a partition that a broker refused to read: whether to retry, or which error to throw. */
import { unavailableError } from '../../errors.ts';
import type { Cluster } from '../../kafka/client/cluster.ts';
import type { FetchedPartition } from '../../kafka/fetch/fetch.ts';
import { listOffsets } from '../../kafka/client/list-offsets.ts';
import { needs } from '../../kafka/client/permissions.ts';

/** Errors of a partition that pass with fresh metadata or a little time. */
const passingErrors = [
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'UNKNOWN_LEADER_EPOCH',
  'FENCED_LEADER_EPOCH',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'OFFSET_NOT_AVAILABLE',
  // Not every broker knows a new topic at once. A deleted topic shows in the metadata.
  'UNKNOWN_TOPIC_ID',
];

/** Throws `unavailable` for an error that will not pass: nothing is skipped. */
export async function refuse(
  { error, partition }: FetchedPartition,
  offset: number,
  cluster: Cluster,
  topic: string,
): Promise<void> {
  if (passingErrors.includes(error)) return;
  if (error === 'OFFSET_OUT_OF_RANGE') {
    const begin = (await listOffsets(cluster, topic, 'earliest')).get(partition) ?? 0;
    const begins = begin > offset ? `: it begins at ${begin}` : '';
    throw unavailableError(
      `Partition ${partition} of ${topic} has no offset ${offset}${begins}. Removed records cannot be stored.`,
      { hint: 'nodrop verify lists the missing messages.' },
    );
  }
  const why = needs(error, 'Read', { topic });
  throw unavailableError(`Partition ${partition} of ${topic} cannot be read at ${offset}: ${why}.`);
}
