/** Publishes records that are no workload's messages, each in its own batch, and returns their places. */
import type { Cluster } from '../client/cluster.ts';
import { openProducer } from './produce.ts';
import { RecordBatchEncoder } from '../record-batch/record-batch-encoder.ts';

export interface PublishedRecord {
  partition: number;
  offset: number;
  payload: Uint8Array | null;
}

/** Publishes to all partitions in turn. Throws if a record was not acknowledged in time. */
export async function publishRecords(
  cluster: Cluster,
  topicName: string,
  payloads: readonly (Uint8Array | null)[],
  timeoutMs: number,
): Promise<PublishedRecord[]> {
  const topic = await cluster.metadataAgain(topicName);
  if (topic === undefined) throw new Error(`there is no topic ${topicName}`);
  const options = {
    acks: -1,
    idempotent: true,
    requestTimeoutMs: timeoutMs,
    deliveryTimeoutMs: timeoutMs,
  } as const;
  const producer = await openProducer(cluster, topic, options);
  const batches = payloads.map((payload, index) => {
    const encoder = new RecordBatchEncoder();
    encoder.append(Date.now(), null, payload);
    return { partition: index % topic.partitions.length, bytes: encoder.finish() };
  });
  const outcomes = await producer.send(batches);
  return outcomes.map((sent, index) => {
    if (sent.outcome !== 'acked') throw new Error(`a record was not acknowledged: ${sent.error}`);
    return { partition: batches[index]!.partition, offset: sent.baseOffset, payload: payloads[index]! };
  });
}
