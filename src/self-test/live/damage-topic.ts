/** Damage that other users of the cluster may do to a topic: other producers, administrators, retention. */
import { Producer as LibraryProducer, type MessageToProduce } from '@platformatic/kafka';
import { openCluster } from '../../kafka/client/cluster.ts';
import { Deadline } from '../../system/deadline.ts';
import { deleteGroup } from '../../kafka/client/groups.ts';
import { listOffsets } from '../../kafka/client/list-offsets.ts';
import { scanLog } from '../../kafka/fetch/log-scan.ts';
import { readLog } from '../../kafka/fetch/log-read.ts';
import { connectionOptions, parseBootstrapServers } from '../../kafka/client/client-options.ts';
import { createTopic, deleteRecordsBelow, withAdmin, type AdminAccess } from '../../kafka/client/topics.ts';

/** Damages a topic, and returns whether that took effect. */
export type SpoilTopic = (of: { access: AdminAccess; topic: string }) => Promise<boolean>;

const clientId = 'nodrop-self-test';
const copiesMax = 50;
const pollMs = 100;
const topicResource = 2;

/** Another producer writes copies of the first records of partition 0 in a transaction, and aborts it. */
export const abortTransaction: SpoilTopic = async ({ access, topic }) => {
  const copies = (await recordsOf(access, topic, 0)).slice(0, copiesMax).map(({ message }) => message);
  const brokers = parseBootstrapServers(access.bootstrapServers);
  const producer = new LibraryProducer({
    clientId,
    bootstrapBrokers: brokers,
    ...connectionOptions(brokers, access.client, access.timeoutMs),
    idempotent: true,
    transactionalId: topic,
  });
  try {
    const transaction = await producer.beginTransaction();
    await transaction.send({ messages: copies });
    await transaction.abort();
  } finally {
    await producer.close();
  }
  return copies.length > 0;
};

/** Another producer, without transactions, writes copies of records of partition 0 that were aborted. */
export const copyAborted: SpoilTopic = async ({ access, topic }) => {
  await using cluster = await openCluster({ ...access, clientId });
  const aborted = new Set<number>();
  await scanLog(cluster, topic, {
    timeoutMs: access.timeoutMs,
    signal: access.signal,
    onBatch: ({ partition, batch, from, to, state }) => {
      if (partition !== 0 || state !== 'aborted') return;
      for (let index = from; index < to; index++) aborted.add(batch.offset[index]!);
    },
  });
  const copies = (await recordsOf(access, topic, 0)).filter(({ offset }) => aborted.has(offset));
  const brokers = parseBootstrapServers(access.bootstrapServers);
  const producer = new LibraryProducer({
    clientId,
    bootstrapBrokers: brokers,
    ...connectionOptions(brokers, access.client, access.timeoutMs),
  });
  try {
    const messages = copies.slice(0, copiesMax).map(({ message }) => message);
    if (messages.length > 0) await producer.send({ messages, acks: -1 });
  } finally {
    await producer.close();
  }
  return copies.length > 0;
};

/** Removes all records of the topic, as retention does. */
export const deleteRecords: SpoilTopic = async ({ access, topic }) => {
  await using cluster = await openCluster({ ...access, clientId });
  await deleteRecordsBelow(access, topic, await listOffsets(cluster, topic, 'latest'));
  return [...(await listOffsets(cluster, topic, 'earliest')).values()].some((start) => start > 0);
};

/** Doubles the number of partitions, so that keys get other partitions. */
export const addPartitions: SpoilTopic = async ({ access, topic }) => {
  await using cluster = await openCluster({ ...access, clientId });
  const { partitions } = (await cluster.metadata(topic))!;
  const more = partitions.map(({ replicas }) => ({ brokerIds: replicas }));
  const count = partitions.length + more.length;
  await withAdmin(access, (admin) =>
    admin.createPartitions({ topics: [{ name: topic, count, assignments: more }] }),
  );
  return await comesAbout(access, async () => {
    const grown = (await cluster.metadataAgain(topic))?.partitions ?? [];
    return grown.length === count && grown.every(({ leader }) => leader >= 0);
  });
};

/** Deletes the topic and recreates it under the same name. */
export const recreate: SpoilTopic = async ({ access, topic }) => {
  await using cluster = await openCluster({ ...access, clientId });
  const { topicId, partitions } = (await cluster.metadata(topic))!;
  await withAdmin(access, (admin) => admin.deleteTopics({ topics: [topic] }));
  await comesAbout(access, () => createTopic(access, topic, partitions.length));
  return await comesAbout(access, async () => {
    const remade = await cluster.metadataAgain(topic);
    return remade !== undefined && remade.topicId !== topicId;
  });
};

/** Deletes the topic. */
export const deleteTopic: SpoilTopic = async ({ access, topic }) => {
  await using cluster = await openCluster({ ...access, clientId });
  await withAdmin(access, (admin) => admin.deleteTopics({ topics: [topic] }));
  return await comesAbout(access, async () => (await cluster.metadataAgain(topic)) === undefined);
};

/** Allows a replica that lacks records to become the leader. */
export const allowUncleanElection: SpoilTopic = async ({ access, topic }) => {
  const config = { name: 'unclean.leader.election.enable', configOperation: 0 as const, value: 'true' };
  await withAdmin(access, (admin) =>
    admin.incrementalAlterConfigs({
      resources: [{ resourceType: topicResource, resourceName: topic, configs: [config] }],
    }),
  );
  return true;
};

/** Deletes the group, and with it all its commits. */
export async function forgetGroup({
  access,
  group,
}: {
  access: AdminAccess;
  group: string;
}): Promise<boolean> {
  await deleteGroup(access, group, new Deadline(access.timeoutMs, access.signal));
  return true;
}

async function recordsOf(
  access: AdminAccess,
  topic: string,
  partition: number,
): Promise<{ offset: number; message: MessageToProduce }[]> {
  await using cluster = await openCluster({ ...access, clientId });
  const metadata = (await cluster.metadata(topic))!;
  const end = (await listOffsets(cluster, topic, 'latest')).get(partition)!;
  const records: { offset: number; message: MessageToProduce }[] = [];
  const deadline = new Deadline(access.timeoutMs, access.signal);
  await readLog(cluster, metadata, [{ partition, start: 0, end }], deadline, (_, batch, from, to) => {
    for (let index = from; index < to; index++) {
      if (batch.isControl) continue;
      const message: MessageToProduce = {
        topic,
        partition,
        key: Buffer.from(batch.key(index)!),
        value: Buffer.from(batch.value(index)!),
        headers: new Map(
          [...batch.headers(index)].map(([name, value]) => [Buffer.from(name), Buffer.from(value!)]),
        ),
      };
      records.push({ offset: batch.offset[index]!, message });
    }
  });
  return records;
}

/** Whether the condition becomes true before the deadline. */
async function comesAbout(
  { timeoutMs, signal }: AdminAccess,
  isSo: () => Promise<boolean>,
): Promise<boolean> {
  return (await new Deadline(timeoutMs, signal).poll(isSo, pollMs)) === true;
}
