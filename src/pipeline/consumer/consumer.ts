/** The consumer as a process: it opens the store, joins the group, works, and ends cleanly. */
import { basename } from 'node:path';
import { messageOf, unavailableError } from '../../errors.ts';
import { clientFromSettings } from '../../kafka/client/client-from-settings.ts';
import { openCluster, type Cluster, type TopicMetadata } from '../../kafka/client/cluster.ts';
import { joinGroup } from '../../kafka/client/consumer-group.ts';
import { journalFilePattern } from '../../run-folder/journal/journal-format.ts';
import { openJournal, type JournalWriter } from '../../run-folder/journal/journal-writer.ts';
import { LatencyLog } from '../../run-folder/latency-log.ts';
import { groupOf, latencyFileName, type Manifest } from '../../run-folder/run-folder.ts';
import { seal } from '../../run-folder/seal.ts';
import { storeName } from '../../stores/engines.ts';
import { remadeTopicError } from '../../stores/store.ts';
import { Deadline } from '../../system/deadline.ts';
import { wallClockMs } from '../../system/wall-clock.ts';
import { say } from '../../text/say.ts';
import type { CommonReason } from '../stage/stage.ts';
import { pointsFromEnvironment, type Reach } from '../stage/failpoints.ts';
import { ConsumeLoop, type ConsumeConfig, type ConsumeSummary } from './consume-loop.ts';
import { openConsumerStore, type ConsumerSeams, type ConsumerStore } from './consumer-store.ts';
import { hasLedger } from './drain.ts';
import { StoredLatency } from './stored-latency.ts';

const pollMs = 20;

type UnaddressedConfig = Omit<ConsumeConfig, 'bootstrapServers'>;

export interface Consumed {
  counts: ConsumeSummary;
  commonReason: CommonReason | undefined;
}

/**
 * Consumes until the signal, or until all is stored. Throws `unavailable`; stored messages stay. It opens the store
 * while it waits for the address.
 */
export async function consume(
  config: UnaddressedConfig & { bootstrapServers: string | Promise<string> },
  onStored: (stored: number) => void,
  signal: AbortSignal,
  seams: ConsumerSeams = {},
): Promise<Consumed> {
  const reach = pointsFromEnvironment(signal);
  config.folder.create();
  config.folder.noteConsumer(config.store);
  const end = new AbortController();
  const opened = openConsumerStore(config, { ...seams, reach }, AbortSignal.any([signal, end.signal]));
  // An unusable store is reported at once, even while the consumer waits for other things.
  const noStore = new AbortController();
  opened.catch(() => noStore.abort());
  try {
    const bootstrapServers = await Promise.race([
      config.bootstrapServers,
      opened.then(() => config.bootstrapServers),
    ]);
    const either = AbortSignal.any([signal, noStore.signal]);
    return await consumeInto(opened, { ...config, bootstrapServers }, reach, onStored, either);
  } catch (error) {
    if (noStore.signal.aborted && !signal.aborted) await opened;
    throw error;
  } finally {
    end.abort();
    await opened.then(
      (store) => store.close(),
      () => undefined,
    );
  }
}

async function consumeInto(
  opened: Promise<ConsumerStore>,
  config: ConsumeConfig,
  reach: Reach | undefined,
  onStored: (stored: number) => void,
  signal: AbortSignal,
): Promise<Consumed> {
  const { folder, bootstrapServers, settings, timeoutMs } = config;
  const client = clientFromSettings(settings);
  await using open = new AsyncDisposableStack();
  const cluster = open.use(
    await openCluster({ bootstrapServers, clientId: 'nodrop-consumer', client, timeoutMs, signal }),
  );
  const topic = await untilTopic(config, cluster, signal);
  const manifest = await manifestOf(config, topic, signal);
  // A consumer without a store must not join the group: it could not store the messages that it would get.
  const store = await opened;
  const name = config.group ?? manifest?.group ?? groupOf(folder.id);
  const instanceId = settings['group.instance.id'];
  const joining = { bootstrapServers, client, settings, group: name, instanceId, timeoutMs, signal };
  const group = open.adopt(await joinGroup({ ...joining, topic: config.topic }), (each) => each.leave());
  const journal = open.adopt(openJournalOf(config, topic), closeJournal);
  folder.noteConsumer(config.store, { journal: numberOf(journal), group: name });
  const journaled = store.journaled({ config, cluster, group }, journal);
  const latencies = open.adopt(openLatencyLog(config, journal), (log) => log.close());
  const latency = new StoredLatency(folder.id, latencies);
  const base = baseOf(manifest);
  const parts = { cluster, topic, base, store: journaled, group, journal, latency, reach };
  const loop = new ConsumeLoop(config, parts);
  await loop.work(onStored, signal);
  return { counts: loop.summary, commonReason: loop.reasons.mostCommon };
}

const openJournalOf = (
  { folder, store, categories }: ConsumeConfig,
  { topicId }: TopicMetadata,
): JournalWriter =>
  openJournal((name) => folder.file(name), {
    run: folder.id,
    topicId,
    store: storeName(store, folder.path),
    categories,
    pid: process.pid,
  });

/** The number of a journal, which no other process has. */
const numberOf = ({ path }: JournalWriter): number => Number(journalFilePattern.exec(basename(path))![1]);

const openLatencyLog = ({ folder }: ConsumeConfig, journal: JournalWriter): LatencyLog =>
  new LatencyLog(folder.file(latencyFileName('stored', String(numberOf(journal)))), wallClockMs());

/** A journal that is not closed looks like that of a killed consumer; its entries count all the same. */
async function closeJournal(journal: JournalWriter): Promise<void> {
  try {
    journal.close();
    await seal(journal.path);
  } catch (error) {
    say(`nodrop: the journal ${journal.path} was not closed: ${messageOf(error)}`);
  }
}

/** A consumer may start before its topic exists. With `untilDrained`, it does not wait for ever. */
async function untilTopic(
  config: ConsumeConfig,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<TopicMetadata> {
  const deadline = new Deadline(config.untilDrained ? config.timeoutMs : Infinity, signal);
  const topic = await deadline.poll(async () => await cluster.metadata(config.topic), pollMs);
  if (topic !== undefined) return topic;
  throw unavailableError(`There is no topic ${config.topic} at ${config.bootstrapServers}.`, {
    hint: 'Check --topic and --run, or start the producer.',
  });
}

/**
 * The run's manifest. A producer opens its ledger before it creates the topic, so a working producer is noticed;
 * undefined without one.
 */
async function manifestOf(
  { folder, timeoutMs }: ConsumeConfig,
  { topic, topicId }: TopicMetadata,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const look = (): Manifest | undefined | 'none' => (hasLedger(folder) ? folder.readManifest() : 'none');
  const found = await new Deadline(timeoutMs, signal).poll(look, pollMs);
  if (found === undefined) throw unavailableError(`The producer of run ${folder.id} has not begun.`);
  const manifest = found === 'none' ? undefined : found;
  if (manifest !== undefined && manifest.topic === topic && manifest.topicId !== topicId) {
    throw remadeTopicError({ run: folder.id, topic, topicId }, manifest.topicId);
  }
  return manifest;
}

/** The offset at which the run begins, by partition. Without a producer, the consumer takes everything in the topic. */
const baseOf = (manifest: Manifest | undefined): Map<number, number> =>
  new Map(Object.entries(manifest?.base ?? {}).map(([partition, offset]) => [Number(partition), offset]));
