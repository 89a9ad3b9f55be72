/** What a consumer group has committed, by the client library's own admin. */
import { withAdmin, type AdminAccess } from './topics.ts';

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
