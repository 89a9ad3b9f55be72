/** Which node is the active controller. */
import { apiVersionsV3, describeQuorumV2, metadataV12, type Connection } from '@platformatic/kafka';
import type { Cluster } from './cluster.ts';
import { NotReadyError, withErrorCodes } from './kafka-errors.ts';

/** The topic in which the cluster keeps its own metadata. */
const metadataTopic = '__cluster_metadata';
const describeQuorumKey = 55;

/** Throws `unavailable`. */
export async function activeController(cluster: Cluster): Promise<number> {
  return await cluster.retry(cluster.deadline(), async () => {
    const connection = await cluster.anyConnection();
    const hasQuorum = await speaks(connection, describeQuorumKey);
    const controller = await (hasQuorum ? quorumLeader(connection) : namedController(connection));
    if (controller < 0) throw new NotReadyError('there is no active controller');
    return controller;
  });
}

async function speaks(connection: Connection, key: number): Promise<boolean> {
  const { apiKeys } = await withErrorCodes(apiVersionsV3.api.async(connection, 'nodrop', '1'));
  return apiKeys.some(({ apiKey }) => apiKey === key);
}

/** The leader of the metadata topic: in KRaft mode, a broker may name any broker as the controller. */
async function quorumLeader(connection: Connection): Promise<number> {
  const topics = [{ topicName: metadataTopic, partitions: [{ partitionIndex: 0 }] }];
  const answer = await withErrorCodes(describeQuorumV2.api.async(connection, topics));
  return answer.topics[0]?.partitions[0]?.leaderId ?? -1;
}

/** With ZooKeeper there is no metadata topic, and a broker names the actual controller. */
async function namedController(connection: Connection): Promise<number> {
  return (await withErrorCodes(metadataV12.api.async(connection, [], false, false))).controllerId;
}
