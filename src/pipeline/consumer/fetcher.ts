/**
 * Fetches from the leaders of a topic's partitions. Each leader has one request in flight, and none waits for another:
 * a partition without a leader, and a broker that does not answer, hold up no other partition.
 */
import type { ClientSettings } from '../../kafka/client/client-settings.ts';
import type { Cluster, TopicMetadata } from '../../kafka/client/cluster.ts';
import { Deadline } from '../../system/deadline.ts';
import { fetchRecords, type FetchedPartition } from '../../kafka/fetch/fetch.ts';
import { isRetriable, NotReadyError, problemOf } from '../../kafka/client/kafka-errors.ts';
import { partitionsByLeader } from '../../kafka/client/list-offsets.ts';
import { TopicView } from '../../kafka/fetch/topic-view.ts';
import { outOfRange } from './fetch-refusal.ts';
import { PartitionTroubles } from './partition-troubles.ts';

export interface FetchSettings {
  settings: ClientSettings;
  untilDrained: boolean;
  /** Whether to go on behind records that retention has removed. */
  skipRemoved: boolean;
  timeoutMs: number;
}

/** An answer without an error. */
export interface Fetched extends FetchedPartition {
  /** The partition has lost its records below this offset, and has none in this answer. */
  skipTo?: number;
}

type Claims = ReadonlyMap<number, { next: number }>;

/** A request in flight. */
interface Flight {
  /** The requested offsets by partition. */
  positions: ReadonlyMap<number, number>;
  signal: AbortSignal;
  /** Ends when the answer is late. */
  due: Deadline;
  /** Settles without an error once there is an answer or an error. */
  settled: Promise<void>;
  answer?: FetchedPartition[];
  error?: unknown;
}

const pollMs = 50;
const fetchWaitMs = 500;
/** If the consumer waits for the end, an idle fetch must not delay the check for it. */
const drainFetchWaitMs = 50;
/** Fetched data is in memory twice, as it arrived and as records, in addition to the next fetch. */
const fetchBytesMax = 4 * 1024 * 1024;
const partitionFetchBytesMax = 1280 * 1024;
/** Answers that arrive this close together are stored together. */
const gatherMs = 20;
/** The default of Kafka's Java clients. */
const metadataMaxAgeMs = 300_000;
/** How long a busy broker may take beyond the time that it may wait for records. */
const lateMs = 2_000;

export const isCommittedOnly = (settings: ClientSettings): boolean =>
  settings['isolation.level'] !== 'read_uncommitted';

export class Fetcher {
  readonly view: TopicView;
  readonly #config: FetchSettings;
  readonly #cluster: Cluster;
  readonly #troubles: PartitionTroubles;
  /** By leader. */
  readonly #flights = new Map<number, Flight>();

  /** Calls `onNewPartitions` when the topic has got more. */
  constructor(
    config: FetchSettings,
    { cluster, topic }: { cluster: Cluster; topic: TopicMetadata },
    onNewPartitions: () => void,
  ) {
    this.#config = config;
    this.#cluster = cluster;
    const maxAgeMs = Number(config.settings['metadata.max.age.ms'] ?? metadataMaxAgeMs);
    this.view = new TopicView(cluster, topic, { maxAgeMs, timeoutMs: config.timeoutMs, onNewPartitions });
    this.#troubles = new PartitionTroubles(topic.topic, config.timeoutMs);
  }

  /** Why partitions cannot be read at the moment. */
  get problems(): ReadonlyMap<number, string> {
    return this.#troubles.errors;
  }

  /**
   * Records of these partitions, from `next` on: the answers that are there first. Empty if there are none yet. Throws
   * `unavailable` if a partition can never be read.
   */
  async fetch(claims: Claims, signal: AbortSignal): Promise<Fetched[]> {
    this.#forget(claims);
    this.#askIdleLeaders(claims, signal);
    await this.#untilAnswered(signal);
    return signal.aborted ? [] : await this.#answers(claims);
  }

  /** Forgets requests that were aborted, and the troubles of partitions that belong to this consumer no more. */
  #forget(claims: Claims): void {
    for (const [leader, { signal }] of this.#flights) if (signal.aborted) this.#flights.delete(leader);
    for (const partition of this.problems.keys()) if (!claims.has(partition)) this.#troubles.clear(partition);
  }

  #askIdleLeaders(claims: Claims, signal: AbortSignal): void {
    const due = [...claims.keys()].filter((partition) => !this.#troubles.isPaused(partition));
    for (const [leader, partitions] of partitionsByLeader(this.view.topic, due)) {
      const positions = new Map(partitions.map((partition) => [partition, claims.get(partition)!.next]));
      if (leader < 0) this.#cannotRead(positions, 'LEADER_NOT_AVAILABLE');
      else if (!this.#flights.has(leader)) this.#flights.set(leader, this.#ask(leader, positions, signal));
    }
  }

  #ask(leader: number, positions: ReadonlyMap<number, number>, signal: AbortSignal): Flight {
    const settled = this.#fetchFrom(leader, positions, signal)
      .then((answer) => void (flight.answer = answer))
      .catch((error: unknown) => void (flight.error = error));
    const flight: Flight = { positions, signal, due: new Deadline(this.#waitMs + lateMs), settled };
    return flight;
  }

  get #waitMs(): number {
    const { settings, untilDrained } = this.#config;
    return Number(settings['fetch.max.wait.ms'] ?? (untilDrained ? drainFetchWaitMs : fetchWaitMs));
  }

  async #fetchFrom(
    leader: number,
    positions: ReadonlyMap<number, number>,
    signal: AbortSignal,
  ): Promise<FetchedPartition[]> {
    const { settings, timeoutMs } = this.#config;
    const connection = await this.#cluster.connection(leader);
    const request = fetchRecords(connection, {
      topic: this.view.topic.topic,
      topicId: this.view.topic.topicId,
      positions: [...positions].map(([partition, offset]) => ({ partition, offset })),
      isolation: isCommittedOnly(settings) ? 'read_committed' : 'read_uncommitted',
      maxWaitMs: this.#waitMs,
      minBytes: Number(settings['fetch.min.bytes'] ?? 1),
      maxBytes: Number(settings['fetch.max.bytes'] ?? fetchBytesMax),
      partitionMaxBytes: Number(settings['max.partition.fetch.bytes'] ?? partitionFetchBytesMax),
    });
    return await new Deadline(timeoutMs + this.#waitMs, signal).race(
      request,
      () => new NotReadyError(`broker ${leader} does not answer`),
    );
  }

  /** Waits for the first answer, and shortly for others; not for brokers that are late. */
  async #untilAnswered(signal: AbortSignal): Promise<void> {
    const flights = [...this.#flights.values()].filter(({ due }) => !due.hasPassed);
    const all = flights.map(({ settled }) => settled);
    const limit = new Deadline(all.length === 0 ? pollMs : this.#waitMs + lateMs, signal);
    if (all.length === 0) await limit.pause(pollMs);
    else if (all.length === 1) await limit.within(all[0]!, undefined);
    else {
      await limit.within(Promise.race(all), undefined);
      await new Deadline(gatherMs, signal).within(Promise.all(all), undefined);
    }
  }

  async #answers(claims: Claims): Promise<Fetched[]> {
    const fetched = new Map<number, Fetched>();
    for (const [leader, flight] of this.#flights) {
      const { answer, error, positions } = flight;
      if (answer === undefined && error === undefined) {
        if (flight.due.hasPassed) this.#isLate(leader, positions);
        continue;
      }
      this.#flights.delete(leader);
      if (error !== undefined) this.#failed(positions, error);
      for (const each of answer ?? []) {
        // A late answer may be of positions that are over, or of a leader that is none any more.
        const isWanted = claims.get(each.partition)?.next === positions.get(each.partition);
        if (!isWanted || fetched.has(each.partition)) continue;
        if (each.error === 'NONE') {
          this.#troubles.clear(each.partition);
          fetched.set(each.partition, each);
          continue;
        }
        const skipTo = await this.#refused(each, positions.get(each.partition)!);
        if (skipTo !== undefined) fetched.set(each.partition, { ...each, error: 'NONE', skipTo });
      }
    }
    return [...fetched.values()];
  }

  /** A broker that hangs keeps its connection. Its partitions may have got another leader. */
  #isLate(leader: number, positions: ReadonlyMap<number, number>): void {
    const { partitions } = this.view.topic;
    const own = [...positions].filter(([partition]) => partitions[partition]?.leader === leader);
    this.#cannotRead(new Map(own), 'NETWORK_EXCEPTION', `broker ${leader} does not answer`);
  }

  #failed(positions: ReadonlyMap<number, number>, error: unknown): void {
    // If all brokers refuse this client, the refresh of the metadata fails too, and says so.
    if (!isRetriable(error)) throw error;
    const isAnswer = error instanceof Error && 'apiId' in error;
    this.#cannotRead(positions, isAnswer ? problemOf(error) : 'NETWORK_EXCEPTION', problemOf(error));
  }

  /** Returns the offset at which to go on, if records were removed that may be skipped. */
  async #refused({ partition, error }: FetchedPartition, offset: number): Promise<number | undefined> {
    const { topic } = this.view.topic;
    const { skipRemoved } = this.#config;
    const skipTo =
      error === 'OFFSET_OUT_OF_RANGE'
        ? await outOfRange(this.#cluster, topic, partition, offset, skipRemoved)
        : undefined;
    if (skipTo === undefined) this.#cannotRead(new Map([[partition, offset]]), error);
    return skipTo;
  }

  #cannotRead(positions: ReadonlyMap<number, number>, error: string, detail?: string): void {
    if (positions.size > 0) this.view.refresh();
    for (const [partition, offset] of positions) this.#troubles.note(partition, offset, error, detail);
  }
}
