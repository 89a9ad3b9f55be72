/** Publishes orders as another program would. */
import { Producer as LibraryProducer, type MessageToProduce } from '@platformatic/kafka';
import { connectionOptions, parseBootstrapServers } from '../../kafka/client/client-options.ts';
import { createTopic, type AdminAccess } from '../../kafka/client/topics.ts';
import type { OrderRecord } from './orders.ts';

/** Creates a topic of one partition with these orders, in their order. */
export async function publishOrders(
  access: AdminAccess,
  topic: string,
  records: readonly OrderRecord[],
  isTransactional: boolean,
): Promise<void> {
  await createTopic(access, topic, 1);
  const brokers = parseBootstrapServers(access.bootstrapServers);
  const aborted = records.filter(({ isAborted }) => isAborted === true);
  const others = records.filter(({ isAborted }) => isAborted !== true);
  const producer = new LibraryProducer({
    clientId: 'nodrop-self-test',
    bootstrapBrokers: brokers,
    ...connectionOptions(brokers, access.client, access.timeoutMs),
    idempotent: true,
    ...((isTransactional || aborted.length > 0) && { transactionalId: topic }),
  });
  const transact = async (part: readonly OrderRecord[], end: 'commit' | 'abort'): Promise<void> => {
    const transaction = await producer.beginTransaction();
    await transaction.send({ messages: part.map((record) => messageOf(topic, record)) });
    await transaction[end]();
  };
  try {
    if (aborted.length > 0) await transact(aborted, 'abort');
    if (isTransactional) await transact(others, 'commit');
    else await producer.send({ messages: others.map((record) => messageOf(topic, record)), acks: -1 });
  } finally {
    await producer.close();
  }
}

function messageOf(
  topic: string,
  { id, status, amount, isTest, isTombstone }: OrderRecord,
): MessageToProduce {
  const message = { topic, partition: 0, key: Buffer.from(id) };
  if (isTombstone === true) return message;
  const value = { id, status, amount, test: isTest === true };
  return { ...message, value: Buffer.from(JSON.stringify(value)) };
}
