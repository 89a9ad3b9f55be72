/**
 * Publishes a run's messages, batch by batch: intent on disk, send, outcome on disk. While some batches are under way,
 * the next are encoded.
 */
import { protocolErrors } from '@platformatic/kafka';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientSettings, Codec } from '../../kafka/client/client-settings.ts';
import { unavailableError } from '../../errors.ts';
import type { TopicMetadata } from '../../kafka/client/cluster.ts';
import { needs } from '../../kafka/client/permissions.ts';
import type { Producer } from '../../kafka/produce/produce.ts';
import { isOutOfTime, type SendOutcome } from '../../kafka/produce/send-outcome.ts';
import { LatencyLog } from '../../run-folder/latency-log.ts';
import type { LedgerWriter } from '../../run-folder/ledger/ledger-writer.ts';
import type { Outcome } from '../../run-folder/ledger/outcome.ts';
import { none } from '../../workload/place.ts';
import { latencyFileName, transactionalIdOf, type RunFolder } from '../../run-folder/run-folder.ts';
import type { StatePlace } from '../../workload/state-rule.ts';
import { wallClockMs } from '../../system/wall-clock.ts';
import { producerName, type WeightedState } from '../../workload/workload.ts';
import { MessageEncoder } from './message-encoder.ts';
import { Pacer } from './pacer.ts';
import { PartitionShare, type Share } from '../../kafka/produce/partition-share.ts';
import { Schedule } from './schedule.ts';
import type { TransactionCourse } from './transaction-course.ts';
import type { TransactionOptions } from '../../workload/transaction-plan.ts';

export interface ProduceConfig extends StatePlace {
  folder: RunFolder;
  seed: number;
  /** An upper limit if there is a duration. */
  messages: number;
  /** Messages a second; undefined for as many as possible. */
  rate?: number | undefined;
  /** The duration of the run, if it is not limited by the number of messages. */
  durationMs?: number | undefined;
  batchSize: number;
  states: readonly WeightedState[];
  payloadBytes: number;
  partitions: number;
  topic: string;
  bootstrapServers: string;
  settings: ClientSettings;
  timeoutMs: number;
  /** Set if the messages go in transactions. */
  transactions?: TransactionOptions | undefined;
}

export interface ProduceSummary {
  sent: number;
  acked: number;
  rejected: number;
  unknown: number;
}

/** Sends record batches, and returns the outcome of each, in their order. */
export type Sender = Pick<Producer, 'send'>;

export interface PublisherParts {
  config: ProduceConfig;
  topic: TopicMetadata;
  ledger: LedgerWriter;
  sender: Sender;
  /** Set if the messages go in transactions. */
  course?: TransactionCourse | undefined;
  producer: number;
  session: number;
  /** The sequence to begin with: earlier sessions intended those below it. */
  first: number;
}

const batchBytesDefault = 16_384;
/** The default of Kafka's Java producer. */
const lingerMsDefault = 5;
/**
 * As many as are in flight to a broker. The encoder's buffer is lent to a send until its outcome arrives: after that,
 * nothing reads the bytes, and the buffer is used again.
 */
const underWayMax = 5;
const underWayBytesMax = 16 * 1024 * 1024;

export class Publisher {
  readonly summary: ProduceSummary = { sent: 0, acked: 0, rejected: 0, unknown: 0 };
  readonly #parts: PublisherParts;
  readonly #encoder: MessageEncoder;
  /** The shares by partition of finished batches, whose memory is reused. */
  readonly #idle: PartitionShare[][] = [];
  readonly #underWay = new Set<Promise<void>>();
  #underWayBytes = 0;
  #startMs = 0;
  /** The next sequence. */
  #next = 0;
  #schedule: Schedule | undefined;
  #latencies: LatencyLog | undefined;
  /** The first batch that failed. */
  #failure: { error: unknown } | undefined;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    const { config, producer, session, topic } = parts;
    const partitions = topic.partitions.length;
    this.#encoder = new MessageEncoder({ ...config, run: config.folder.id, producer, session, partitions });
  }

  /** Publishes all, or until the signal; the ledger says which. Throws `unavailable` if no send gets through. */
  async publish(onSent: (sent: number) => void, signal: AbortSignal): Promise<void> {
    const { config, ledger, producer, session, first } = this.#parts;
    this.#next = first;
    this.#startMs = wallClockMs();
    if (config.rate !== undefined)
      this.#schedule = new Schedule(this.#startMs - (1_000 * first) / config.rate, config.rate);
    const sender = session === 0 ? producerName(producer) : `${producerName(producer)}-${session}`;
    const name = latencyFileName('acked', sender);
    this.#latencies = new LatencyLog(config.folder.file(name), this.#startMs);
    let isDone: boolean;
    try {
      isDone = await this.#startAll(onSent, signal);
    } finally {
      while (this.#underWay.size > 0) await Promise.race(this.#underWay);
      this.#latencies.close();
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    if (isDone) ledger.finish();
  }

  /** Returns whether it began to send all messages. */
  async #startAll(onSent: (sent: number) => void, signal: AbortSignal): Promise<boolean> {
    const { config, ledger, course } = this.#parts;
    const pacer = this.#pacer();
    while (!this.#isDone() && !signal.aborted && this.#failure === undefined) {
      const first = this.#next;
      const ready = pacer === undefined ? this.#lingered() : pacer.countReady(first, wallClockMs());
      const count = Math.min(ready, config.messages - first, course?.roomAt(first) ?? Infinity);
      if (count === 0) {
        await pacer?.pause(first, signal);
        continue;
      }
      course?.begin(first);
      // The intent comes before any of its messages is sent. The outcome will have one frame for each record batch.
      ledger.intend(first, count);
      this.#next += count;
      this.summary.sent += count;
      this.#start(first, count, onSent);
      // Let answers be processed between any two batches.
      await nextTurn();
      while (this.#isFull()) await Promise.race(this.#underWay);
      if (course?.isComplete(this.#next)) await this.#endTransaction(course);
    }
    if (course?.isOpen) await this.#endTransaction(course);
    return this.#isDone();
  }

  async #endTransaction(course: TransactionCourse): Promise<void> {
    while (this.#underWay.size > 0) await Promise.race(this.#underWay);
    if (this.#failure === undefined) await course.end();
    else await course.abandon();
  }

  #isDone(): boolean {
    const { messages, durationMs = Infinity } = this.#parts.config;
    return this.#next >= messages || wallClockMs() - this.#startMs >= durationMs;
  }

  #pacer(): Pacer | undefined {
    const { batchSize, settings } = this.#parts.config;
    const lingerMs = Number(settings['linger.ms'] ?? lingerMsDefault);
    const schedule = this.#schedule;
    return schedule && new Pacer({ schedule, batchMessagesMax: batchSize, lingerMs });
  }

  /**
   * How many messages go out together: a batch or, with linger.ms, as many batches as fill batch.size. The
   * messages are available at once, so waiting would bring no more.
   */
  #lingered(): number {
    const { config, topic } = this.#parts;
    const { batchSize, payloadBytes, settings } = config;
    if (Number(settings['linger.ms'] ?? 0) === 0) return batchSize;
    const bytes = Number(settings['batch.size'] ?? batchBytesDefault) * topic.partitions.length;
    return Math.max(1, Math.floor(bytes / (batchSize * payloadBytes))) * batchSize;
  }

  #isFull(): boolean {
    return this.#underWay.size >= underWayMax || this.#underWayBytes >= underWayBytesMax;
  }

  /** Encodes a batch and hands it to the sender, in one turn: batches leave in their order. */
  #start(first: number, count: number, onSent: (sent: number) => void): void {
    const shares = this.#idle.pop() ?? this.#parts.topic.partitions.map(() => new PartitionShare());
    const schedule = this.#schedule;
    const sentAtMs = wallClockMs();
    const timeOf = schedule
      ? (sequence: number) => Math.floor(schedule.dueMs(sequence))
      : () => Math.floor(sentAtMs);
    this.#encoder.encode(first, count, timeOf, shares);
    const filled = shares.flatMap((share, partition) =>
      share.filled.map((each) => [partition, each] as const),
    );
    const bytes = filled.reduce((sum, [, { encoder }]) => sum + encoder.bytes, 0);
    this.#underWayBytes += bytes;
    const sending = this.#send(filled, sentAtMs)
      .then(() => onSent(this.#settled()))
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#underWay.delete(sending);
        this.#underWayBytes -= bytes;
        this.#idle.push(shares);
      });
    this.#underWay.add(sending);
  }

  async #send(shares: readonly (readonly [number, Share])[], sentAtMs: number): Promise<void> {
    const { config, sender } = this.#parts;
    const codec = (config.settings['compression.type'] ?? 'none') as Codec;
    const sequences = shares.map(([, share]) => share.sequences);
    const outcomes = await sender.send(
      shares.map(([partition, { encoder }]) => ({ partition, bytes: encoder.finish(codec) })),
    );
    const nowMs = wallClockMs();
    for (const [index, outcome] of outcomes.entries()) {
      this.#record(shares[index]![0], sequences[index]!, outcome);
      if (outcome.outcome === 'acked') this.#measure(sequences[index]!, sentAtMs, nowMs);
    }
    const [first] = outcomes;
    const { topic } = config;
    if (first?.outcome === 'rejected' && this.summary.acked === 0) {
      const transactionalId = transactionalIdOf(config.folder.id, producerName(this.#parts.producer));
      const isOfId = first.error === 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED';
      const why = needs(first.error, 'Write', isOfId ? { transactionalId } : { topic });
      // A permission that is taken away later is a refusal like any other: the ledger has it.
      if (why !== first.error) {
        throw unavailableError(`Kafka at ${config.bootstrapServers} refuses all messages: ${why}.`);
      }
    }
    if (first === undefined || first.outcome === 'acked' || !outcomes.every(isOutOfTime)) return;
    throw unavailableError(
      `Kafka at ${config.bootstrapServers} acknowledges nothing any more. Last error: ${first.error}.`,
    );
  }

  /** The latency of a message counts from its due time if there is a schedule, otherwise from the send. */
  #measure(sequences: Uint32Array, sentAtMs: number, nowMs: number): void {
    const schedule = this.#schedule;
    if (schedule === undefined) this.#latencies?.record(nowMs - sentAtMs, sequences.length, nowMs);
    else {
      for (const sequence of sequences) this.#latencies?.record(nowMs - schedule.dueMs(sequence), 1, nowMs);
    }
  }

  /** Includes the messages of earlier sessions, because the parent counts progress in the whole plan. */
  #settled(): number {
    const { acked, rejected, unknown } = this.summary;
    return this.#parts.first + acked + rejected + unknown;
  }

  #record(partition: number, sequences: Uint32Array, sent: SendOutcome): void {
    const outcome: Outcome = sent.outcome;
    this.#parts.ledger.record({
      outcome,
      partition,
      offset: sent.outcome === 'acked' ? sent.baseOffset : none,
      // -1 is Kafka's own code for an unknown error.
      errorCode: sent.outcome === 'acked' ? 0 : (protocolErrors[sent.error]?.code ?? -1),
      sequences,
    });
    this.summary[outcome] += sequences.length;
  }
}
