/**
 * The producer: sends encoded record batches and says of each what became of it.
 *
 * Idempotent, the same bytes go out under the same sequence until they are acked or time is up, so that no
 * retry can append twice. One batch a partition is in flight. A sequence is never given to a second batch:
 * the broker would take that one for a repetition of the first and ack it unwritten. So after any other end
 * than an ack the partition goes on under a new producer id, beginning with a batch that was never sent.
 *
 * Without idempotence a batch is sent again only while every attempt has surely not been written.
 */
import { initProducerIdV4 } from '@platformatic/kafka';
import { OperationalError, unavailableError, usageError } from '../errors.ts';
import type { Cluster, TopicMetadata } from './cluster.ts';
import { Deadline } from './deadline.ts';
import { NotReadyError, errorName, withErrorCodes } from './kafka-errors.ts';
import { ProduceRequests, type Acks, type Attempt } from './produce-requests.ts';
import { sealRecordBatch, type ProducerSequence } from './record-batch-encoder.ts';
import { layout } from './record-batch-layout.ts';
import { answerOf, type SendOutcome } from './send-outcome.ts';

export interface ProducerOptions {
  /** -1: all replicas in sync. 0: no answer is asked for, so every outcome is unknown. */
  acks: Acks;
  /** Needs `acks: -1`. */
  idempotent: boolean;
  /** How long a leader may wait for its followers. */
  requestTimeoutMs: number;
  /** From `send` to the outcome, all attempts and the wait for earlier batches included. */
  deliveryTimeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** A batch from `RecordBatchEncoder.finish`. The bytes are the producer's until the outcome is there. */
export interface Addressed {
  partition: number;
  bytes: Buffer;
}

interface PartitionState {
  partition: number;
  /** Settles when the partition's latest batch has its outcome. */
  latest: Promise<unknown>;
  /** What the next batch goes under; undefined where a new producer id is needed first. */
  sequence: ProducerSequence | undefined;
}

const retryPauseMs = 50;
const retryPauseMsMax = 1_000;

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

export class Producer {
  readonly #cluster: Cluster;
  readonly #options: ProducerOptions;
  readonly #requests: ProduceRequests;
  readonly #states: PartitionState[];
  #topic: TopicMetadata;
  /** Set by trouble that another leader may explain. */
  #isTopicStale = false;
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
    this.#requests = new ProduceRequests(cluster, topic.topic, options.acks, options.requestTimeoutMs);
    this.#states = topic.partitions.map((_, partition) => ({
      partition,
      latest: Promise.resolve(),
      sequence: first,
    }));
  }

  /** The outcomes in the order of the batches. What goes to one leader at one time shares a request. */
  async send(batches: readonly Addressed[]): Promise<SendOutcome[]> {
    return await Promise.all(batches.map((batch) => this.sendOne(batch)));
  }

  async sendOne({ partition, bytes }: Addressed): Promise<SendOutcome> {
    const state = this.#states[partition];
    if (state === undefined)
      throw new RangeError(`Topic ${this.#topic.topic} has no partition ${partition}.`);
    const deadline = new Deadline(this.#options.deliveryTimeoutMs, this.#options.signal);
    const outcome = state.latest.then(() => this.#deliver(state, bytes, deadline));
    // Whoever sent it hears of a failure; the next batch only waits for the end.
    state.latest = outcome.catch(() => undefined);
    return await outcome;
  }

  async #deliver(state: PartitionState, bytes: Buffer, deadline: Deadline): Promise<SendOutcome> {
    if (!this.#options.idempotent) {
      sealRecordBatch(bytes);
      return await this.#attemptUntil(deadline, state.partition, bytes);
    }
    const sequence = state.sequence ?? (await orNothing(newSequence(this.#cluster, deadline)));
    if (sequence === undefined) return { outcome: 'unknown', error: 'NETWORK_EXCEPTION' };
    state.sequence = undefined;
    sealRecordBatch(bytes, sequence);
    const outcome = await this.#attemptUntil(deadline, state.partition, bytes);
    if (outcome.outcome === 'acked') state.sequence = following(sequence, bytes);
    return outcome;
  }

  async #attemptUntil(deadline: Deadline, partition: number, bytes: Buffer): Promise<SendOutcome> {
    let refusal: string | undefined;
    let doubt: string | undefined;
    for (let pauseMs = retryPauseMs; !deadline.isOver; pauseMs = Math.min(pauseMs * 2, retryPauseMsMax)) {
      const { error, baseOffset, isSent } = await this.#attempt(deadline, partition, bytes);
      const answer = answerOf(error);
      if (answer === 'written') {
        if (this.#options.acks === 0) return { outcome: 'unknown', error: 'NO_ACKS_ASKED' };
        return { outcome: 'acked', baseOffset };
      }
      if (isSent && answer === 'doubtful') doubt = error;
      else if (isSent) refusal = error;
      if (answer === 'refused') break;
      this.#isTopicStale = true;
      if (doubt !== undefined && !this.#options.idempotent) break;
      await deadline.pause(pauseMs);
    }
    if (refusal !== undefined && doubt === undefined) return { outcome: 'rejected', error: refusal };
    return { outcome: 'unknown', error: doubt ?? 'REQUEST_TIMED_OUT' };
  }

  async #attempt(deadline: Deadline, partition: number, bytes: Buffer): Promise<Attempt> {
    if (this.#isTopicStale) await deadline.within(orNothing(this.#refreshTopic(deadline)), undefined);
    const leader = this.#topic.partitions[partition]?.leader ?? -1;
    if (leader < 0) return { error: 'LEADER_NOT_AVAILABLE', baseOffset: -1, isSent: false };
    const late: Attempt = { error: 'REQUEST_TIMED_OUT', baseOffset: -1, isSent: true };
    return await deadline.within(this.#requests.attempt(leader, partition, bytes), late);
  }

  /** Partitions in the same trouble share one request. */
  async #refreshTopic(deadline: Deadline): Promise<void> {
    const refreshing = (this.#refreshing ??= this.#cluster.metadata(this.#topic.topic, deadline));
    try {
      const topic = await refreshing;
      if (topic === undefined) return;
      this.#topic = topic;
      this.#isTopicStale = false;
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

/** Sequences count records, and begin again at 0 after 2^31 - 1. */
const following = (sequence: ProducerSequence, batch: Buffer): ProducerSequence => ({
  ...sequence,
  baseSequence: (sequence.baseSequence + batch.readInt32BE(layout.count)) & 0x7fffffff,
});

/** What the cluster cannot give in time is no error here: the batch has an outcome all the same. */
async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof OperationalError) return undefined;
    throw error;
  }
}
