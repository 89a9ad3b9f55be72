/** Asks a cluster what a client may do. Old brokers do not tell: undefined stands for that. */
import { describeClusterV0, describeGroupsV3, describeGroupsV5 } from '@platformatic/kafka';
import { brokerVersions } from './api-versions.ts';
import type { Cluster } from './cluster.ts';
import { coordinatorOn } from './group-coordinator.ts';
import { errorName, NotReadyError, withErrorCodes } from './kafka-errors.ts';
import { askMetadata } from './metadata-request.ts';
import type { Operation } from './permissions.ts';

export type Permissions = ReadonlySet<Operation>;

/** By Kafka's numbers, which are the bits of an answer. */
const operations: readonly [bit: number, operation: Operation][] = [
  [3, 'Read'],
  [4, 'Write'],
  [5, 'Create'],
  [6, 'Delete'],
  [8, 'Describe'],
  [10, 'DescribeConfigs'],
  [12, 'IdempotentWrite'],
];
const untold = -(2 ** 31);
const keys = { describeGroups: 15, describeCluster: 60 };

const decode = (bits: number): Permissions | undefined =>
  bits === untold
    ? undefined
    : new Set(operations.filter(([bit]) => (bits & (1 << bit)) !== 0).map(([, operation]) => operation));

/** The topic need not exist. Without Describe, no operation is permitted, though there may be others. */
export async function topicPermissions(
  cluster: Cluster,
  topic: string,
): Promise<{ permitted: Permissions | undefined; exists: boolean }> {
  return await cluster.retry(cluster.deadline(), async () => {
    const { topics } = await askMetadata(await cluster.anyConnection(), [topic], true);
    const { errorCode = 0, topicAuthorizedOperations: bits = untold } = topics[0] ?? {};
    const error = errorName(errorCode);
    if (error === 'TOPIC_AUTHORIZATION_FAILED') return { permitted: new Set<Operation>(), exists: false };
    if (error === 'NONE') return { permitted: decode(bits), exists: true };
    if (error === 'UNKNOWN_TOPIC_OR_PARTITION') return { permitted: decode(bits), exists: false };
    throw new NotReadyError(`topic ${topic}: ${error}`);
  });
}

/** The group need not exist. Without Describe, the answer is empty. */
export async function groupPermissions(cluster: Cluster, group: string): Promise<Permissions | undefined> {
  return await cluster.retry(cluster.deadline(), async () => {
    const { nodeId, error } = await coordinatorOn(await cluster.anyConnection(), group);
    if (error === 'GROUP_AUTHORIZATION_FAILED') return new Set<Operation>();
    if (error !== 'NONE') throw new NotReadyError(`group ${group}: ${error}`);
    const connection = await cluster.connection(nodeId);
    const newest = (await brokerVersions(connection)).get(keys.describeGroups)?.max ?? 0;
    if (newest < 3) return undefined;
    const { api } = newest < 5 ? describeGroupsV3 : describeGroupsV5;
    const [found] = (await withErrorCodes(api.async(connection, [group], true))).groups;
    if (found === undefined) return undefined;
    const refused = errorName(found.errorCode);
    if (refused === 'GROUP_AUTHORIZATION_FAILED') return new Set<Operation>();
    if (refused !== 'NONE') throw new NotReadyError(`group ${group}: ${refused}`);
    return decode(found.authorizedOperations);
  });
}

export async function clusterPermissions(cluster: Cluster): Promise<Permissions | undefined> {
  return await cluster.retry(cluster.deadline(), async () => {
    const connection = await cluster.anyConnection();
    if (!(await brokerVersions(connection)).has(keys.describeCluster)) return undefined;
    const answer = await withErrorCodes(describeClusterV0.api.async(connection, true, 1));
    return decode(answer.clusterAuthorizedOperations);
  });
}
