/** Opens what a producer sends with: plain or, if the plan has transactions, in transactions. */
import { transactionTimeoutMs, type ClientSettings } from '../../kafka/client/client-settings.ts';
import type { Cluster, TopicMetadata } from '../../kafka/client/cluster.ts';
import {
  inFlightMaxDefault,
  openProducer,
  type Producer,
  type ProducerOptions,
} from '../../kafka/produce/produce.ts';
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
  const options = { ...producerOptions(config), signal };
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

const acksOf = ({ acks = 'all' }: ClientSettings): ProducerOptions['acks'] =>
  ({ all: -1, '-1': -1, '1': 1, '0': 0 } as const)[acks] ?? -1;

/** As in Java's producer: by default, if all replicas are to acknowledge. */
export const isIdempotent = (settings: ClientSettings): boolean =>
  settings['enable.idempotence'] === undefined
    ? acksOf(settings) === -1
    : settings['enable.idempotence'] === 'true';

function producerOptions({ settings, timeoutMs }: ProduceConfig): ProducerOptions {
  return {
    acks: acksOf(settings),
    idempotent: isIdempotent(settings),
    requestTimeoutMs: Math.min(Number(settings['request.timeout.ms'] ?? 30_000), timeoutMs),
    deliveryTimeoutMs: Number(settings['delivery.timeout.ms'] ?? timeoutMs),
    note: (line) => say(`nodrop: ${line}`),
    inFlightMax: Number(settings['max.in.flight.requests.per.connection'] ?? inFlightMaxDefault),
  };
}
