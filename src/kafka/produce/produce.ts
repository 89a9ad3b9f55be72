/**
 * The producer: sends encoded record batches and returns the outcome of each. A queue per partition keeps its batches
 * in order; `ProduceRequests` gathers the batches for one leader into requests. The producer itself finds the leaders.
 */
import {
  initProducerIdV0,
  initProducerIdV1,
  initProducerIdV2,
  initProducerIdV3,
  initProducerIdV4,
} from '@platformatic/kafka';
import { OperationalError, unavailableError, usageError } from '../../errors.ts';
import { versionOf } from '../client/api-versions.ts';
import type { Cluster, TopicMetadata } from '../client/cluster.ts';
import { Deadline } from '../../system/deadline.ts';
import { NotReadyError, errorName, withErrorCodes } from '../client/kafka-errors.ts';
import { takes } from '../client/permissions.ts';
import { ProduceQueue, type PartitionLeader } from './produce-queue.ts';
import { ProduceRequests, type Acks, type Attempt } from './produce-requests.ts';
import type { ProducerSequence } from '../record-batch/record-batch-encoder.ts';
import type { SendOutcome } from './send-outcome.ts';

export interface ProducerOptions {
  /** -1: all in-sync replicas. 0: the broker does not answer, so every outcome is unknown. */
  acks: Acks;
  /** Requires `acks: -1`. */
  idempotent: boolean;
  /** How long a leader may wait for its followers. */
  requestTimeoutMs: number;
  /** From `send` to the outcome, all attempts and the wait for earlier batches included. */
  deliveryTimeoutMs: number;
  /**
   * Limit of requests in flight to one leader and, with idempotence, of batches of one partition: 1 to 5 (default: 5).
   */
  inFlightMax?: number | undefined;
  /** Called with a sentence about a partition that has had no leader for longer than an election takes. */
  note?: (line: string) => void;
  /** Set if all batches belong to transactions, of which `transactional-producer.ts` takes care. */
  transactionalId?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** A batch from `RecordBatchEncoder.finish`. The caller must not change the bytes before the outcome is known. */
export interface Addressed {
  partition: number;
  bytes: Buffer;
}

const quietMs = 3_000;
/** A broker remembers no more than this many batches per producer and partition. */
export const inFlightMaxDefault = 5;

/** Throws `unavailable` if the cluster gives no producer id. */
export async function openProducer(
  cluster: Cluster,
  topic: TopicMetadata,
  options: ProducerOptions,
): Promise<Producer> {
  if (!options.idempotent) return new Producer(cluster, topic, options, undefined);
  if (options.acks !== -1)
    throw usageError('An idempotent producer needs acks=all.', 'Set -X enable.idempotence=false.');
  const deadline = new Deadline(options.deliveryTimeoutMs, options.signal);
  return new Producer(cluster, topic, options, await newSequence(cluster, topic.topic, deadline));
}

export class Producer implements PartitionLeader {
  readonly #cluster: Cluster;
  readonly #options: ProducerOptions;
  readonly #requests: ProduceRequests;
  readonly #queues: ProduceQueue[];
  #topic: TopicMetadata;
  #refreshing: Promise<TopicMetadata | undefined> | undefined;
  /** The partitions without a leader. */
  readonly #leaderless = new Map<number, Deadline>();

  constructor(
    cluster: Cluster,
    topic: TopicMetadata,
    options: ProducerOptions,
    first: ProducerSequence | undefined,
  ) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#options = options;
    const { acks, requestTimeoutMs: timeoutMs, inFlightMax = inFlightMaxDefault, transactionalId } = options;
    const request = { topic: topic.topic, acks, timeoutMs, inFlightMax, transactionalId };
    this.#requests = new ProduceRequests(cluster, request);
    const isTransactional = transactionalId !== undefined;
    this.#queues = topic.partitions.map(
      (_, partition) => new ProduceQueue(this, { partition, acks, inFlightMax, isTransactional }, first),
    );
  }

  /** The outcomes in the order of the batches. Batches for one leader share a request. */
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
    if (leader < 0) {
      this.#tellLeaderless(partition);
      return { error: 'LEADER_NOT_AVAILABLE', baseOffset: -1, isSent: false };
    }
    this.#leaderless.delete(partition);
    return await this.#requests.attempt(leader, partition, bytes, deadline);
  }

  /** Says once that a partition has been without a leader for longer than an election takes. */
  #tellLeaderless(partition: number): void {
    const quiet = this.#leaderless.get(partition);
    if (quiet === undefined) this.#leaderless.set(partition, new Deadline(quietMs));
    else if (quiet.hasPassed && quiet.timeoutMs < Infinity) {
      this.#leaderless.set(partition, new Deadline(Infinity));
      this.#options.note?.(
        `Partition ${partition} of ${this.#topic.topic} has no leader. Its messages wait for one.`,
      );
    }
  }

  async refresh(deadline: Deadline): Promise<void> {
    await deadline.within(orNothing(this.#refreshTopic(deadline)), undefined);
  }

  async newSequence(deadline: Deadline): Promise<ProducerSequence | undefined> {
    if (this.#options.transactionalId !== undefined) return undefined;
    return await orNothing(newSequence(this.#cluster, this.#topic.topic, deadline));
  }

  /** Partitions that need the metadata at the same time share one request. */
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

const idApis: Readonly<Record<number, typeof initProducerIdV4.api>> = {
  0: initProducerIdV0.api,
  1: initProducerIdV1.api,
  2: initProducerIdV2.api,
  3: initProducerIdV3.api,
  4: initProducerIdV4.api,
};

/** A new producer id, at the beginning of its sequence. */
async function newSequence(cluster: Cluster, topic: string, deadline: Deadline): Promise<ProducerSequence> {
  return await cluster.retry(deadline, async () => {
    const connection = await cluster.anyConnection();
    const answer = await withErrorCodes(
      idApis[versionOf(connection, 'InitProducerId')]!.async(connection, null, 0x7fffffff),
    );
    const error = errorName(answer.errorCode);
    if (error === 'CLUSTER_AUTHORIZATION_FAILED')
      throw unavailableError(
        `Kafka at ${cluster.bootstrapServers} gives no producer id: ${takes('Write', { topic })} or IdempotentWrite on the cluster (${error}).`,
        { hint: 'Without them, a producer can only work with -X enable.idempotence=false.' },
      );
    if (error !== 'NONE') throw new NotReadyError(`no producer id: ${error}`);
    return { producerId: answer.producerId, producerEpoch: answer.producerEpoch, baseSequence: 0 };
  });
}

/** Undefined if the cluster does not answer in time. That is not an error: the batch gets an outcome all the same. */
async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof OperationalError) return undefined;
    throw error;
  }
}
