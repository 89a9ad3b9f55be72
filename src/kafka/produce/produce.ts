/**
 * The producer: sends encoded record batches and says of each what became of it. What goes to one partition
 * is kept in order by its queue; what goes to one leader is gathered into requests. This looks where the
 * leaders are.
 */
import { initProducerIdV4 } from '@platformatic/kafka';
import { OperationalError, unavailableError, usageError } from '../../errors.ts';
import type { Cluster, TopicMetadata } from '../client/cluster.ts';
import { Deadline } from '../../system/deadline.ts';
import { NotReadyError, errorName, withErrorCodes } from '../client/kafka-errors.ts';
import { ProduceQueue, type PartitionLeader } from './produce-queue.ts';
import { ProduceRequests, type Acks, type Attempt } from './produce-requests.ts';
import type { ProducerSequence } from '../record-batch/record-batch-encoder.ts';
import type { SendOutcome } from './send-outcome.ts';

export interface ProducerOptions {
  /** -1: all replicas in sync. 0: no answer is asked for, so every outcome is unknown. */
  acks: Acks;
  /** Needs `acks: -1`. */
  idempotent: boolean;
  /** How long a leader may wait for its followers. */
  requestTimeoutMs: number;
  /** From `send` to the outcome, all attempts and the wait for earlier batches included. */
  deliveryTimeoutMs: number;
  /** Requests under way to one leader, and with idempotence batches of one partition: 1 to 5, the default. */
  inFlightMax?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** A batch from `RecordBatchEncoder.finish`. The bytes are the producer's until the outcome is there. */
export interface Addressed {
  partition: number;
  bytes: Buffer;
}

/** Kafka remembers no more batches of a producer in a partition. */
export const inFlightMaxDefault = 5;

/** Throws `unavailable` where a producer id cannot be had. */
export async function openProducer(
  cluster: Cluster,
  topic: TopicMetadata,
  options: ProducerOptions,
): Promise<Producer> {
  if (!options.idempotent) return new Producer(cluster, topic, options, undefined);
  if (options.acks !== -1)
    throw usageError('An idempotent producer needs acks=all.', 'Set -X enable.idempotence=false.');
  const deadline = new Deadline(options.deliveryTimeoutMs, options.signal);
  return new Producer(cluster, topic, options, await newSequence(cluster, deadline));
}

export class Producer implements PartitionLeader {
  readonly #cluster: Cluster;
  readonly #options: ProducerOptions;
  readonly #requests: ProduceRequests;
  readonly #queues: ProduceQueue[];
  #topic: TopicMetadata;
  #refreshing: Promise<TopicMetadata | undefined> | undefined;

  constructor(
    cluster: Cluster,
    topic: TopicMetadata,
    options: ProducerOptions,
    first: ProducerSequence | undefined,
  ) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#options = options;
    const { acks, requestTimeoutMs: timeoutMs, inFlightMax = inFlightMaxDefault } = options;
    this.#requests = new ProduceRequests(cluster, { topic: topic.topic, acks, timeoutMs, inFlightMax });
    this.#queues = topic.partitions.map(
      (_, partition) => new ProduceQueue(this, { partition, acks, inFlightMax }, first),
    );
  }

  /** The outcomes in the order of the batches. What goes to one leader at one time shares a request. */
  async send(batches: readonly Addressed[]): Promise<SendOutcome[]> {
    return await Promise.all(batches.map((batch) => this.sendOne(batch)));
  }

  async sendOne({ partition, bytes }: Addressed): Promise<SendOutcome> {
    const queue = this.#queues[partition];
    if (queue === undefined)
      throw new RangeError(`Topic ${this.#topic.topic} has no partition ${partition}.`);
    return await queue.deliver(bytes, new Deadline(this.#options.deliveryTimeoutMs, this.#options.signal));
  }

  async attempt(partition: number, bytes: Buffer, deadline: Deadline): Promise<Attempt> {
    const leader = this.#topic.partitions[partition]?.leader ?? -1;
    if (leader < 0) return { error: 'LEADER_NOT_AVAILABLE', baseOffset: -1, isSent: false };
    return await this.#requests.attempt(leader, partition, bytes, deadline);
  }

  async refresh(deadline: Deadline): Promise<void> {
    await deadline.within(orNothing(this.#refreshTopic(deadline)), undefined);
  }

  async newSequence(deadline: Deadline): Promise<ProducerSequence | undefined> {
    return await orNothing(newSequence(this.#cluster, deadline));
  }

  /** Partitions in the same trouble share one request. */
  async #refreshTopic(deadline: Deadline): Promise<void> {
    const refreshing = (this.#refreshing ??= this.#cluster.metadata(this.#topic.topic, deadline));
    try {
      const topic = await refreshing;
      if (topic !== undefined) this.#topic = topic;
    } finally {
      this.#refreshing = undefined;
    }
  }
}

/** A producer id of its own, at the beginning of its sequence. */
async function newSequence(cluster: Cluster, deadline: Deadline): Promise<ProducerSequence> {
  return await cluster.retry(deadline, async () => {
    const connection = await cluster.anyConnection();
    const answer = await withErrorCodes(initProducerIdV4.api.async(connection, null, 0x7fffffff));
    const error = errorName(answer.errorCode);
    if (error === 'CLUSTER_AUTHORIZATION_FAILED')
      throw unavailableError(`Kafka at ${cluster.bootstrapServers} gives no producer id: ${error}.`);
    if (error !== 'NONE') throw new NotReadyError(`no producer id: ${error}`);
    return { producerId: answer.producerId, producerEpoch: answer.producerEpoch, baseSequence: 0 };
  });
}

/** What the cluster cannot give in time is no error here: the batch has an outcome all the same. */
async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof OperationalError) return undefined;
    throw error;
  }
}
