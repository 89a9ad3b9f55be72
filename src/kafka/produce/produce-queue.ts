/**
 * What goes to one partition, in order, and what became of it.
 *
 * Idempotent, several batches are under way at once, numbered in their order; what went wrong goes out again
 * with all behind it, the same bytes under the same numbers, until it is acked or its time is up. The broker
 * appends none whose number does not follow. So of those behind a batch that failed it refuses each as out of
 * order, which says nothing of them; it does say something of a batch that was sent as the first without an ack.
 *
 * After any end but an ack the epoch is raised, and numbers begin at 0 again: no number is ever given to a
 * second batch, and what is still on its way under the old epoch is refused once the new one has arrived. A
 * batch that may have been written never gets a second number; nothing of a later epoch is sent before it ends.
 *
 * Without idempotence one batch is under way, and is sent again only while every attempt was surely refused.
 */
import type { Deadline } from '../../system/deadline.ts';
import type { Acks, Attempt } from './produce-requests.ts';
import { sealRecordBatch, type ProducerSequence } from '../record-batch/record-batch-encoder.ts';
import { layout } from '../record-batch/record-batch-layout.ts';
import { answerOf, type SendOutcome } from './send-outcome.ts';

export interface ProduceQueueOptions {
  partition: number;
  acks: Acks;
  /** Batches under way at once; 1 where there is no idempotence. Kafka remembers the latest 5. */
  inFlightMax: number;
}

/** How a queue reaches the cluster. */
export interface PartitionLeader {
  /** One attempt, handed in at once: attempts arrive in the order of the calls. */
  attempt(partition: number, bytes: Buffer, deadline: Deadline): Promise<Attempt>;
  /** Looks where the leader is now. */
  refresh(deadline: Deadline): Promise<void>;
  /** A producer id of its own; undefined where it cannot be had in time. */
  newSequence(deadline: Deadline): Promise<ProducerSequence | undefined>;
}

interface Delivery {
  /** Counts what was handed in. */
  ordinal: number;
  bytes: Buffer;
  deadline: Deadline;
  sequence: ProducerSequence | undefined;
  /** Settles when what is under way has its answer; undefined while nothing is. */
  underWay: Promise<void> | undefined;
  /** What the latest attempt came to, if it failed. `gap`: refused as out of order behind another. */
  failure: 'passing' | 'gap' | 'final' | undefined;
  /** What a sure refusal said, and what left a doubt. */
  refusal: string | undefined;
  doubt: string | undefined;
  resolve: (outcome: SendOutcome) => void;
  reject: (error: unknown) => void;
}

const retryPauseMs = 50;
const retryPauseMsMax = 1_000;
const epochMax = 0x7ffe;

export class ProduceQueue {
  readonly #leader: PartitionLeader;
  readonly #options: ProduceQueueOptions;
  readonly #isIdempotent: boolean;
  /** Those without an outcome, in order. */
  readonly #deliveries: Delivery[] = [];
  /** What the next batch goes under; undefined where a producer id is needed first. */
  #next: ProducerSequence | undefined;
  /** The producer id under which something was acked here. */
  #provenId: bigint | undefined;
  #handedIn = 0;
  #isMending = false;

  /** Idempotent where there is a `first` sequence. */
  constructor(leader: PartitionLeader, options: ProduceQueueOptions, first: ProducerSequence | undefined) {
    this.#leader = leader;
    this.#options = options;
    this.#next = first;
    this.#isIdempotent = first !== undefined;
  }

  async deliver(bytes: Buffer, deadline: Deadline): Promise<SendOutcome> {
    const { promise, resolve, reject } = Promise.withResolvers<SendOutcome>();
    const blank = { sequence: undefined, underWay: undefined, failure: undefined, refusal: undefined };
    const ordinal = this.#handedIn++;
    this.#deliveries.push({ ordinal, bytes, deadline, ...blank, doubt: undefined, resolve, reject });
    if (!this.#isMending) this.#sendWindow();
    return await promise;
  }

  /** Sends what may go out now. */
  #sendWindow(): void {
    for (const delivery of this.#deliveries) {
      // Those acked in between count too: a broker that remembers five no longer knows the sixth when it comes again.
      if (delivery.ordinal - this.#deliveries[0]!.ordinal >= this.#windowMax()) return;
      if (delivery.underWay !== undefined) continue;
      // Behind one that will be refused there is a gap.
      if (delivery.failure === 'final') return;
      if (this.#isIdempotent && !this.#number(delivery)) return;
      if (!this.#isIdempotent) sealRecordBatch(delivery.bytes);
      this.#send(delivery);
    }
  }

  /**
   * Kafka takes any sequence from a producer id that it does not know: only once there was an ack is a gap
   * sure to be refused.
   */
  #windowMax(): number {
    const id = (this.#deliveries[0]?.sequence ?? this.#next)?.producerId;
    return this.#isIdempotent && this.#provenId === id ? this.#options.inFlightMax : 1;
  }

  /** Gives it its sequence; false where it has to wait for those of another epoch before it, or for an id. */
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
      const unasked = { outcome: 'unknown', error: 'NO_ACKS_ASKED' } as const;
      this.#settle(delivery, this.#options.acks === 0 ? unasked : { outcome: 'acked', baseOffset });
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

  /** Sends again, in rounds, until a round brings no trouble. */
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
        // One that only stood behind another need not wait.
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

  /** The first without an outcome, once all is answered and what has come to its end is gone; nothing if all is well. */
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
      const isVain = failure === 'final' || (doubt !== undefined && !this.#isIdempotent);
      if (!isVain && !deadline.isOver) return;
      const isRejected = refusal !== undefined && doubt === undefined;
      const unknown = { outcome: 'unknown', error: doubt ?? 'REQUEST_TIMED_OUT' } as const;
      this.#settle(first, isRejected ? { outcome: 'rejected', error: refusal } : unknown);
      if (sequence !== undefined && isOfOneEpoch(sequence, this.#next)) this.#next = raised(sequence);
    }
  }

  #settle(delivery: Delivery, outcome: SendOutcome): void {
    const index = this.#deliveries.indexOf(delivery);
    if (index !== -1) this.#deliveries.splice(index, 1);
    delivery.resolve(outcome);
  }

  /** A bug: whoever sent them hears of it. */
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
