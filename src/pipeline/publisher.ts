/** Publishes a run's messages, batch by batch: intent on disk, send, outcome on disk. */
import { compatibilityPartitioner, protocolErrors } from '@platformatic/kafka';
import type { ClientSettings, Codec } from '../client-config.ts';
import { digestOf, digestText } from '../digest.ts';
import { unavailableError } from '../errors.ts';
import { none, type Outcome } from '../history.ts';
import type { TopicMetadata } from '../kafka/cluster.ts';
import type { Producer } from '../kafka/produce.ts';
import { RecordBatchEncoder, type RecordHeader } from '../kafka/record-batch-encoder.ts';
import type { SendOutcome } from '../kafka/send-outcome.ts';
import type { LedgerWriter } from '../ledger/ledger-writer.ts';
import { headerNames } from '../record-headers.ts';
import type { RunFolder } from '../run-folder.ts';
import type { StatePlace } from '../state-rule.ts';
import { producerName, Workload, type WeightedState } from '../workload.ts';

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

/** What of a batch goes to one partition. */
interface Share {
  encoder: RecordBatchEncoder;
  sequences: number[];
}

/** The outcome of a send that asked for no answer. */
const noAcksAsked = 'NO_ACKS_ASKED';
const batchBytesDefault = 16_384;

export class Publisher {
  readonly summary: ProduceSummary = { sent: 0, acked: 0, rejected: 0, unknown: 0 };
  readonly #parts: PublisherParts;
  readonly #workload: Workload;
  readonly #shares: Share[];
  /** By state: the header that carries it, or none. */
  readonly #stateHeaders: readonly RecordHeader[][];
  readonly #partitionOfKey = new Map<string, number>();

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#workload = new Workload(parts.config);
    this.#shares = parts.topic.partitions.map(() => ({ encoder: new RecordBatchEncoder(), sequences: [] }));
    const { states, stateHeader } = parts.config;
    this.#stateHeaders = states.map(({ name }) =>
      stateHeader === undefined ? [] : [[stateHeader, Buffer.from(name)]],
    );
  }

  /** Publishes all, or until the signal; the ledger knows which. Throws `unavailable` once nothing gets through. */
  async publish(onSent: (sent: number) => void, signal: AbortSignal): Promise<void> {
    const { config, ledger } = this.#parts;
    while (this.summary.sent < config.messages && !signal.aborted) {
      const first = this.summary.sent;
      const count = Math.min(this.#lingered(), config.messages - first);
      ledger.intend(first, count);
      this.#encode(first, count);
      this.summary.sent += count;
      await this.#send();
      onSent(this.summary.sent);
    }
    if (this.summary.sent === config.messages) ledger.finish();
  }

  /**
   * How many messages go out together: a batch, or with linger.ms as many batches as fill batch.size, since
   * the messages are there at once and no wait brings more.
   */
  #lingered(): number {
    const { batchSize, payloadBytes, settings } = this.#parts.config;
    if (Number(settings['linger.ms'] ?? 0) === 0) return batchSize;
    const bytes = Number(settings['batch.size'] ?? batchBytesDefault) * this.#shares.length;
    return Math.max(1, Math.floor(bytes / (batchSize * payloadBytes))) * batchSize;
  }

  #encode(first: number, count: number): void {
    const now = Date.now();
    for (let sequence = first; sequence < first + count; sequence++) {
      const message = this.#workload.message(this.#parts.producer, sequence);
      const share = this.#shares[this.#partitionOf(message.key)]!;
      const key = Buffer.from(message.key);
      const payload = Buffer.from(message.payload);
      const headers = this.#headersOf(sequence, message.state, key, payload);
      share.encoder.append(now, key, payload, headers);
      share.sequences.push(sequence);
    }
  }

  #headersOf(sequence: number, state: number, key: Buffer, payload: Buffer): RecordHeader[] {
    const { config, producer, session } = this.#parts;
    const origin = { run: config.folder.id, producer: producerName(producer), session, sequence };
    return [
      [headerNames.run, Buffer.from(origin.run)],
      [headerNames.producer, Buffer.from(origin.producer)],
      [headerNames.session, Buffer.from(String(session))],
      [headerNames.sequence, Buffer.from(String(sequence))],
      [headerNames.digest, Buffer.from(digestText(digestOf(key, payload, origin)))],
      ...this.#stateHeaders[state]!,
    ];
  }

  /** Java's own choice for a key, so that other producers of that topic agree. */
  #partitionOf(key: string): number {
    let partition = this.#partitionOfKey.get(key);
    if (partition === undefined) {
      partition = compatibilityPartitioner(undefined as never, Buffer.from(key)) % this.#shares.length;
      this.#partitionOfKey.set(key, partition);
    }
    return partition;
  }

  async #send(): Promise<void> {
    const { config, sender } = this.#parts;
    const codec = (config.settings['compression.type'] ?? 'none') as Codec;
    const partitions = [...this.#shares.keys()].filter(
      (partition) => this.#shares[partition]!.encoder.count > 0,
    );
    const outcomes = await sender.send(
      partitions.map((partition) => ({ partition, bytes: this.#shares[partition]!.encoder.finish(codec) })),
    );
    for (const [index, outcome] of outcomes.entries()) this.#record(partitions[index]!, outcome);
    const nothingPassed = outcomes.every((sent) => sent.outcome === 'unknown' && sent.error !== noAcksAsked);
    const [first] = outcomes;
    if (!nothingPassed || first?.outcome !== 'unknown') return;
    throw unavailableError(
      `Kafka at ${config.bootstrapServers} acknowledges nothing any more: ${first.error}.`,
    );
  }

  #record(partition: number, sent: SendOutcome): void {
    const share = this.#shares[partition]!;
    const outcome: Outcome = sent.outcome;
    this.#parts.ledger.record({
      outcome,
      partition,
      offset: sent.outcome === 'acked' ? sent.baseOffset : none,
      // -1 is Kafka's own code for what it has no name for.
      errorCode: sent.outcome === 'acked' ? 0 : (protocolErrors[sent.error]?.code ?? -1),
      sequences: share.sequences,
    });
    this.summary[outcome] += share.sequences.length;
    share.sequences = [];
  }
}
