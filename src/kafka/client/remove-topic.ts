/** Deletes topics and groups on a user's cluster, but only those that a run created and no other program uses. */
import { counted } from '../../system/removal.ts';
import { noTopicId } from './topic-id.ts';
import { openCluster } from './cluster.ts';
import { groupMembers, groupTopics } from './groups.ts';
import { listOffsets } from './list-offsets.ts';
import { saysError, withAdmin, type AdminAccess } from './topics.ts';

export interface OwnTopic {
  topic: string;
  /** The id of the topic that the run created. */
  topicId: string;
  /** By partition: the offset below which all records are known to be the run's own. */
  ends: ReadonlyMap<number, number>;
}

/** Returns why the topic was left; undefined if it is gone. */
export async function removeTopic(access: AdminAccess, own: OwnTopic): Promise<string | undefined> {
  const { topic } = own;
  {
    await using cluster = await openCluster({ ...access, clientId: 'nodrop-admin' });
    const found = await cluster.metadata(topic);
    if (found === undefined) return undefined;
    if (found.topicId === noTopicId) {
      return 'the cluster gives topics no ids, so another program may have recreated it';
    }
    if (found.topicId !== own.topicId) return 'another program has recreated it since';
    const ends = await listOffsets(cluster, topic, 'latest');
    const unread = [...ends].reduce((sum, [partition, end]) => sum + end - (own.ends.get(partition) ?? 0), 0);
    if (unread > 0) return `it holds ${counted(unread, 'record')} that came after the audit`;
  }
  await withAdmin(access, (admin) => admin.deleteTopics({ topics: [topic] }));
  return undefined;
}

/** Like `removeTopic`, for a group. A group that no consumer ever joined does not exist. */
export async function removeGroup(
  access: AdminAccess,
  { group, topic }: { group: string; topic: string },
): Promise<string | undefined> {
  try {
    const members = await groupMembers(access, group, topic);
    if (members > 0) return `it has ${counted(members, 'member')}`;
    const other = (await groupTopics(access, group)).find((name) => name !== topic);
    if (other !== undefined) return `it has committed offsets of topic ${other}`;
    await withAdmin(access, (admin) => admin.deleteGroups({ groups: [group] }));
    return undefined;
  } catch (error) {
    if (saysError(error, 'GROUP_ID_NOT_FOUND')) return undefined;
    if (saysError(error, 'NON_EMPTY_GROUP')) return 'it has members';
    throw error;
  }
}
