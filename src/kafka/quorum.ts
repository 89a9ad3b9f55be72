import { describeQuorumV2 } from '@platformatic/kafka';
import type { Cluster } from './cluster.ts';
import { NotReadyError, withErrorCodes } from './kafka-errors.ts';

/** Where the cluster keeps what it knows of itself. */
const metadataTopic = '__cluster_metadata';

/** The node that is the active controller: the leader of the metadata's own log. Throws `unavailable`. */
export async function activeController(cluster: Cluster): Promise<number> {
  return await cluster.retry(cluster.deadline(), async () => {
    const connection = await cluster.anyConnection();
    const topics = [{ topicName: metadataTopic, partitions: [{ partitionIndex: 0 }] }];
    const answer = await withErrorCodes(describeQuorumV2.api.async(connection, topics));
    const leader = answer.topics[0]?.partitions[0]?.leaderId ?? -1;
    if (leader < 0) throw new NotReadyError('there is no active controller');
    return leader;
  });
}
