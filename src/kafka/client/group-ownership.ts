/** Whether a consumer group is at work: it has members, and they own all partitions of what they subscribe to. */
import { consumerGroupDescribeV0 } from '@platformatic/kafka';
import type { Cluster } from './cluster.ts';
import { consumerGroupApis, findCoordinator, speaks } from './group-coordinator.ts';
import { NotReadyError, errorName, withErrorCodes } from './kafka-errors.ts';
import { saysError, withAdmin, type AdminAccess } from './topics.ts';

/** Any topic does: the metadata that tell the brokers' addresses are those of a topic. */
const anyTopic = '__consumer_offsets';

interface GroupView {
  members: number;
  isStable: boolean;
  /** Partitions by topic, of those that are owned or subscribed to. */
  owned: ReadonlyMap<string, ReadonlySet<number>>;
}

/** undefined if the group is at work, else why it is not, in words that follow `the group …`. */
export async function whyGroupIsIdle(
  access: AdminAccess,
  cluster: Cluster,
  group: string,
): Promise<string | undefined> {
  const view =
    (await classicGroup(access, group)) ??
    (await cluster.retry(cluster.deadline(), () => groupOfConsumerProtocol(cluster, group)));
  if (view === undefined || view.members === 0) return 'has no members';
  if (!view.isStable) return `has ${view.members} members and rebalances`;
  if (view.owned.size === 0) return 'has members without a topic';
  for (const [topic, owned] of view.owned) {
    const found = await cluster.metadata(topic);
    if (found === undefined) return `waits for topic ${topic}, which does not exist`;
    const all = found.partitions.length;
    if (owned.size < all) return `owns ${owned.size} of ${all} partitions of topic ${topic}`;
  }
  return undefined;
}

/** undefined if there is no such group of this kind. */
async function classicGroup(access: AdminAccess, name: string): Promise<GroupView | undefined> {
  try {
    const found = await withAdmin(access, (admin) => admin.describeGroups({ groups: [name] }));
    const group = found.get(name);
    if (group === undefined || group.members.size === 0) return undefined;
    const owned = new Map<string, Set<number>>();
    for (const { metadata, assignments } of group.members.values()) {
      for (const topic of metadata?.topics ?? []) note(owned, topic, []);
      for (const { topic, partitions } of assignments?.values() ?? []) note(owned, topic, partitions);
    }
    return { members: group.members.size, isStable: /^stable$/i.test(group.state), owned };
  } catch (error) {
    // It does not exist, or it is of the consumer protocol.
    if (saysError(error, 'GROUP_ID_NOT_FOUND')) return undefined;
    throw error;
  }
}

async function groupOfConsumerProtocol(cluster: Cluster, name: string): Promise<GroupView | undefined> {
  const { nodeId, error } = await findCoordinator(cluster, name, anyTopic);
  if (error !== 'NONE') throw new NotReadyError(`group ${name}: ${error}`);
  const connection = await cluster.connection(nodeId);
  if (!(await speaks(connection, consumerGroupApis.describe))) return undefined;
  const { groups } = await withErrorCodes(consumerGroupDescribeV0.api.async(connection, [name], false));
  const [group] = groups;
  if (group === undefined || errorName(group.errorCode) !== 'NONE') return undefined;
  const owned = new Map<string, Set<number>>();
  for (const { subscribedTopicNames, assignment } of group.members) {
    for (const topic of subscribedTopicNames) note(owned, topic, []);
    for (const { topicName, partitions } of assignment.topicPartitions) note(owned, topicName, partitions);
  }
  return { members: group.members.length, isStable: /^stable$/i.test(group.groupState), owned };
}

function note(owned: Map<string, Set<number>>, topic: string, partitions: readonly number[]): void {
  const known = owned.get(topic) ?? new Set();
  for (const partition of partitions) known.add(partition);
  owned.set(topic, known);
}
