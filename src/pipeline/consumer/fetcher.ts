/** Fetches from the leaders of a topic's partitions. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientSettings } from '../../kafka/client/client-settings.ts';
import { unavailableError } from '../../errors.ts';
import type { Cluster, TopicMetadata } from '../../kafka/client/cluster.ts';
import { Deadline } from '../../system/deadline.ts';
import { fetchRecords, type FetchedPartition, type FetchPosition } from '../../kafka/fetch/fetch.ts';
import { isRetriable, NotReadyError } from '../../kafka/client/kafka-errors.ts';
import { partitionsByLeader } from '../../kafka/client/list-offsets.ts';

export interface FetchSettings {
  settings: ClientSettings;
  untilDrained: boolean;
  timeoutMs: number;
}

const pollMs = 50;
const fetchWaitMs = 500;
/** If the consumer waits for the end, an idle fetch must not delay the check for it. */
const drainFetchWaitMs = 50;
/** Fetched data is in memory twice, as it arrived and as records, in addition to the next fetch. */
const fetchBytesMax = 4 * 1024 * 1024;
const partitionFetchBytesMax = 1280 * 1024;

export const isCommittedOnly = (settings: ClientSettings): boolean =>
  settings['isolation.level'] !== 'read_uncommitted';

export class Fetcher {
  readonly #config: FetchSettings;
  readonly #cluster: Cluster;
  /** The leaders that were last known. */
  #topic: TopicMetadata;

  constructor(config: FetchSettings, { cluster, topic }: { cluster: Cluster; topic: TopicMetadata }) {
    this.#config = config;
    this.#cluster = cluster;
    this.#topic = topic;
  }

  /** One fetch from each leader of these partitions, from `next` on. Empty if a leader must be looked up first. */
  async fetch(
    claims: ReadonlyMap<number, { next: number }>,
    signal: AbortSignal,
  ): Promise<FetchedPartition[]> {
    const leaders = partitionsByLeader(this.#topic, claims.keys());
    if (leaders.size === 0) {
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
      return [];
    }
    try {
      const requests = [...leaders].map(([leader, partitions]) =>
        this.#fetchFrom(
          leader,
          partitions.map((partition) => ({ partition, offset: claims.get(partition)!.next })),
          signal,
        ),
      );
      return (await Promise.all(requests)).flat();
    } catch (error) {
      if (signal.aborted) return [];
      if (!isRetriable(error)) throw error;
      await this.refreshLeaders();
      return [];
    }
  }

  async refreshLeaders(): Promise<void> {
    await sleep(pollMs);
    const { topic: name, topicId } = this.#topic;
    const topic = await this.#cluster.metadataAgain(name);
    if (topic?.topicId !== topicId) {
      throw unavailableError(`Topic ${name} was deleted or recreated while it was consumed.`);
    }
    this.#topic = topic;
  }

  async #fetchFrom(
    leader: number,
    positions: FetchPosition[],
    signal: AbortSignal,
  ): Promise<FetchedPartition[]> {
    const { settings, untilDrained, timeoutMs } = this.#config;
    const connection = await this.#cluster.connection(leader);
    const waitMs = Number(settings['fetch.max.wait.ms'] ?? (untilDrained ? drainFetchWaitMs : fetchWaitMs));
    const request = fetchRecords(connection, {
      topic: this.#topic.topic,
      topicId: this.#topic.topicId,
      positions,
      isolation: isCommittedOnly(settings) ? 'read_committed' : 'read_uncommitted',
      maxWaitMs: waitMs,
      minBytes: Number(settings['fetch.min.bytes'] ?? 1),
      maxBytes: Number(settings['fetch.max.bytes'] ?? fetchBytesMax),
      partitionMaxBytes: Number(settings['max.partition.fetch.bytes'] ?? partitionFetchBytesMax),
    });
    return await new Deadline(timeoutMs + waitMs, signal).race(
      request,
      () => new NotReadyError(`broker ${leader} does not answer`),
    );
  }
}
