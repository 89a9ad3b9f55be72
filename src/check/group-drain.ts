/** Waits until a group has committed past the ranges that are checked. Its commits are what it claims, and no proof. */
import { groupOffsets } from '../kafka/client/groups.ts';
import type { AdminAccess } from '../kafka/client/topics.ts';
import type { Deadline } from '../system/deadline.ts';
import type { FrozenTopic } from './freeze.ts';

/** By topic, then by partition: the group's next offset. */
export type Commits = ReadonlyMap<string, ReadonlyMap<number, number>>;

const pollMs = 200;

/** The commits once they have passed all ends, or at the deadline. */
export async function waitForGroup(
  access: AdminAccess,
  group: string,
  topics: readonly FrozenTopic[],
  deadline: Deadline,
): Promise<Commits> {
  for (;;) {
    const commits = new Map<string, ReadonlyMap<number, number>>();
    for (const { name } of topics) commits.set(name, await groupOffsets(access, group, name));
    const isPast = topics.every(({ name, partitions }) =>
      partitions.every(
        ({ partition, from, to, lastStableOffset }) =>
          from === to || (commits.get(name)!.get(partition) ?? -1) >= Math.min(to, lastStableOffset),
      ),
    );
    if (isPast || deadline.hasPassed) return commits;
    await deadline.pause(pollMs);
  }
}

/** Whether a group has passed the ends of all ranges. */
export const isPast = (commits: Commits, topics: readonly FrozenTopic[]): boolean =>
  topics.every(({ name, partitions }) =>
    partitions.every(
      ({ partition, from, to }) => from === to || (commits.get(name)?.get(partition) ?? -1) >= to,
    ),
  );
