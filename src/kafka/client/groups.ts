/** Consumer groups: what they have committed and who is in them, by the client library's own admin. */
import { unavailableError } from '../../errors.ts';
import type { Deadline } from '../../system/deadline.ts';
import { saysError, withAdmin, type AdminAccess } from './topics.ts';

const pollMs = 200;

/** The group's next offset by partition; empty where it has committed nothing, or there is no such group. */
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

/** The topics of which the group has committed offsets. */
export async function groupTopics(access: AdminAccess, group: string): Promise<string[]> {
  const groups = await withAdmin(access, (admin) => admin.listConsumerGroupOffsets({ groups: [group] }));
  return groups.flatMap(({ topics }) => topics.map(({ name }) => name));
}

/** How many members a group has; one that is missed for longer than its session is none any more. */
export async function groupMembers(access: AdminAccess, group: string): Promise<number> {
  const groups = await withAdmin(access, (admin) => admin.describeGroups({ groups: [group] }));
  return groups.get(group)?.members.size ?? 0;
}

/**
 * Deletes a group with all that it has committed. A broker does that only once it has missed the last member, which
 * is waited for. Throws `unavailable` where there still is one at the deadline.
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
