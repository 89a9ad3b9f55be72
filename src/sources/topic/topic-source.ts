/**
 * A topic as a source: nodrop produces into it, as Kafka's own producer would. A message becomes a record with its key, its
 * value and its headers, and nothing else. The key chooses the partition as in Java's client.
 */
import { compatibilityPartitioner, protocolErrors } from '@platformatic/kafka';
import type { TopicSource } from '../../config/config.ts';
import { unavailableError, usageError } from '../../errors.ts';
import { clientFromSettings } from '../../kafka/client/client-from-settings.ts';
import {
  checkSettings,
  parseSetting,
  type ClientSettings,
  type Codec,
} from '../../kafka/client/client-settings.ts';
import { openCluster, type Cluster, type TopicMetadata } from '../../kafka/client/cluster.ts';
import { listOffsets } from '../../kafka/client/list-offsets.ts';
import { needs } from '../../kafka/client/permissions.ts';
import { untilLed } from '../../kafka/client/ready-topic.ts';
import { batchBytesMax } from '../../kafka/client/topics.ts';
import { PartitionShare, recordBatchBytesMax } from '../../kafka/produce/partition-share.ts';
import { openProducer, type Producer } from '../../kafka/produce/produce.ts';
import { producerOptions } from '../../kafka/produce/options-from-settings.ts';
import { isOutOfTime, type SendOutcome } from '../../kafka/produce/send-outcome.ts';
import { encodeHeaders } from '../../kafka/record-batch/record-batch-encoder.ts';
import { wallClockMs } from '../../system/wall-clock.ts';
import type { Handover, OpenedSource, OutgoingMessage, SourceOptions } from '../source.ts';

const batchMax = 2_000;
/** Sends at the same time: as many as a broker may have in flight. */
const sendsMax = 5;

type ProducingOptions = Pick<SourceOptions, 'bootstrapServers' | 'settings' | 'timeoutMs' | 'signal'>;

/** The topic must exist. Throws `usage` if it does not, and for settings that nodrop does not take. */
export async function openTopicSource(source: TopicSource, options: ProducingOptions): Promise<OpenedSource> {
  const settings = settingsOf(source, options.settings);
  const { bootstrapServers, timeoutMs, signal } = options;
  const cluster = await openClusterFor(options, settings);
  try {
    const name = source.topic;
    if ((await cluster.metadataAgain(name)) === undefined)
      throw usageError(`There is no topic ${name} at ${bootstrapServers}.`);
    const topic = await untilLed(cluster, name, 1);
    const { length } = topic.partitions;
    if (source.partitions !== undefined && length !== source.partitions) {
      throw usageError(
        `Topic ${name} at ${bootstrapServers} has ${length} partitions, and the source names ${source.partitions}.`,
        'Leave partitions out to take the topic as it is.',
      );
    }
    // Leaders serve a new topic later than the cluster names them. Without idempotence, no refused batch is sent again.
    await listOffsets(cluster, name, 'latest');
    const access = { bootstrapServers, client: clientFromSettings(settings), timeoutMs, signal };
    const bytesMax = await batchBytesMax(access, name);
    const producer = await openProducer(cluster, topic, { ...producerOptions(settings, timeoutMs), signal });
    return new ProducingSource({ cluster, topic, producer, settings, bytesMax });
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

const openClusterFor = async (options: ProducingOptions, settings: ClientSettings): Promise<Cluster> =>
  await openCluster({
    bootstrapServers: options.bootstrapServers,
    clientId: 'nodrop-source',
    client: clientFromSettings(settings),
    timeoutMs: options.timeoutMs,
    signal: options.signal,
  });

function settingsOf({ settings: own = {} }: TopicSource, given: ClientSettings): ClientSettings {
  const pairs = Object.entries(own).map(([name, value]) => parseSetting(`${name}=${value}`));
  const settings: ClientSettings = { ...given, ...Object.fromEntries(pairs) };
  checkSettings(settings);
  return settings;
}

interface ProducingParts {
  cluster: Cluster;
  topic: TopicMetadata;
  producer: Producer;
  settings: ClientSettings;
  /** The largest record batch that the topic takes; undefined if that is not known. */
  bytesMax: number | undefined;
}

class ProducingSource implements OpenedSource {
  readonly batchMax = batchMax;
  readonly concurrency = batchMax * sendsMax;
  readonly #parts: ProducingParts;
  readonly #codec: Codec;
  /** The shares by partition of finished sends, whose memory is used again. */
  readonly #idle: PartitionShare[][] = [];
  /** Messages without a key go to the partitions in turn. */
  #turn = 0;
  #hasAck = false;
  /** Why nothing more can be handed over. */
  #failure: Error | undefined;

  constructor(parts: ProducingParts) {
    this.#parts = parts;
    this.#codec = (parts.settings['compression.type'] ?? 'none') as Codec;
  }

  /** Messages are encoded before the first wait: those of one partition stay in the order of the calls. */
  async send(messages: readonly OutgoingMessage[]): Promise<readonly Handover[]> {
    if (this.#failure !== undefined) throw this.#failure;
    const { producer } = this.#parts;
    const shares = this.#idle.pop() ?? this.#newShares();
    this.#encode(messages, shares);
    const filled = shares.flatMap((share, partition) =>
      share.filled.map((each) => ({ partition, sequences: each.sequences, encoder: each.encoder })),
    );
    const outcomes = await producer.send(
      filled.map(({ partition, encoder }) => ({ partition, bytes: encoder.finish(this.#codec) })),
    );
    const handovers: Handover[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      const { partition, sequences } = filled[index]!;
      for (const [at, place] of sequences.entries()) handovers[place] = handoverOf(partition, at, outcome);
    }
    this.#idle.push(shares);
    this.#judge(outcomes);
    return handovers;
  }

  end(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async close(): Promise<void> {
    await this.#parts.cluster.close();
  }

  #newShares(): PartitionShare[] {
    const { topic, bytesMax = Infinity } = this.#parts;
    // Otherwise a topic that takes only small batches would refuse messages that are small enough.
    const most = Math.min(recordBatchBytesMax, bytesMax);
    return topic.partitions.map(() => new PartitionShare(most));
  }

  #encode(messages: readonly OutgoingMessage[], shares: readonly PartitionShare[]): void {
    for (const share of shares) share.begin();
    const nowMs = Math.floor(wallClockMs());
    for (const [place, { key, headers, value }] of messages.entries()) {
      const partition = key === null ? this.#turn++ % shares.length : partitionOf(key, shares.length);
      shares[partition]!.add(place, nowMs, key, value, encodeHeaders(headers));
    }
  }

  /** If nothing got through, nothing will: each further send would take as long, or be refused as well. */
  #judge(outcomes: readonly SendOutcome[]): void {
    const { cluster, topic } = this.#parts;
    this.#hasAck ||= outcomes.some(({ outcome }) => outcome === 'acked');
    const [first] = outcomes;
    if (first === undefined || first.outcome === 'acked') return;
    const why = this.#hasAck ? first.error : needs(first.error, 'Write', { topic: topic.topic });
    if (why !== first.error)
      this.#failure = unavailableError(`Kafka at ${cluster.bootstrapServers} refuses all messages: ${why}.`);
    else if (outcomes.every(isOutOfTime))
      this.#failure = unavailableError(
        `Kafka at ${cluster.bootstrapServers} acknowledges nothing any more. Last error: ${first.error}.`,
      );
  }
}

function partitionOf(key: Uint8Array, count: number): number {
  const bytes = Buffer.isBuffer(key) ? key : Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  return compatibilityPartitioner(undefined as never, bytes) % count;
}

/** `at`: the message's place in its record batch. */
function handoverOf(partition: number, at: number, sent: SendOutcome): Handover {
  if (sent.outcome === 'acked')
    return { outcome: 'acked', partition, offset: sent.baseOffset < 0 ? -1 : sent.baseOffset + at };
  const { outcome, error } = sent;
  // -1 is Kafka's own code for an unknown error.
  return { outcome, error, errorCode: protocolErrors[error]?.code ?? -1, partition, offset: -1 };
}
