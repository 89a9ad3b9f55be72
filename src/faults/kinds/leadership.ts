/** Who leads the topic's partitions and who is in sync, before a fault and after. */
import { messageOf } from '../../errors.ts';
import type { BrokerVictim, PartitionLeadership, Pipeline } from '../fault.ts';

/** The broker that leads the topic's first partition. Throws where none does. */
export async function leaderOf(pipeline: Pipeline): Promise<BrokerVictim> {
  const [first] = await pipeline.partitions();
  return runningBroker(pipeline, first?.leader ?? -1, 'the leader of partition 0');
}

/** Throws where it does not run. */
export function runningBroker(pipeline: Pipeline, nodeId: number, what: string): BrokerVictim {
  const broker = pipeline.brokers.find((each) => each.nodeId === nodeId);
  if (broker?.pid !== undefined) return broker;
  throw new Error(`${what} does not run`);
}

/** In sentences, what has become of leaders and replicas in sync. */
export async function changesSince(
  before: readonly PartitionLeadership[],
  pipeline: Pipeline,
): Promise<string[]> {
  let now: readonly PartitionLeadership[];
  try {
    now = await pipeline.partitions();
  } catch (error) {
    return [`who leads is not known: ${messageOf(error)}`];
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

const nameOf = (node: number): string => (node < 0 ? 'nobody' : `broker ${node}`);
const listOf = (nodes: readonly number[]): string =>
  nodes.length === 0 ? 'none' : nodes.toSorted((a, b) => a - b).join(' ');
