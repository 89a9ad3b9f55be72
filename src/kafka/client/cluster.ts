/**
 * The connection to a Kafka cluster: one pool, a new request for each use of metadata, and a limit on every wait.
 * A connection answers requests in their order, so a long fetch delays the requests after it.
 */
import {
  ConnectionPool,
  apiVersionsV3,
  metadataV12,
  type Broker,
  type Connection,
} from '@platformatic/kafka';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperationalError, unavailableError } from '../../errors.ts';
import { connectionOptions, parseBootstrapServers, type ClientOptions } from './client-options.ts';
import { Deadline } from '../../system/deadline.ts';
import {
  NotReadyError,
  errorName,
  isRefusal,
  isRetriable,
  rootMessage,
  withErrorCodes,
} from './kafka-errors.ts';

export interface ClusterOptions {
  /** `host:port,host:port` */
  bootstrapServers: string;
  clientId: string;
  client?: ClientOptions;
  /** Limit for connecting, and for each later wait that has no deadline of its own. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export interface PartitionMetadata {
  /** -1 while there is no leader. */
  leader: number;
  leaderEpoch: number;
  replicas: number[];
  inSyncReplicas: number[];
}

export interface TopicMetadata {
  topic: string;
  /** A UUID in hexadecimal, with hyphens. */
  topicId: string;
  /** By partition number. */
  partitions: PartitionMetadata[];
}

const retryPauseMs = 50;
const closeTimeoutMs = 1_000;
/** If a broker does not answer in this time, the next attempt uses another broker. */
const attemptTimeoutMs = 5_000;
const unknownTopicMsMax = 5_000;
const noAnswer = new NotReadyError('no answer');
/** The errors of a topic that do not pass by themselves. */
const lastingErrors = new Set(['INVALID_TOPIC_EXCEPTION', 'TOPIC_AUTHORIZATION_FAILED']);

const addressHint = 'Check that a broker listens there, or give another address with --bootstrap-server.';
const notReadyHint =
  'The brokers answer, so the address is right: look at their logs, or wait longer with --timeout.';
const securityHint = 'Check security.protocol, sasl.* and ssl.* in the client settings.';

/** The API keys and versions of Produce, Fetch, ListOffsets, Metadata and InitProducerId that nodrop sends. */
const versionsNeeded = [
  [0, 9],
  [1, 13],
  [2, 7],
  [3, 12],
  [22, 4],
] as const;

/** Connects, and checks that the brokers support the needed requests. Throws `unavailable` with the address. */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const cluster = new Cluster(options);
  try {
    await cluster.checkVersions();
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

export class Cluster implements AsyncDisposable {
  readonly bootstrapServers: string;
  readonly #options: ClusterOptions;
  readonly #bootstrap: Broker[];
  readonly #pool: ConnectionPool;
  #brokers = new Map<number, Broker>();
  /** Incremented at each failure, so that the next attempt asks another broker first. */
  #turn = 0;

  constructor(options: ClusterOptions) {
    this.bootstrapServers = options.bootstrapServers;
    this.#options = options;
    this.#bootstrap = parseBootstrapServers(options.bootstrapServers);
    const { clientId, client = {}, timeoutMs } = options;
    this.#pool = new ConnectionPool(clientId, connectionOptions(this.#bootstrap, client, timeoutMs));
    // Each request reports errors to its own callback; an `error` event without a listener would end the process.
    this.#pool.on('connecting', ({ connection }) => connection.on('error', () => undefined));
  }

  /** The topic's current metadata; undefined if it does not exist. The request never creates the topic. */
  async metadata(topic: string, deadline = this.deadline()): Promise<TopicMetadata | undefined> {
    return await this.retry(deadline, async () => {
      const connection = await this.anyConnection();
      const answer = await withErrorCodes(metadataV12.api.async(connection, [topic], false, false));
      // A broker with ZooKeeper answers before it knows any broker of its cluster, itself included.
      if (answer.brokers.length === 0) throw new NotReadyError('the broker does not know its cluster yet');
      this.#brokers = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
      const found = answer.topics[0];
      const error = errorName(found?.errorCode ?? 0);
      if (found === undefined || error === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
      if (lastingErrors.has(error))
        throw unavailableError(`Kafka at ${this.bootstrapServers} refuses topic ${topic}: ${error}.`);
      if (error !== 'NONE') throw new NotReadyError(`topic ${topic}: ${error}`);
      const partitions: PartitionMetadata[] = [];
      for (const {
        partitionIndex,
        leaderId: leader,
        leaderEpoch,
        replicaNodes,
        isrNodes,
      } of found.partitions)
        partitions[partitionIndex] = {
          leader,
          leaderEpoch,
          replicas: replicaNodes,
          inSyncReplicas: isrNodes,
        };
      return { topic, topicId: found.topicId, partitions };
    });
  }

  /**
   * The metadata of a topic that existed before; undefined if it has been unknown for a while. A starting broker with
   * ZooKeeper learns of topics later than of brokers, and knows no topic until then.
   */
  async metadataAgain(topic: string, deadline = this.deadline()): Promise<TopicMetadata | undefined> {
    const found = await this.metadata(topic, deadline);
    if (found !== undefined) return found;
    // The time counts from the first answer on: before that, perhaps no broker could be reached.
    const patience = new Deadline(Math.min(unknownTopicMsMax, deadline.remainingMs), deadline.signal);
    return await patience.poll(async () => await this.metadata(topic, deadline), retryPauseMs);
  }

  /** A connection to a broker from the latest metadata. One attempt; throws the library's error. */
  async connection(nodeId: number): Promise<Connection> {
    const broker = this.#brokers.get(nodeId);
    if (broker === undefined) throw new NotReadyError(`broker ${nodeId} is not known`);
    return await this.#pool.get(broker);
  }

  /** A connection to a broker at an address that the cluster has named. One attempt; throws the library's error. */
  async connectionTo(broker: Broker): Promise<Connection> {
    return await this.#pool.get(broker);
  }

  /** A connection to any broker that can be reached. One attempt. */
  async anyConnection(): Promise<Connection> {
    const brokers = [...this.#bootstrap, ...this.#brokers.values()];
    const first = this.#turn % brokers.length;
    return await this.#pool.getFirstAvailable([...brokers.slice(first), ...brokers.slice(0, first)]);
  }

  deadline(): Deadline {
    return new Deadline(this.#options.timeoutMs, this.#options.signal);
  }

  /**
   * Repeats an attempt until one succeeds. Throws `unavailable` at the deadline, or at once if repeating cannot help.
   */
  async retry<T>(deadline: Deadline, attempt: () => Promise<T>): Promise<T> {
    let latest: unknown = noAnswer;
    for (;;) {
      deadline.throwIfAborted();
      const limit = new Deadline(Math.min(attemptTimeoutMs, deadline.remainingMs), deadline.signal);
      try {
        const result = await limit.within(attempt(), noAnswer);
        if (result !== noAnswer) return result as T;
      } catch (error) {
        if (isRefusal(error)) throw this.#unavailable('refuses the connection', error, securityHint);
        // An attempt that began just before the deadline has less to say than the one before.
        const hasSaid = deadline.hasPassed && latest !== noAnswer;
        if (!isRetriable(error) && !(error instanceof OperationalError && hasSaid)) throw error;
        if (isRetriable(error)) latest = error;
      }
      deadline.throwIfAborted();
      if (deadline.hasPassed) throw this.#late(deadline, latest);
      this.#turn++;
      await deadline.pause(retryPauseMs);
    }
  }

  #late({ timeoutMs }: Deadline, latest: unknown): OperationalError {
    if (latest === noAnswer || !(latest instanceof NotReadyError))
      return this.#unavailable(`did not answer within ${timeoutMs} ms`, latest);
    return this.#unavailable(`was not ready within ${timeoutMs} ms`, latest, notReadyHint);
  }

  #unavailable(what: string, cause: unknown, hint = addressHint): OperationalError {
    return unavailableError(`Kafka at ${this.bootstrapServers} ${what}: ${rootMessage(cause)}.`, {
      hint,
      cause,
    });
  }

  async checkVersions(): Promise<void> {
    const spoken = await this.retry(this.deadline(), async () => {
      const connection = await this.anyConnection();
      const answer = await withErrorCodes(apiVersionsV3.api.async(connection, 'nodrop', '1'));
      return new Map(answer.apiKeys.map((api) => [api.apiKey, api]));
    });
    const isSpoken = versionsNeeded.every(([key, version]) => {
      const range = spoken.get(key);
      return range !== undefined && range.minVersion <= version && version <= range.maxVersion;
    });
    if (!isSpoken)
      throw unavailableError(
        `Kafka at ${this.bootstrapServers} is older than 3.1, the first version that nodrop supports.`,
      );
  }

  /** Ends all connections and their pending requests, within a second. */
  async close(): Promise<void> {
    const connections = [...this.#pool].map(([, connection]) => connection);
    const limit = new AbortController();
    await Promise.race([this.#pool.close(), sleep(closeTimeoutMs, undefined, { signal: limit.signal })]);
    limit.abort();
    for (const connection of connections) connection.socket?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
