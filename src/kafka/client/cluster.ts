/**
 * The connection to a Kafka cluster: one pool, a new request for each use of metadata, and a limit on every wait.
 * A connection answers requests in their order, so a long fetch delays the requests after it.
 */
import { ConnectionPool, type Broker, type Connection } from '@platformatic/kafka';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperationalError, unavailableError } from '../../errors.ts';
import { brokerVersions, gapsOf, negotiated } from './api-versions.ts';
import { connectionOptions, parseBootstrapServers, type ClientOptions } from './client-options.ts';
import { Deadline } from '../../system/deadline.ts';
import { UnreachableBrokersError, connectionError, isRefusal } from './connection-problem.ts';
import { NotReadyError, errorName, isRetriable } from './kafka-errors.ts';
import { askMetadata, type Metadata } from './metadata-request.ts';
import { needs } from './permissions.ts';
import { reasonOf } from './port-probe.ts';

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
  /** A UUID in hexadecimal, with hyphens; `noTopicId` if the cluster gives topics no ids. */
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

const notReadyHint =
  'The brokers answer, so the address is right: look at their logs, or wait longer with --timeout.';

/**
 * Connects, and checks that the brokers support the needed requests and can be reached at the addresses that they
 * advertise. Throws `unavailable` with the address.
 */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const cluster = new Cluster(options);
  try {
    await cluster.checkVersions();
    await cluster.checkAddresses();
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
  /** Whether a broker has answered a request that needs a login where there are logins. */
  #isAnswered = false;
  /** Why a connection ended that had been made: the requests on it only learn that it did. */
  #ending: unknown;

  constructor(options: ClusterOptions) {
    this.bootstrapServers = options.bootstrapServers;
    this.#options = options;
    this.#bootstrap = parseBootstrapServers(options.bootstrapServers);
    const { clientId, client = {}, timeoutMs } = options;
    this.#pool = new ConnectionPool(clientId, connectionOptions(this.#bootstrap, client, timeoutMs));
    // Each request reports errors to its own callback; an `error` event without a listener would end the process.
    this.#pool.on('connecting', ({ connection }) =>
      connection.on('error', (error) => {
        this.#ending = error;
      }),
    );
  }

  /** The topic's current metadata; undefined if it does not exist. The request never creates the topic. */
  async metadata(topic: string, deadline = this.deadline()): Promise<TopicMetadata | undefined> {
    return await this.retry(deadline, async () => {
      const connection = await this.anyConnection();
      const answer = await this.#ask(connection, [topic]);
      const found = answer.topics[0];
      const error = errorName(found?.errorCode ?? 0);
      if (found === undefined || error === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
      if (lastingErrors.has(error)) {
        const why = needs(error, 'Describe', { topic });
        throw unavailableError(`Kafka at ${this.bootstrapServers} refuses topic ${topic}: ${why}.`);
      }
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

  /** Asks for metadata, and notes the brokers. */
  async #ask(connection: Connection, topics: string[]): Promise<Metadata> {
    const answer = await askMetadata(connection, topics);
    // A broker with ZooKeeper answers before it knows any broker of its cluster, itself included.
    if (answer.brokers.length === 0) throw new NotReadyError('the broker does not know its cluster yet');
    this.#brokers = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    this.#isAnswered = true;
    return answer;
  }

  /** Connects to a broker at an address that the brokers advertise: all further requests go there. */
  async checkAddresses(): Promise<void> {
    await this.retry(this.deadline(), async () => {
      await this.#ask(await this.anyConnection(), []);
      const failed: UnreachableBrokersError['brokers'][number][] = [];
      // Connections that are there already come first: usually the one to the given address.
      const isNew = (broker: Broker): number => (this.#pool.has(broker) ? 0 : 1);
      for (const [nodeId, broker] of [...this.#brokers].sort(([, a], [, b]) => isNew(a) - isNew(b))) {
        try {
          await this.#pool.get(broker);
          return;
        } catch (error) {
          if (!isRetriable(error) || isRefusal(error)) throw error;
          failed.push({ nodeId, broker, error });
        }
      }
      throw new UnreachableBrokersError(failed);
    });
  }

  /**
   * The metadata of a topic that existed before; undefined if it has been unknown for a while. A broker may learn of a
   * new topic later than the broker that made it; one that starts with ZooKeeper knows no topic for a while.
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
    try {
      return await negotiated(await this.#pool.get(broker));
    } catch (error) {
      if (!isRetriable(error) || isRefusal(error)) throw error;
      throw new UnreachableBrokersError([{ nodeId, broker, error }]);
    }
  }

  /** A connection to a broker at an address that the cluster has named. One attempt; throws the library's error. */
  async connectionTo(broker: Broker): Promise<Connection> {
    return await negotiated(await this.#pool.get(broker));
  }

  /** A connection to any broker that can be reached. One attempt. */
  async anyConnection(): Promise<Connection> {
    return await negotiated(await this.#any());
  }

  async #any(): Promise<Connection> {
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
        if (error instanceof OperationalError) {
          // An attempt that began just before the deadline has less to say than the one before.
          if (!deadline.hasPassed || latest === noAnswer) throw error;
        } else {
          if (!isRetriable(error) && !isRefusal(error)) throw error;
          latest = await this.#reason(error);
          if (isRefusal(latest)) throw this.#unavailable('refuses the connection', latest);
        }
      }
      deadline.throwIfAborted();
      if (deadline.hasPassed) throw this.#late(deadline, latest);
      this.#turn++;
      await deadline.pause(retryPauseMs);
    }
  }

  #late({ timeoutMs }: Deadline, latest: unknown): OperationalError {
    const isReached = latest instanceof NotReadyError && !(latest instanceof UnreachableBrokersError);
    if (latest === noAnswer || !isReached)
      return this.#unavailable(`did not answer within ${timeoutMs} ms`, latest);
    const what = `Kafka at ${this.bootstrapServers} was not ready within ${timeoutMs} ms`;
    return unavailableError(`${what}: ${latest.message}.`, { hint: notReadyHint, cause: latest });
  }

  /** The reason behind an error, if it can be found: a broker often closes connections without a word. */
  async #reason(error: unknown): Promise<unknown> {
    const ending = this.#ending;
    this.#ending = undefined;
    if (isRefusal(error) || this.#isAnswered) return error;
    // Under TLS 1.3, a broker looks at the client's certificate after the connection was made.
    if (isRefusal(ending)) return ending;
    return (await reasonOf(error, this.#bootstrap, this.#options.client ?? {})) ?? error;
  }

  #unavailable(what: string, cause: unknown): OperationalError {
    if (cause instanceof OperationalError) return cause;
    return connectionError(this.bootstrapServers, what, cause, this.#options.client ?? {});
  }

  async checkVersions(): Promise<void> {
    const gaps = await this.retry(this.deadline(), async () =>
      gapsOf(await brokerVersions(await this.#any())),
    );
    if (gaps.length === 0) return;
    throw unavailableError(`Kafka at ${this.bootstrapServers} cannot be used: it ${gaps.join('; it ')}.`, {
      hint: 'Kafka 2.3 and newer can be used. Upgrade the cluster, or what speaks for it.',
    });
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
