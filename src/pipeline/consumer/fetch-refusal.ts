/** Decides about an offset that a broker says it does not have. */
import { unavailableError } from '../../errors.ts';
import type { Cluster } from '../../kafka/client/cluster.ts';
import { offsetsAtHand } from '../../kafka/client/list-offsets.ts';

/**
 * Throws `unavailable` if the partition does not hold the offset: nothing is skipped. Returns if it does, or if that is
 * not known: the broker may have become the leader just now.
 */
export async function outOfRange(
  cluster: Cluster,
  topic: string,
  partition: number,
  offset: number,
): Promise<void> {
  const { offsets: begins } = await offsetsAtHand(cluster, topic, 'earliest');
  const { offsets: ends } = await offsetsAtHand(cluster, topic, 'latest');
  const [begin, end] = [begins.get(partition), ends.get(partition)];
  if (begin === undefined || end === undefined || (begin <= offset && offset <= end)) return;
  const held = begin > offset ? `it begins at ${begin}` : `it ends at ${end}`;
  throw unavailableError(
    `Partition ${partition} of ${topic} has no offset ${offset}: ${held}. Removed records cannot be stored.`,
    { hint: 'nodrop verify lists the missing messages.' },
  );
}
