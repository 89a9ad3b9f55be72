/** Waits until a group has committed past the ranges that are checked. Its commits are what it claims, and no proof. */
import { groupOffsets } from '../kafka/client/groups.ts';
import type { AdminAccess } from '../kafka/client/topics.ts';
import type { Deadline } from '../system/deadline.ts';

/** By topic, then by partition: the group's next offset. */
export type Commits = ReadonlyMap<string, ReadonlyMap<number, number>>;

const pollMs = 200;

/**
 * The commits once they have passed these ends, or at the deadline.
 * @param ends by topic, then by partition
 */
export async function waitForGroup(
  access: AdminAccess,
  group: string,
  ends: ReadonlyMap<string, ReadonlyMap<number, number>>,
  deadline: Deadline,
): Promise<Commits> {
  for (;;) {
    const commits = new Map<string, ReadonlyMap<number, number>>();
    for (const topic of ends.keys()) commits.set(topic, await groupOffsets(access, group, topic));
    if (hasPassed(commits, ends) || deadline.hasPassed) return commits;
    await deadline.pause(pollMs);
  }
}

/** Whether a group has passed these ends. */
export const hasPassed = (
  commits: Commits,
  ends: ReadonlyMap<string, ReadonlyMap<number, number>>,
): boolean =>
  [...ends].every(([topic, ofTopic]) =>
    [...ofTopic].every(([partition, end]) => (commits.get(topic)?.get(partition) ?? -1) >= end),
  );
