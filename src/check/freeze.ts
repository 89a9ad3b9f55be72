/** Fixes the range of each topic that is checked, before anything is read. */
import { usageError } from '../errors.ts';
import type { Cluster } from '../kafka/client/cluster.ts';
import { listOffsets } from '../kafka/client/list-offsets.ts';
import { isCompacted, type AdminAccess } from '../kafka/client/topics.ts';
import type { Deadline } from '../system/deadline.ts';
import type { Bound, CheckPlan } from './plan.ts';

export interface FrozenPartition {
  partition: number;
  /** The log's first offset. */
  start: number;
  /** The range: offsets `from` to `to` − 1. */
  from: number;
  to: number;
  /** The log's end. */
  end: number;
  lastStableOffset: number;
}

export interface FrozenTopic {
  name: string;
  topicId: string;
  /** null: the settings could not be read. */
  compacted: boolean | null;
  partitions: FrozenPartition[];
}

/** Throws `usage` for a topic or a partition that does not exist. */
export async function freezeTopic(
  cluster: Cluster,
  access: AdminAccess,
  name: string,
  { from, to }: Pick<CheckPlan, 'from' | 'to'>,
): Promise<FrozenTopic> {
  const topic = await cluster.metadata(name);
  if (topic === undefined) throw usageError(`Topic ${name} does not exist.`);
  const starts = await listOffsets(cluster, name, 'earliest');
  const stable = await listOffsets(cluster, name, 'last-stable');
  const ends = await listOffsets(cluster, name, 'latest');
  const begins = await offsetsAt(cluster, name, from, { starts, ends });
  const limits = await offsetsAt(cluster, name, to, { starts, ends });
  const partitions = [...ends].map(([partition, end]) => {
    const start = starts.get(partition) ?? 0;
    const first = Math.min(Math.max(start, begins.get(partition) ?? end), end);
    return {
      partition,
      start,
      from: first,
      to: Math.max(first, Math.min(limits.get(partition) ?? first, end)),
      end,
      lastStableOffset: Math.min(stable.get(partition) ?? end, end),
    };
  });
  // Without the permission to read settings, it is only not known which rows older records would explain.
  const compacted = (await isCompacted(access, name)) ?? null;
  return { name, topicId: topic.topicId, compacted, partitions };
}

/**
 * Waits until all transactions have ended that were open where the ranges end, or until the deadline: nothing tells
 * before whether their records are to arrive.
 */
export async function waitForTransactions(
  cluster: Cluster,
  topics: readonly FrozenTopic[],
  deadline: Deadline,
): Promise<void> {
  for (const { name, partitions } of topics) {
    if (partitions.every(isStable)) continue;
    await deadline.poll(async () => {
      const stable = await listOffsets(cluster, name, 'last-stable');
      return partitions.every(({ partition, to }) => (stable.get(partition) ?? to) >= to);
    }, pollMs);
  }
}

const pollMs = 200;

const isStable = ({ from, to, lastStableOffset }: FrozenPartition): boolean =>
  from === to || lastStableOffset >= to;

/** By partition. A list of offsets leaves out the partitions that it does not name. */
async function offsetsAt(
  cluster: Cluster,
  name: string,
  bound: Bound,
  { starts, ends }: { starts: ReadonlyMap<number, number>; ends: ReadonlyMap<number, number> },
): Promise<ReadonlyMap<number, number>> {
  if (bound === 'earliest') return starts;
  if (bound === 'latest') return ends;
  if ('time' in bound) {
    const since = await listOffsets(cluster, name, { since: bound.time });
    return new Map(
      [...since].map(([partition, offset]) => [partition, offset < 0 ? ends.get(partition)! : offset]),
    );
  }
  const unknown = [...bound.offsets.keys()].find((partition) => !ends.has(partition));
  if (unknown === undefined) return bound.offsets;
  throw usageError(
    `Topic ${name} has no partition ${unknown}: it has ${ends.size}.`,
    'Name another in --from and --to.',
  );
}

/** Whether nothing that the topic ever held lies before the range: it begins at 0, and nothing was removed. */
export const isWholeLife = ({ compacted, partitions }: FrozenTopic): boolean =>
  compacted === false && partitions.every(({ start, from }) => start === 0 && from === 0);

/** How many offsets lie in the ranges. */
export const recordsIn = (topics: readonly FrozenTopic[]): number =>
  topics.flatMap(({ partitions }) => partitions).reduce((sum, { from, to }) => sum + to - from, 0);

/** How many offsets lie beyond them. */
export const recordsBeyond = (topics: readonly FrozenTopic[]): number =>
  topics.flatMap(({ partitions }) => partitions).reduce((sum, { to, end }) => sum + end - to, 0);

/** The ends of the ranges that are not empty. */
export const frozenEnds = (partitions: readonly FrozenPartition[]): Map<number, number> =>
  new Map(partitions.filter(({ from, to }) => from < to).map(({ partition, to }) => [partition, to]));
