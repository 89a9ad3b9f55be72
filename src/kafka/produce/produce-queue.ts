/**
 * Sends the batches of one partition in order, and determines the outcome of each.
 *
 * With idempotence, several batches are in flight at once, under consecutive sequences. The queue sends a failed batch
 * again, with all batches behind it, as the same bytes under the same sequences, until it is acked or its deadline has
 * passed. The broker appends no batch whose sequence does not follow. So it refuses each batch behind a failed one as
 * out of order, which says nothing about those batches. If a batch was the first without an ack when it was sent, the
 * same error does mean that the broker refused it.
 *
 * After any outcome other than an ack, the queue raises the epoch, and sequences begin at 0 again: no sequence is ever
 * given to a second batch, and the broker refuses requests of the old epoch once the new one has arrived. A batch that
 * may have been written never gets a second sequence; nothing of a later epoch is sent before that batch has an
 * outcome.
 *
 * Without idempotence, one batch is in flight, and the queue sends it again only while every attempt was surely
 * refused.
 */
import type { Deadline } from '../../system/deadline.ts';
import type { Acks, Attempt } from './produce-requests.ts';
import { sealRecordBatch, type ProducerSequence } from '../record-batch/record-batch-encoder.ts';
import { layout } from '../record-batch/record-batch-layout.ts';
import { answerOf, noAcksAsked, type SendOutcome } from './send-outcome.ts';

export interface ProduceQueueOptions {
  partition: number;
  acks: Acks;
  /** Batches in flight at once; without idempotence it is always 1. Kafka remembers the latest 5. */
  inFlightMax: number;
  /**
   * The batches belong to transactions: after any outcome other than an ack the transaction can only be aborted, so the
   * queue refuses all later batches. The coordinator alone gives a new epoch, for which a new queue is made.
   */
  isTransactional?: boolean;
}

/** How a queue reaches the cluster. */
export interface PartitionLeader {
  /** Hands in one attempt without waiting: attempts reach the leader in the order of the calls. */
  attempt(partition: number, bytes: Buffer, deadline: Deadline): Promise<Attempt>;
  /** Asks the cluster for the current leader. */
  refresh(deadline: Deadline): Promise<void>;
  /** A new producer id, for this queue alone; undefined if the cluster gives none in time. */
  newSequence(deadline: Deadline): Promise<ProducerSequence | undefined>;
}

interface Delivery {
  /** The number of this delivery in the queue. */
  ordinal: number;
  bytes: Buffer;
  deadline: Deadline;
  sequence: ProducerSequence | undefined;
  /** Settles when the attempt in flight has its answer; undefined if none is in flight. */
  underWay: Promise<void> | undefined;
  /**
   * How the latest attempt failed, if it did. `gap`: refused as out of order, because it was sent behind another batch.
   */
  failure: 'passing' | 'gap' | 'final' | undefined;
  /** The error of an attempt that was surely refused, and the error of an attempt that may have been written. */
  refusal: string | undefined;
  doubt: string | undefined;
  resolve: (outcome: SendOutcome) => void;
  reject: (error: unknown) => void;
}

/** The outcome of a batch that is not sent, because its transaction can only be aborted. */
const abortable: SendOutcome = { outcome: 'rejected', error: 'TRANSACTION_ABORTABLE' };
const retryPauseMs = 50;
const retryPauseMsMax = 1_000;
const epochMax = 0x7ffe;

export class ProduceQueue {
  readonly #leader: PartitionLeader;
  readonly #options: ProduceQueueOptions;
  readonly #isIdempotent: boolean;
  /** The deliveries without an outcome, in order. */
  readonly #deliveries: Delivery[] = [];
  /** The sequence of the next batch; undefined if a producer id is needed first. */
  #next: ProducerSequence | undefined;
  /** The producer id under which this partition's leader has acked a batch. */
  #provenId: bigint | undefined;
  #handedIn = 0;
  #isMending = false;
  /** Of a transactional queue: a batch was not acked. */
  #isOver = false;

  /** Idempotent if `first` is given. */
  constructor(leader: PartitionLeader, options: ProduceQueueOptions, first: ProducerSequence | undefined) {
    this.#leader = leader;
    this.#options = options;
    this.#next = first;
    this.#isIdempotent = first !== undefined;
  }

  async deliver(bytes: Buffer, deadline: Deadline): Promise<SendOutcome> {
    if (this.#isOver) return abortable;
    const { promise, resolve, reject } = Promise.withResolvers<SendOutcome>();
    const blank = { sequence: undefined, underWay: undefined, failure: undefined, refusal: undefined };
    const ordinal = this.#handedIn++;
    this.#deliveries.push({ ordinal, bytes, deadline, ...blank, doubt: undefined, resolve, reject });
    if (!this.#isMending) this.#sendWindow();
    return await promise;
  }

  /** Sends all deliveries that may be sent now. */
  #sendWindow(): void {
    if (this.#isOver) return;
    for (const delivery of this.#deliveries) {
      // Deliveries acked in between count too: a broker remembers five batches, and would not recognize a sixth sent
      // again.
      if (delivery.ordinal - this.#deliveries[0]!.ordinal >= this.#windowMax()) return;
      if (delivery.underWay !== undefined) continue;
      // A batch behind one that will end as refused would leave a gap.
      if (delivery.failure === 'final') return;
      if (this.#isIdempotent && !this.#number(delivery)) return;
      if (!this.#isIdempotent) sealRecordBatch(delivery.bytes);
      this.#send(delivery);
    }
  }

  /**
   * Kafka accepts any sequence from a producer id that it does not know: only after an ack is it sure to refuse a gap.
   */
  #windowMax(): number {
    const id = (this.#deliveries[0]?.sequence ?? this.#next)?.producerId;
    return this.#isIdempotent && this.#provenId === id ? this.#options.inFlightMax : 1;
  }

  /** Gives the delivery its sequence. Returns false if it has to wait for batches of an earlier epoch, or for an id. */
  #number(delivery: Delivery): boolean {
    const isOutdated = delivery.sequence !== undefined && !isOfOneEpoch(delivery.sequence, this.#next);
    if (isOutdated && delivery.doubt === undefined) delivery.sequence = undefined;
    if (delivery.sequence === undefined) {
      if (this.#next === undefined) {
        if (!this.#isMending) void this.#mend();
        return false;
      }
      delivery.sequence = this.#next;
      this.#next = following(this.#next, delivery.bytes);
      sealRecordBatch(delivery.bytes, delivery.sequence);
    }
    return isOfOneEpoch(delivery.sequence, this.#deliveries[0]!.sequence);
  }

  #send(delivery: Delivery): void {
    const { partition } = this.#options;
    const isFirst = delivery === this.#deliveries[0];
    delivery.failure = undefined;
    delivery.underWay = this.#leader.attempt(partition, delivery.bytes, delivery.deadline).then(
      (attempt) => this.#take(delivery, attempt, isFirst),
      (error: unknown) => this.#failAll(error),
    );
  }

  #take(delivery: Delivery, { error, baseOffset, isSent }: Attempt, wasFirst: boolean): void {
    delivery.underWay = undefined;
    const answer = answerOf(error);
    if (answer === 'written') {
      this.#provenId = delivery.sequence?.producerId;
      const unasked = { outcome: 'unknown', error: noAcksAsked } as const;
      this.#settle(delivery, this.#options.acks === 0 ? unasked : { outcome: 'acked', baseOffset });
      // Batches behind it that were never sent wait for nothing else.
      if (this.#isOver) this.#endFirst();
      if (!this.#isMending) this.#sendWindow();
      return;
    }
    if (isSent && answer === 'doubtful') delivery.doubt = error;
    else if (isSent) delivery.refusal = error;
    const isGap = error === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && !wasFirst;
    if (isGap) delivery.failure = 'gap';
    else delivery.failure = answer === 'refused' ? 'final' : 'passing';
    if (!this.#isMending) void this.#mend();
  }

  /** Sends failed batches again, in rounds, until a round has no failure. */
  async #mend(): Promise<void> {
    this.#isMending = true;
    try {
      let pauseMs = retryPauseMs;
      let before: Delivery | undefined;
      for (let first = await this.#troubled(); first !== undefined; first = await this.#troubled()) {
        const { deadline } = first;
        // There was progress.
        if (first !== before) pauseMs = retryPauseMs;
        before = first;
        if (this.#isIdempotent) this.#next ??= await this.#leader.newSequence(deadline);
        // A batch that failed only because it was behind another need not wait.
        if (first.failure === 'passing' || (this.#isIdempotent && this.#next === undefined)) {
          await deadline.pause(pauseMs);
          pauseMs = Math.min(pauseMs * 2, retryPauseMsMax);
          await this.#leader.refresh(deadline);
        }
        if (!deadline.isOver) this.#sendWindow();
      }
    } catch (error) {
      this.#failAll(error);
    } finally {
      this.#isMending = false;
    }
    this.#sendWindow();
  }

  /**
   * Waits until all attempts have their answers, and removes the deliveries that have ended. Returns the first delivery
   * without an outcome; undefined if nothing has failed.
   */
  async #troubled(): Promise<Delivery | undefined> {
    await this.#deliveries[0]?.underWay;
    const others = Promise.all(this.#deliveries.map(async ({ underWay }) => await underWay));
    await this.#deliveries[0]?.deadline.within(others, undefined);
    this.#endFirst();
    const needsId = this.#isIdempotent && this.#next === undefined;
    const isTroubled = needsId || this.#deliveries.some(({ failure }) => failure !== undefined);
    return isTroubled ? this.#deliveries[0] : undefined;
  }

  #endFirst(): void {
    for (let first = this.#deliveries[0]; first?.underWay === undefined; first = this.#deliveries[0]) {
      if (first === undefined) return;
      const { failure, refusal, doubt, sequence, deadline } = first;
      const isVain = failure === 'final' || this.#isOver || (doubt !== undefined && !this.#isIdempotent);
      if (!isVain && !deadline.isOver) return;
      if (this.#isOver && refusal === undefined && doubt === undefined) {
        this.#settle(first, abortable);
        continue;
      }
      const isRejected = refusal !== undefined && doubt === undefined;
      const unknown = { outcome: 'unknown', error: doubt ?? 'REQUEST_TIMED_OUT' } as const;
      this.#settle(first, isRejected ? { outcome: 'rejected', error: refusal } : unknown);
      if (this.#options.isTransactional) this.#isOver = true;
      if (sequence !== undefined && isOfOneEpoch(sequence, this.#next)) this.#next = raised(sequence);
    }
  }

  #settle(delivery: Delivery, outcome: SendOutcome): void {
    const index = this.#deliveries.indexOf(delivery);
    if (index !== -1) this.#deliveries.splice(index, 1);
    delivery.resolve(outcome);
  }

  /** A bug: the callers of `deliver` get the error. */
  #failAll(error: unknown): void {
    for (const delivery of this.#deliveries.splice(0)) delivery.reject(error);
    this.#next = this.#next && raised(this.#next);
  }
}

const isOfOneEpoch = (one: ProducerSequence, other: ProducerSequence | undefined): boolean =>
  one.producerId === other?.producerId && one.producerEpoch === other.producerEpoch;

/** The beginning of the next epoch; undefined after the last. */
const raised = ({ producerId, producerEpoch }: ProducerSequence): ProducerSequence | undefined =>
  producerEpoch < epochMax ? { producerId, producerEpoch: producerEpoch + 1, baseSequence: 0 } : undefined;

/** Sequences count records, and begin again at 0 after 2^31 - 1. */
const following = (sequence: ProducerSequence, batch: Buffer): ProducerSequence => ({
  ...sequence,
  baseSequence: (sequence.baseSequence + batch.readInt32BE(layout.count)) & 0x7fffffff,
});
