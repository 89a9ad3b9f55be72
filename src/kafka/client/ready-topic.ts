/** A topic that can be used: it exists, and each of its partitions has a leader. */
import { unavailableError } from '../../errors.ts';
import type { Cluster, TopicMetadata } from './cluster.ts';
import { createTopic, type AdminAccess } from './topics.ts';

const pollMs = 20;

/** Creates the topic with the cluster's default replication. Returns false if it was there. */
export async function createIfMissing(
  cluster: Cluster,
  access: AdminAccess,
  name: string,
  partitions: number,
): Promise<boolean> {
  const existing = await cluster.metadata(name);
  return existing === undefined && (await createTopic(access, name, partitions));
}

/**
 * Returns the topic once it has at least `count` partitions, each with a leader. Throws `unavailable` if that takes longer
 * than the cluster's time limit.
 */
export async function untilLed(cluster: Cluster, name: string, count: number): Promise<TopicMetadata> {
  let leaderless: number[] = [];
  const ready = async (): Promise<TopicMetadata | undefined> => {
    const topic = await cluster.metadata(name);
    const { partitions } = topic ?? { partitions: [] };
    leaderless = partitions.flatMap(({ leader }, partition) => (leader < 0 ? partition : []));
    return partitions.length >= count && leaderless.length === 0 ? topic : undefined;
  };
  const topic = await cluster.deadline().poll(ready, pollMs);
  if (topic !== undefined) return topic;
  const which = leaderless.length === 0 ? '' : `: ${leaderless.join(', ')}`;
  throw unavailableError(
    `Topic ${name} at ${cluster.bootstrapServers} has partitions without a leader${which}.`,
  );
}
