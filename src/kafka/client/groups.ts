/** Consumer groups: their committed offsets and their members, through the client library's admin. */
import { openCluster } from './cluster.ts';
import { consumerGroupMembers } from './group-coordinator.ts';
import { unavailableError } from '../../errors.ts';
import type { Deadline } from '../../system/deadline.ts';
import { saysError, withAdmin, type AdminAccess } from './topics.ts';

const pollMs = 200;

/** The group's next offset by partition; empty if the group has committed nothing or does not exist. */
export async function groupOffsets(
  access: AdminAccess,
  group: string,
  topic: string,
): Promise<Map<number, number>> {
  const groups = await withAdmin(access, (admin) => admin.listConsumerGroupOffsets({ groups: [group] }));
  const partitions = groups.flatMap(({ topics }) =>
    topics.filter(({ name }) => name === topic).flatMap(({ partitions }) => partitions),
  );
  return new Map(
    partitions
      // -1: nothing was committed.
      .filter(({ committedOffset }) => committedOffset >= 0n)
      .map(({ partitionIndex, committedOffset }) => [partitionIndex, Number(committedOffset)]),
  );
}

/** The topics for which the group has committed offsets. */
export async function groupTopics(access: AdminAccess, group: string): Promise<string[]> {
  const groups = await withAdmin(access, (admin) => admin.listConsumerGroupOffsets({ groups: [group] }));
  return groups.flatMap(({ topics }) => topics.map(({ name }) => name));
}

/** The groups that have committed offsets of a topic, among these; undefined: among all. */
export async function groupsOfTopic(
  access: AdminAccess,
  topic: string,
  among?: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const name of among ?? (await consumerGroups(access)))
    if ((await groupOffsets(access, name, topic)).size > 0) found.push(name);
  return found;
}

/** All groups of consumers. */
export async function consumerGroups(access: AdminAccess): Promise<string[]> {
  const all = await withAdmin(access, (admin) => admin.listGroups());
  return [...all.values()].filter(({ protocolType }) => protocolType === 'consumer').map(({ id }) => id);
}

/** The number of members in a group. A member that is silent for longer than the session timeout no longer counts. */
export async function groupMembers(access: AdminAccess, group: string, topic: string): Promise<number> {
  const classic = await classicMembers(access, group);
  if (classic > 0) return classic;
  await using cluster = await openCluster({ ...access, clientId: 'nodrop-admin' });
  return await cluster.retry(cluster.deadline(), () => consumerGroupMembers(cluster, group, topic));
}

async function classicMembers(access: AdminAccess, group: string): Promise<number> {
  try {
    const groups = await withAdmin(access, (admin) => admin.describeGroups({ groups: [group] }));
    return groups.get(group)?.members.size ?? 0;
  } catch (error) {
    // It does not exist, or it is of the consumer protocol.
    if (saysError(error, 'GROUP_ID_NOT_FOUND')) return 0;
    throw error;
  }
}

/**
 * Deletes a group with its committed offsets. A broker refuses that while the group has members, so this waits until
 * the last one has left or timed out. Throws `unavailable` if there still is a member at the deadline.
 */
export async function deleteGroup(access: AdminAccess, group: string, deadline: Deadline): Promise<void> {
  let cause: unknown;
  const isDeleted = async (): Promise<boolean> => {
    try {
      await withAdmin(access, (admin) => admin.deleteGroups({ groups: [group] }));
      return true;
    } catch (error) {
      cause = error;
      if (saysError(error, 'GROUP_ID_NOT_FOUND')) return true;
      if (saysError(error, 'NON_EMPTY_GROUP')) return false;
      throw error;
    }
  };
  if (await deadline.poll(isDeleted, pollMs)) return;
  throw unavailableError(`Group ${group} still had members after ${deadline.timeoutMs} ms.`, { cause });
}
