/** The consumer groups that feed destinations: how far they are behind what feeds them. A commit is a claim, and no proof. */
import type { Cluster } from '../../kafka/client/cluster.ts';
import {
  consumerGroups,
  groupMembers,
  groupOffsets,
  groupsOfTopic,
  groupTopics,
} from '../../kafka/client/groups.ts';
import { listOffsets } from '../../kafka/client/list-offsets.ts';
import type { AdminAccess } from '../../kafka/client/topics.ts';
import { scanLog } from '../../kafka/fetch/log-scan.ts';
import type { Destination } from '../../proof/destinations.ts';

export interface GroupLag {
  group: string;
  topic: string;
  /** Records that the group has not committed. */
  records: number;
}

export interface FeedingGroupsOptions {
  cluster: Cluster;
  access: AdminAccess & { timeoutMs: number };
  destinations: readonly Destination[];
  /** The groups that have commits count, too. On a cluster of others, their groups are none of the pipeline's. */
  isOwnCluster: boolean;
  /** Groups of the pipeline's processes: they count for the topics of which they have commits. */
  groupsOfProcesses: readonly string[];
  signal: AbortSignal;
}

export class FeedingGroups {
  readonly #options: FeedingGroupsOptions;
  /** By topic that feeds a destination: the groups that the config names. */
  readonly #named = new Map<string, Set<string>>();

  constructor(options: FeedingGroupsOptions) {
    this.#options = options;
    const { destinations } = options;
    for (const { from, group } of destinations) {
      const topic = destinations.find(({ name }) => name === from)?.topic;
      if (topic === undefined) continue;
      const groups = this.#named.get(topic) ?? new Set();
      if (group !== undefined) groups.add(group);
      this.#named.set(topic, groups);
    }
  }

  /** Whether any group tells how far it is. */
  async areKnown(): Promise<boolean> {
    for (const topic of this.#named.keys()) if ((await this.#groupsOf(topic)).length > 0) return true;
    return false;
  }

  /** The groups that have not come to the ends of now. */
  async behind(): Promise<GroupLag[]> {
    const { access } = this.#options;
    const behind: GroupLag[] = [];
    for (const topic of this.#named.keys()) {
      for (const group of await this.#groupsOf(topic)) {
        const records = await this.#uncommitted(topic, await groupOffsets(access, group, topic));
        if (records > 0) behind.push({ group, topic, records });
      }
    }
    return behind;
  }

  /**
   * The groups that are at work and have committed nothing at all: they may be anywhere in what feeds a destination, as those of an
   * application that commits every 30 s, or that has just been killed.
   */
  async silent(): Promise<string[]> {
    const { access, isOwnCluster, groupsOfProcesses } = this.#options;
    const [topic] = this.#named.keys();
    if (topic === undefined) return [];
    const silent: string[] = [];
    for (const group of isOwnCluster ? await consumerGroups(access) : groupsOfProcesses) {
      const hasCommitted = (await groupTopics(access, group)).length > 0;
      if (!hasCommitted && (await groupMembers(access, group, topic)) > 0) silent.push(group);
    }
    return silent;
  }

  async #groupsOf(topic: string): Promise<string[]> {
    const { access, isOwnCluster, groupsOfProcesses } = this.#options;
    const found = await groupsOfTopic(access, topic, isOwnCluster ? undefined : groupsOfProcesses);
    return [...new Set([...this.#named.get(topic)!, ...found])];
  }

  /** The committed records from these offsets on: markers and aborted records are never committed by themselves. */
  async #uncommitted(topic: string, commits: ReadonlyMap<number, number>): Promise<number> {
    const { cluster, access, signal } = this.#options;
    const ends = await listOffsets(cluster, topic, 'latest');
    const isPast = [...ends].every(([partition, end]) => (commits.get(partition) ?? 0) >= end);
    if (isPast) return 0;
    let records = 0;
    await scanLog(cluster, topic, {
      from: commits,
      to: ends,
      timeoutMs: access.timeoutMs,
      signal,
      onBatch: ({ from, to, state }) => {
        if (state === 'committed') records += to - from;
      },
    });
    return records;
  }
}
