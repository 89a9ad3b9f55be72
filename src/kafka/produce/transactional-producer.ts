/**
 * A producer whose batches belong to transactions, one after the other: `send` any number of batches, then `end`. If
 * anything but an ack came back, or an answer is missing, the next transaction begins in a new epoch, so that nothing of
 * the one before can get into it.
 */
import { Deadline } from '../../system/deadline.ts';
import type { Cluster, TopicMetadata } from '../client/cluster.ts';
import { markTransactional, type ProducerSequence } from '../record-batch/record-batch-encoder.ts';
import { Producer, type Addressed, type ProducerOptions } from './produce.ts';
import type { SendOutcome } from './send-outcome.ts';
import { isFenced, TransactionCoordinator, type EndOutcome } from './transaction-coordinator.ts';

export interface TransactionalOptions extends ProducerOptions {
  transactionalId: string;
  /** After this time without an end, the coordinator aborts a transaction. */
  transactionTimeoutMs: number;
  /** Called between a request to commit and its answer. */
  onCommitRequested?: (() => Promise<void>) | undefined;
}

/** Aborts what an earlier producer of the transactional id left open. Throws `unavailable`. */
export async function openTransactionalProducer(
  cluster: Cluster,
  topic: TopicMetadata,
  options: TransactionalOptions,
): Promise<TransactionalProducer> {
  const { transactionalId, transactionTimeoutMs, onCommitRequested } = options;
  const coordinator = new TransactionCoordinator(
    cluster,
    transactionalId,
    transactionTimeoutMs,
    onCommitRequested,
  );
  const sequence = await coordinator.newEpoch(new Deadline(options.deliveryTimeoutMs, options.signal));
  return new TransactionalProducer(cluster, topic, options, coordinator, sequence);
}

export class TransactionalProducer {
  readonly #cluster: Cluster;
  readonly #topic: TopicMetadata;
  readonly #options: TransactionalOptions;
  readonly #coordinator: TransactionCoordinator;
  #producer: Producer;
  /** The partitions of the transaction, those of which the registration is under way included. */
  readonly #added = new Set<number>();
  #adding: Promise<string> = Promise.resolve('NONE');
  #isEachAcked = true;
  #fencedBy: string | undefined;

  constructor(
    cluster: Cluster,
    topic: TopicMetadata,
    options: TransactionalOptions,
    coordinator: TransactionCoordinator,
    sequence: ProducerSequence,
  ) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#options = options;
    this.#coordinator = coordinator;
    this.#producer = new Producer(cluster, topic, options, sequence);
  }

  /** As `Producer.send`. If the coordinator does not admit a partition, the batches are rejected: nothing was sent. */
  async send(batches: readonly Addressed[]): Promise<SendOutcome[]> {
    const fresh = [...new Set(batches.map(({ partition }) => partition))].filter(
      (partition) => !this.#added.has(partition),
    );
    for (const partition of fresh) this.#added.add(partition);
    if (fresh.length > 0) this.#adding = this.#add(fresh, this.#adding);
    const error = await this.#adding;
    if (error !== 'NONE') {
      this.#note(error);
      return batches.map(() => ({ outcome: 'rejected', error }));
    }
    for (const { bytes } of batches) markTransactional(bytes);
    const outcomes = await this.#producer.send(batches);
    for (const sent of outcomes) if (sent.outcome !== 'acked') this.#note(sent.error);
    return outcomes;
  }

  /** Whether the transaction has anything. */
  get isOpen(): boolean {
    return this.#added.size > 0;
  }

  /** Whether the transaction may be committed: all that was sent so far was acked. */
  get isEachAcked(): boolean {
    return this.#isEachAcked;
  }

  /** Whether this producer cannot go on: another one has its transactional id. */
  get isFenced(): boolean {
    return this.#fencedBy !== undefined;
  }

  /**
   * Ends the transaction once all its sends have their outcomes. Throws `unavailable` if another producer has taken over
   * the id: there is no next transaction then.
   */
  async end(isCommit: boolean): Promise<EndOutcome> {
    if (!this.isOpen) return { outcome: isCommit ? 'committed' : 'aborted', error: 'NONE' };
    const end = await this.#coordinator.end(isCommit, this.#deadline());
    if (end.error !== 'NONE') this.#note(end.error);
    return end;
  }

  /** Prepares the next transaction. Throws `unavailable` if this producer cannot go on. */
  async next(): Promise<void> {
    if (this.#fencedBy !== undefined) throw this.#coordinator.refusal('refuses transactions', this.#fencedBy);
    if (!this.#isEachAcked || this.#coordinator.isInDoubt) {
      const sequence = await this.#coordinator.newEpoch(this.#deadline());
      this.#producer = new Producer(this.#cluster, this.#topic, this.#options, sequence);
    }
    this.#isEachAcked = true;
    this.#added.clear();
    this.#adding = Promise.resolve('NONE');
  }

  async #add(partitions: readonly number[], earlier: Promise<string>): Promise<string> {
    const error = await earlier;
    if (error !== 'NONE') return error;
    return await this.#coordinator.addPartitions(this.#topic.topic, partitions, this.#deadline());
  }

  #note(error: string): void {
    this.#isEachAcked = false;
    if (isFenced(error)) this.#fencedBy = error;
  }

  #deadline(): Deadline {
    return new Deadline(this.#options.deliveryTimeoutMs, this.#options.signal);
  }
}
