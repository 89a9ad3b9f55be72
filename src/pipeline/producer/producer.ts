/**
 * The producer: publishes a run's messages in batches and keeps its ledger. It opens the ledger before
 * anything else, so that a consumer can see a working producer before the topic exists.
 */
import { rmSync } from 'node:fs';
import { unavailableError } from '../../errors.ts';
import { clientFromSettings } from '../../kafka/client/client-from-settings.ts';
import { openCluster, type Cluster, type TopicMetadata } from '../../kafka/client/cluster.ts';
import { Deadline } from '../../system/deadline.ts';
import { listOffsets } from '../../kafka/client/list-offsets.ts';
import { pointsFromEnvironment } from '../stage/failpoints.ts';
import { isIdempotent } from '../../kafka/produce/options-from-settings.ts';
import { createIfMissing, untilLed } from '../../kafka/client/ready-topic.ts';
import { ledgerFileName } from '../../run-folder/ledger/ledger-format.ts';
import type { LedgerWriter } from '../../run-folder/ledger/ledger-writer.ts';
import { removeEmptyFolder } from '../../system/removal.ts';
import { groupOf, type Manifest, type RunFolder } from '../../run-folder/run-folder.ts';
import { seal } from '../../run-folder/seal.ts';
import { producerName } from '../../workload/workload.ts';
import { claimLedger, sessionOf } from './claim-ledger.ts';
import { courseOf, openSender, type Sending } from './open-sender.ts';
import { Publisher, type ProduceConfig, type ProduceSummary, type Sender } from './publisher.ts';
import { tellingLeft } from '../tidy-cluster.ts';

const pollMs = 20;
const stopGraceMs = 3_000;

/** `messages` and `rate` are those of all producers together. */
export interface ProducerConfig extends ProduceConfig {
  /** The name of the consumer group; undefined for one after the run's id. */
  group?: string | undefined;
  producers: number;
  /** The index of this producer; undefined if it is the only one. */
  producer?: number | undefined;
}

export interface ProduceObserver {
  /** Called when the ledger exists, and nothing else yet. */
  onLedger(): void;
  onSent(sent: number): void;
  /** Settles when the first message may go. It is called when everything else is ready. */
  untilBegin(): Promise<void>;
}

/** The seams by which a test of the auditor changes a producer. No other caller passes any. */
export interface ProducerSeams {
  /** Changes where the session begins. */
  startOf?: (start: SessionStart) => SessionStart;
  wrapSender?: (sender: Sender) => Sender;
}

/** `first` is the sequence of the first message that the session sends. */
export interface SessionStart {
  session: number;
  first: number;
}

/** Publishes until done or stopped. Throws `usage` for a used run, `unavailable` if Kafka cannot be reached. */
export async function produce(
  config: ProducerConfig,
  observer: ProduceObserver,
  signal: AbortSignal,
  { startOf = (start) => start, wrapSender = (sender) => sender }: ProducerSeams = {},
): Promise<ProduceSummary> {
  const { folder, producer = 0 } = config;
  const isNew = folder.create();
  const { session, first } = startOf(sessionOf(folder, producer));
  // If there are several producers, the first writes the manifest, and the others wait for it.
  if (producer === 0 && session === 0) folder.refuseIfUsed();
  const ledgerPath = folder.file(ledgerFileName(producer, session));
  const ledger = claimLedger(folder, { producer, session }, ledgerPath);
  observer.onLedger();
  // Sends that are under way when the producer is stopped still get their outcome, if that does not take long.
  const late = after(signal, stopGraceMs);
  const reach = pointsFromEnvironment(signal);
  try {
    await using cluster = await openCluster({
      bootstrapServers: config.bootstrapServers,
      clientId: 'nodrop-producer',
      client: clientFromSettings(config.settings),
      timeoutMs: config.timeoutMs,
      signal,
    });
    const isFirst = producer === 0 && session === 0;
    const begin = isFirst ? ensureTopic : topicOfFirst;
    const { topic, isNew } = await begin(config, cluster, signal);
    const own = session === 0 ? shareOf(config, producer) : restOf(config, producer);
    let sender: Sending;
    try {
      sender = await openSender(own, cluster, topic, { producer, signal: late, reach });
      if (isFirst) folder.writeManifest(await manifestOf(config, shares(config), cluster, topic, isNew));
    } catch (error) {
      throw isNew ? leaving(config, error) : error;
    }
    const publisher = new Publisher({
      config: own,
      topic,
      ledger,
      sender: wrapSender(sender),
      course: courseOf(own, sender, { producer, ledger, reach }),
      producer,
      session,
      first,
    });
    await observer.untilBegin();
    await publisher.publish((sent) => observer.onSent(sent), signal);
    return publisher.summary;
  } finally {
    await finish(folder, ledger, ledgerPath);
    if (isNew && !folder.isUsed()) removeEmptyFolder(folder.path);
  }
}

/** Closes and seals the ledger. If the run never began, removes it, so that the run's id stays unused. */
async function finish(folder: RunFolder, ledger: LedgerWriter, ledgerPath: string): Promise<void> {
  if (!folder.isUsed()) {
    rmSync(ledgerPath, { force: true });
    return;
  }
  ledger.close();
  await seal(ledgerPath);
}

/** The plan: how many messages each producer sends. */
function shares({ messages, producers }: ProducerConfig): Record<string, number> {
  const least = Math.floor(messages / producers);
  const counts = Array.from(
    { length: producers },
    (_, index) => least + (index < messages % producers ? 1 : 0),
  );
  return Object.fromEntries(counts.map((count, index) => [producerName(index), count]));
}

/** The configuration of one of the producers: its share of the messages and the rate. */
const shareOf = (config: ProducerConfig, producer: number): ProduceConfig => ({
  ...config,
  messages: shares(config)[producerName(producer)]!,
  rate: rateOfEach(config),
});

const rateOfEach = ({ rate, producers }: ProducerConfig): number | undefined =>
  rate === undefined ? undefined : rate / producers;

/** The configuration of a later session, which follows the manifest, with the rest of the duration if there is one. */
function restOf(config: ProducerConfig, producer: number): ProduceConfig {
  const manifest = config.folder.readManifest()!;
  const { seed, batchSize, payloadBytes, states, stateField, stateHeader, rate, durationMs, transactions } =
    manifest;
  const leftMs = durationMs && Math.max(0, manifest.createdAt + durationMs - Date.now());
  return {
    ...config,
    seed,
    batchSize,
    payloadBytes,
    states,
    stateField,
    stateHeader,
    transactions,
    durationMs: leftMs,
    messages: manifest.producers[producerName(producer)]!,
    rate: rate && rate / Object.keys(manifest.producers).length,
  };
}

/** The topic that the run's first producer has created or found, once the manifest exists. */
async function topicOfFirst(
  config: ProducerConfig,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<{ topic: TopicMetadata; isNew: boolean }> {
  const { folder, timeoutMs } = config;
  const manifest = await new Deadline(timeoutMs, signal).poll(() => folder.readManifest(), pollMs);
  if (manifest === undefined)
    throw unavailableError(`The first producer of run ${folder.id} has not begun within ${timeoutMs} ms.`);
  const topic = await cluster.metadataAgain(config.topic);
  if (topic?.topicId === manifest.topicId) return { topic: asPlanned(topic, manifest), isNew: false };
  throw unavailableError(`Topic ${config.topic} was deleted or recreated.`);
}

/**
 * The partitions over which the run's first producer spreads its messages. If the others took partitions that were
 * added since, the messages of one key would stand in two.
 */
const asPlanned = (topic: TopicMetadata, { base }: Manifest): TopicMetadata => ({
  ...topic,
  partitions: topic.partitions.slice(0, Object.keys(base).length),
});

/** The error of a producer that has made the topic, and tells that it leaves it. */
const leaving = (config: ProducerConfig, error: unknown): unknown =>
  tellingLeft(error, { ...config, group: config.group ?? groupOf(config.folder.id) });

/** Returns the topic, created if it is missing, once every partition has a leader that serves it. */
async function ensureTopic(
  config: ProducerConfig,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<{ topic: TopicMetadata; isNew: boolean }> {
  const { bootstrapServers, settings, timeoutMs, partitions } = config;
  const access = { bootstrapServers, client: clientFromSettings(settings), timeoutMs, signal };
  const isNew = await createIfMissing(cluster, access, config.topic, partitions);
  try {
    const topic = await untilLed(cluster, config.topic, isNew ? partitions : 1);
    // Leaders serve a new topic later than the cluster names them. Without idempotence, no refused batch is sent again.
    if (isNew && !isIdempotent(settings)) await listOffsets(cluster, config.topic, 'latest');
    return { topic, isNew };
  } catch (error) {
    throw isNew ? leaving(config, error) : error;
  }
}

async function manifestOf(
  config: ProducerConfig,
  producers: Readonly<Record<string, number>>,
  cluster: Cluster,
  topic: TopicMetadata,
  isNew: boolean,
): Promise<Manifest> {
  // A topic that was just created ends at 0. In an existing topic, the records up to the end are not this run's.
  const base = isNew ? new Map<number, number>() : await listOffsets(cluster, config.topic, 'latest');
  const { folder, seed, batchSize, payloadBytes, states, bootstrapServers } = config;
  const { stateField, stateHeader, rate, durationMs, transactions } = config;
  return {
    schema: 1,
    id: folder.id,
    seed,
    topic: config.topic,
    topicId: topic.topicId,
    topicCreated: isNew,
    group: config.group ?? groupOf(folder.id),
    bootstrapServers,
    producers,
    ...(rate !== undefined && { rate }),
    ...(durationMs !== undefined && { durationMs }),
    batchSize,
    payloadBytes,
    states: states.map(({ name, weight }) => ({ name, weight })),
    ...(stateField !== undefined && { stateField }),
    ...(stateHeader !== undefined && { stateHeader }),
    acks: config.settings.acks ?? 'all',
    ...(transactions !== undefined && { transactions }),
    base: Object.fromEntries(topic.partitions.map((_, partition) => [partition, base.get(partition) ?? 0])),
    createdAt: Date.now(),
  };
}

/** A signal that aborts `graceMs` after another one has. */
function after(signal: AbortSignal, graceMs: number): AbortSignal {
  const late = new AbortController();
  const onAbort = (): void => {
    setTimeout(() => late.abort(signal.reason), graceMs).unref();
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return late.signal;
}
