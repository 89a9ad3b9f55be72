/** The leaders and in-sync replicas of the topic's partitions, before a fault and after. */
import { messageOf } from '../../errors.ts';
import type { BrokerVictim, PartitionLeadership, Pipeline } from '../fault.ts';

/** The broker that leads the topic's first partition. Throws if there is none. */
export async function leaderOf(pipeline: Pipeline): Promise<BrokerVictim> {
  const [first] = await pipeline.partitions();
  return runningBroker(pipeline, first?.leader ?? -1, 'the leader of partition 0');
}

/** Throws if the broker does not run. */
export function runningBroker(pipeline: Pipeline, nodeId: number, what: string): BrokerVictim {
  const broker = pipeline.brokers.find((each) => each.nodeId === nodeId);
  if (broker?.pid !== undefined) return broker;
  throw new Error(`${what} does not run`);
}

/** Describes the changes of leaders and in-sync replicas, in sentences. */
export async function changesSince(
  before: readonly PartitionLeadership[],
  pipeline: Pipeline,
): Promise<string[]> {
  let now: readonly PartitionLeadership[];
  try {
    now = await pipeline.partitions();
  } catch (error) {
    return [`the leaders are not known: ${messageOf(error)}`];
  }
  return before.flatMap((old, partition) => {
    const { leader, leaderEpoch, inSyncReplicas } = now[partition] ?? old;
    const changes = [];
    if (leaderEpoch !== old.leaderEpoch) {
      changes.push(
        `leader epoch ${old.leaderEpoch} to ${leaderEpoch}, ${nameOf(old.leader)} to ${nameOf(leader)}`,
      );
    }
    const [wasInSync, isInSync] = [listOf(old.inSyncReplicas), listOf(inSyncReplicas)];
    if (isInSync !== wasInSync) changes.push(`in sync: ${wasInSync} to ${isInSync}`);
    return changes.map((change) => `partition ${partition}: ${change}`);
  });
}

const nameOf = (node: number): string => (node < 0 ? 'no leader' : `broker ${node}`);
const listOf = (nodes: readonly number[]): string =>
  nodes.length === 0 ? 'none' : nodes.toSorted((a, b) => a - b).join(' ');
