/** Opens what a producer sends with: plain or, if the plan has transactions, in transactions. */
import { transactionTimeoutMs } from '../../kafka/client/client-settings.ts';
import type { Cluster, TopicMetadata } from '../../kafka/client/cluster.ts';
import { openProducer, type Producer } from '../../kafka/produce/produce.ts';
import { producerOptions } from '../../kafka/produce/options-from-settings.ts';
import {
  openTransactionalProducer,
  TransactionalProducer,
} from '../../kafka/produce/transactional-producer.ts';
import { transactionalIdOf } from '../../run-folder/run-folder.ts';
import { say } from '../../text/say.ts';
import { TransactionPlan } from '../../workload/transaction-plan.ts';
import { producerName } from '../../workload/workload.ts';
import type { Reach } from '../stage/failpoints.ts';
import type { ProduceConfig } from './publisher.ts';
import { TransactionCourse, type TransactionCourseParts } from './transaction-course.ts';

export type Sending = Producer | TransactionalProducer;

/** Throws `unavailable` if the cluster gives no producer id. */
export async function openSender(
  config: ProduceConfig,
  cluster: Cluster,
  topic: TopicMetadata,
  { producer, signal, reach }: { producer: number; signal: AbortSignal; reach: Reach | undefined },
): Promise<Sending> {
  const note = (line: string): void => say(`nodrop: ${line}`);
  const options = { ...producerOptions(config.settings, config.timeoutMs), note, signal };
  if (config.transactions === undefined) return await openProducer(cluster, topic, options);
  return await openTransactionalProducer(cluster, topic, {
    ...options,
    transactionalId: transactionalIdOf(config.folder.id, producerName(producer)),
    transactionTimeoutMs: transactionTimeoutMs(config.settings),
    ...(reach && { onCommitRequested: async () => await reach('after-commit-request') }),
  });
}

export function courseOf(
  { seed, transactions }: ProduceConfig,
  sender: Sending,
  parts: Pick<TransactionCourseParts, 'producer' | 'ledger' | 'reach'>,
): TransactionCourse | undefined {
  if (transactions === undefined || !(sender instanceof TransactionalProducer)) return undefined;
  const plan = new TransactionPlan(seed, transactions);
  return new TransactionCourse({ plan, transactions: sender, ...parts });
}
