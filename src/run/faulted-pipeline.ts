/** A run's pipeline as faults see it: brokers, stages, store, and the cluster's view of the topic. */
import { groupTimes } from '../kafka/client/client-settings.ts';
import { unavailableError } from '../errors.ts';
import type { BrokerVictim, PoisonLetter, Foreign, Pipeline } from '../faults/fault.ts';
import type { Broker } from '../kafka/broker/broker.ts';
import { clientFromSettings } from '../kafka/client/client-from-settings.ts';
import { openCluster, type Cluster } from '../kafka/client/cluster.ts';
import { Deadline } from '../system/deadline.ts';
import { publishRecords } from '../kafka/produce/foreign-records.ts';
import { TransactionCoordinator } from '../kafka/produce/transaction-coordinator.ts';
import { deleteGroup, groupMembers, groupOffsets } from '../kafka/client/groups.ts';
import { listOffsets } from '../kafka/client/list-offsets.ts';
import { activeController } from '../kafka/client/active-controller.ts';
import { deleteRecordsBelow, type AdminAccess } from '../kafka/client/topics.ts';
import type { Stage } from '../pipeline/stage/stage.ts';
import { groupOf, topicOf, transactionalIdOf } from '../run-folder/run-folder.ts';
import { producerName } from '../workload/workload.ts';
import { engineOf, openSnapshot, writerOf } from '../stores/engines.ts';
import type { StoreSnapshot } from '../stores/store-snapshot.ts';
import { addressFor, type RunKafka } from './run-kafka.ts';
import type { RunSpec } from './run-spec.ts';
import type { Stages } from './stages.ts';

/** The time limit for a request to the cluster, part of which may be down. */
const questionTimeoutMs = 10_000;

/** The parts of a run that faults act on. */
type FaultedSpec = Pick<RunSpec, 'folder' | 'topic' | 'group' | 'settings' | 'store'>;
type FaultedStages = Pick<Stages, 'producers' | 'consumers' | 'startOneMore'>;

export class RunPipeline implements Pipeline {
  readonly brokers: readonly BrokerVictim[];
  readonly producers: readonly Stage[];
  readonly consumers: readonly Stage[];
  readonly processes: Pipeline['processes'] = new Map();
  readonly links: Pipeline['links'];
  readonly signal: AbortSignal;
  /** The records that faults have put into the topic. */
  readonly published: Foreign[] = [];
  readonly #spec: FaultedSpec;
  readonly #stages: FaultedStages;
  readonly #kafka: RunKafka;
  #cluster: Promise<Cluster> | undefined;

  constructor(spec: FaultedSpec, stages: FaultedStages, kafka: RunKafka, signal: AbortSignal) {
    this.#spec = spec;
    this.#stages = stages;
    this.#kafka = kafka;
    this.signal = signal;
    this.brokers = (kafka.broker?.brokers ?? []).map(asVictim);
    this.producers = stages.producers;
    this.consumers = stages.consumers;
    this.links = kafka.links?.links ?? new Map();
  }

  async partitions(): ReturnType<Pipeline['partitions']> {
    const { topic } = this.#spec;
    const found = await (await this.#open()).metadataAgain(topic);
    if (found === undefined) throw unavailableError(`topic ${topic} does not exist yet`);
    return found.partitions;
  }

  async controller(): Promise<number> {
    return await activeController(await this.#open());
  }

  async deleteRecords(): ReturnType<Pipeline['deleteRecords']> {
    this.#refuseForeignTopic();
    const before = await this.starts();
    await deleteRecordsBelow(this.#access, this.#spec.topic, await this.ends());
    const after = await this.starts();
    return [...after].flatMap(([partition, to]) => {
      const from = before.get(partition) ?? 0;
      return to > from ? [{ partition, from, to }] : [];
    });
  }

  async members(): Promise<number> {
    const { group, topic } = this.#spec;
    return await groupMembers(this.#access, group, topic);
  }

  async deleteOffsets(signal: AbortSignal): ReturnType<Pipeline['deleteOffsets']> {
    const { settings, topic, group } = this.#spec;
    this.#refuseForeignGroup();
    const before = await groupOffsets(this.#access, group, topic);
    const { sessionTimeoutMs } = groupTimes(settings);
    await deleteGroup(this.#access, group, new Deadline(sessionTimeoutMs + questionTimeoutMs, signal));
    return { before: before.size, after: (await groupOffsets(this.#access, group, topic)).size };
  }

  async publish(payloads: readonly (Uint8Array | null)[]): Promise<Foreign[]> {
    this.#refuseForeignTopic();
    const records = await publishRecords(await this.#open(), this.#spec.topic, payloads, questionTimeoutMs);
    this.published.push(...records);
    return records;
  }

  async deadLetters(): Promise<PoisonLetter[]> {
    const topicId = this.#spec.folder.readManifest()?.topicId;
    await using snapshot = await this.#snapshot();
    const letters: PoisonLetter[] = [];
    // A store may hold dead letters of other runs, at the same positions of their topics.
    for await (const some of snapshot.deadLetters())
      letters.push(...some.filter((letter) => letter.topicId === topicId));
    return letters;
  }

  async positions(): ReturnType<Pipeline['positions']> {
    const manifest = this.#spec.folder.readManifest();
    // Nothing is sent before there is a manifest.
    if (manifest === undefined) return new Map();
    const base = Object.entries(manifest.base).map(([partition, next]) => [Number(partition), next] as const);
    await using snapshot = await this.#snapshot();
    return new Map([...base, ...(await snapshot.positions(manifest.topicId)).next]);
  }

  async starts(): ReturnType<Pipeline['starts']> {
    return await listOffsets(await this.#open(), this.#spec.topic, 'earliest');
  }

  async ends(): ReturnType<Pipeline['ends']> {
    return await listOffsets(await this.#open(), this.#spec.topic, 'latest');
  }

  async stableEnds(): ReturnType<Pipeline['stableEnds']> {
    return await listOffsets(await this.#open(), this.#spec.topic, 'last-stable');
  }

  async takeOver(producer: number): Promise<number> {
    const id = transactionalIdOf(this.#spec.folder.id, producerName(producer));
    const coordinator = new TransactionCoordinator(await this.#open(), id, questionTimeoutMs);
    return (await coordinator.newEpoch(new Deadline(questionTimeoutMs, this.signal))).producerEpoch;
  }

  async lockStore(): Promise<() => Promise<void>> {
    const { store } = this.#spec;
    return await writerOf(engineOf(store)).lock(store, this.signal);
  }

  async endStoreSessions(): Promise<number> {
    const { store, folder } = this.#spec;
    return await engineOf(store).server!.endSessions(store, folder.readManifest()?.topicId ?? '');
  }

  async joinConsumer(signal: AbortSignal): ReturnType<Pipeline['joinConsumer']> {
    const ready = Promise.withResolvers<void>();
    const consumer = this.#stages.startOneMore(({ type }) => {
      if (type === 'ready') ready.resolve();
    });
    let hasJoined = true;
    const onAbort = (): void => {
      hasJoined = false;
      ready.resolve();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    void consumer.exited.then(({ tail }) =>
      ready.reject(new Error(`${consumer.name} ended before it had joined: ${tail}`)),
    );
    consumer.tell({ type: 'bootstrap', bootstrapServers: addressFor('consumer', this.#kafka) });
    try {
      await ready.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
    return { hasJoined, leave: () => consumer.stop() };
  }

  /** A topic that existed before the run is not nodrop's. A topic whose name the user chose may be in use by others. */
  #refuseForeignTopic(): void {
    const { folder, topic } = this.#spec;
    if (folder.readManifest()?.topicCreated === true) {
      if (this.brokers.length > 0 || topic === topicOf(folder.id)) return;
      throw unavailableError(
        `topic ${topic} has a name that the user chose, so others may use it: it is not touched`,
      );
    }
    throw unavailableError(`topic ${topic} existed before the run: it is not touched`);
  }

  /** A group whose name the user chose may have committed offsets of others. */
  #refuseForeignGroup(): void {
    const { folder, group } = this.#spec;
    if (this.brokers.length > 0 || group === groupOf(folder.id)) return;
    throw unavailableError(
      `group ${group} has a name that the user chose, so others may use it: it is not deleted`,
    );
  }

  async #snapshot(): Promise<StoreSnapshot & AsyncDisposable> {
    const snapshot = await openSnapshot(this.#spec.store);
    return Object.assign(snapshot, { [Symbol.asyncDispose]: () => snapshot.close() });
  }

  async close(): Promise<void> {
    // If it could not be opened, its caller has got the error.
    await this.#cluster?.then((cluster) => cluster.close()).catch(() => undefined);
  }

  get #access(): AdminAccess {
    const { settings } = this.#spec;
    const { bootstrapServers } = this.#kafka;
    return { bootstrapServers, client: clientFromSettings(settings), timeoutMs: questionTimeoutMs };
  }

  #open(): Promise<Cluster> {
    const { settings } = this.#spec;
    const { bootstrapServers } = this.#kafka;
    const opening = (this.#cluster ??= openCluster({
      bootstrapServers,
      clientId: 'nodrop-faults',
      client: clientFromSettings(settings),
      timeoutMs: questionTimeoutMs,
    }));
    // The next request tries again.
    opening.catch(() => (this.#cluster = undefined));
    return opening;
  }
}

export const asVictim = (broker: Broker): BrokerVictim => ({
  nodeId: broker.nodeId,
  name: `broker ${broker.nodeId}`,
  get pid() {
    return broker.pid;
  },
  kill: () => broker.kill(),
  stop: () => broker.stop(),
  suspend: () => broker.suspend(),
  resume: () => broker.resume(),
  start: async () => {
    // Start it even if the run was stopped meanwhile: the audit still has to read the log.
    const outcome = await broker.start(new AbortController().signal);
    if (outcome === 'port-taken') throw unavailableError(`${broker.address} was taken meanwhile`);
  },
});
