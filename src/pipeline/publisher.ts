/**
 * Publishes a run's messages, batch by batch: intent on disk, send, outcome on disk. While some are under way
 * the next are encoded.
 */
import { protocolErrors } from '@platformatic/kafka';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientSettings, Codec } from '../client-config.ts';
import { unavailableError } from '../errors.ts';
import { none, type Outcome } from '../history.ts';
import type { TopicMetadata } from '../kafka/cluster.ts';
import type { Producer } from '../kafka/produce.ts';
import type { SendOutcome } from '../kafka/send-outcome.ts';
import type { LedgerWriter } from '../ledger/ledger-writer.ts';
import type { RunFolder } from '../run-folder.ts';
import type { StatePlace } from '../state-rule.ts';
import type { WeightedState } from '../workload.ts';
import { MessageEncoder, Share } from './message-encoder.ts';

export interface ProduceConfig extends StatePlace {
  folder: RunFolder;
  seed: number;
  messages: number;
  batchSize: number;
  states: readonly WeightedState[];
  payloadBytes: number;
  partitions: number;
  topic: string;
  bootstrapServers: string;
  settings: ClientSettings;
  timeoutMs: number;
}

export interface ProduceSummary {
  sent: number;
  acked: number;
  rejected: number;
  unknown: number;
}

export interface PublisherParts {
  config: ProduceConfig;
  topic: TopicMetadata;
  ledger: LedgerWriter;
  sender: Pick<Producer, 'send'>;
  producer: number;
  session: number;
}

/** The outcome of a send that asked for no answer. */
const noAcksAsked = 'NO_ACKS_ASKED';
const batchBytesDefault = 16_384;
/** As many as are in flight to a broker. */
const underWayMax = 5;
const underWayBytesMax = 16 * 1024 * 1024;

export class Publisher {
  readonly summary: ProduceSummary = { sent: 0, acked: 0, rejected: 0, unknown: 0 };
  readonly #parts: PublisherParts;
  readonly #encoder: MessageEncoder;
  /** By partition, of batches that are not under way: their memory serves again. */
  readonly #idle: Share[][] = [];
  readonly #underWay = new Set<Promise<void>>();
  #underWayBytes = 0;
  /** The first batch that failed. */
  #failure: { error: unknown } | undefined;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    const { config, producer, session, topic } = parts;
    const partitions = topic.partitions.length;
    this.#encoder = new MessageEncoder({ ...config, run: config.folder.id, producer, session, partitions });
  }

  /** Publishes all, or until the signal; the ledger knows which. Throws `unavailable` once nothing gets through. */
  async publish(onSent: (sent: number) => void, signal: AbortSignal): Promise<void> {
    const { config, ledger } = this.#parts;
    try {
      await this.#startAll(onSent, signal);
    } finally {
      while (this.#underWay.size > 0) await Promise.race(this.#underWay);
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.summary.sent === config.messages) ledger.finish();
  }

  async #startAll(onSent: (sent: number) => void, signal: AbortSignal): Promise<void> {
    const { config, ledger } = this.#parts;
    while (this.summary.sent < config.messages && !signal.aborted && this.#failure === undefined) {
      const first = this.summary.sent;
      const count = Math.min(this.#lingered(), config.messages - first);
      ledger.intend(first, count);
      this.summary.sent += count;
      this.#start(first, count, onSent);
      // Answers are heard between any two batches.
      await nextTurn();
      while (this.#isFull()) await Promise.race(this.#underWay);
    }
  }

  /**
   * How many messages go out together: a batch, or with linger.ms as many batches as fill batch.size, since
   * the messages are there at once and no wait brings more.
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
    const shares = this.#idle.pop() ?? this.#parts.topic.partitions.map(() => new Share());
    this.#encoder.encode(first, count, Date.now(), shares);
    const filled = [...shares.keys()].filter((partition) => shares[partition]!.encoder.count > 0);
    const bytes = filled.reduce((sum, partition) => sum + shares[partition]!.encoder.bytes, 0);
    this.#underWayBytes += bytes;
    const sending = this.#send(shares, filled)
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

  async #send(shares: readonly Share[], partitions: readonly number[]): Promise<void> {
    const { config, sender } = this.#parts;
    const codec = (config.settings['compression.type'] ?? 'none') as Codec;
    const sequences = partitions.map((partition) => shares[partition]!.sequences);
    const outcomes = await sender.send(
      partitions.map((partition) => ({ partition, bytes: shares[partition]!.encoder.finish(codec) })),
    );
    for (const [index, outcome] of outcomes.entries())
      this.#record(partitions[index]!, sequences[index]!, outcome);
    const nothingPassed = outcomes.every((sent) => sent.outcome === 'unknown' && sent.error !== noAcksAsked);
    const [first] = outcomes;
    if (!nothingPassed || first?.outcome !== 'unknown') return;
    throw unavailableError(
      `Kafka at ${config.bootstrapServers} acknowledges nothing any more: ${first.error}.`,
    );
  }

  #settled(): number {
    const { acked, rejected, unknown } = this.summary;
    return acked + rejected + unknown;
  }

  #record(partition: number, sequences: Uint32Array, sent: SendOutcome): void {
    const outcome: Outcome = sent.outcome;
    this.#parts.ledger.record({
      outcome,
      partition,
      offset: sent.outcome === 'acked' ? sent.baseOffset : none,
      // -1 is Kafka's own code for what it has no name for.
      errorCode: sent.outcome === 'acked' ? 0 : (protocolErrors[sent.error]?.code ?? -1),
      sequences,
    });
    this.summary[outcome] += sequences.length;
  }
}
