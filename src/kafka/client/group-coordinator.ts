/** Finds the broker that coordinates a group, and asks it what the client library's admin cannot. */
import {
  consumerGroupDescribeV0,
  findCoordinatorV1,
  findCoordinatorV4,
  type Connection,
} from '@platformatic/kafka';
import { brokerVersions } from './api-versions.ts';
import type { Cluster } from './cluster.ts';
import { unavailableError } from '../../errors.ts';
import { lastingErrors } from './group-errors.ts';
import { NotReadyError, errorName, withErrorCodes } from './kafka-errors.ts';
import { needs } from './permissions.ts';

/** The requests of the consumer protocol. */
export const consumerGroupApis = { heartbeat: 68, describe: 69 } as const;

const findCoordinatorKey = 10;
const groupKeyType = 0;

type FindCoordinatorAnswer = Pick<findCoordinatorV4.FindCoordinatorResponse, 'coordinators'>;

export type FoundCoordinator = { nodeId: number; error: string; detail: string | null | undefined };

/** One attempt; `topic`: any, since the metadata that tell the brokers' addresses are those of a topic. */
export async function findCoordinator(
  cluster: Cluster,
  group: string,
  topic: string,
): Promise<FoundCoordinator> {
  await cluster.metadata(topic);
  return await coordinatorOn(await cluster.anyConnection(), group);
}

/** Asks this broker, in a version that it knows. */
export async function coordinatorOn(connection: Connection, group: string): Promise<FoundCoordinator> {
  const newest = (await brokerVersions(connection)).get(findCoordinatorKey)?.max ?? 0;
  const { api } = newest < 4 ? findCoordinatorV1 : findCoordinatorV4;
  const { coordinators } = await withErrorCodes<FindCoordinatorAnswer>(
    api.async(connection, groupKeyType, [group]),
  );
  const [found] = coordinators;
  if (found === undefined) throw new NotReadyError(`group ${group} has no coordinator`);
  return { nodeId: found.nodeId, error: errorName(found.errorCode), detail: found.errorMessage };
}

/** Whether a broker speaks a request of the consumer protocol. */
export const speaks = async (connection: Connection, api: number): Promise<boolean> =>
  (await brokerVersions(connection)).has(api);

/** The number of members of a group of the consumer protocol; 0 if there is no such group. One attempt. */
export async function consumerGroupMembers(cluster: Cluster, group: string, topic: string): Promise<number> {
  const { nodeId, error } = await findCoordinator(cluster, group, topic);
  if (error !== 'NONE') throw notDescribed(error, { group, topic });
  const connection = await cluster.connection(nodeId);
  if (!(await speaks(connection, consumerGroupApis.describe))) return 0;
  const answer = await withErrorCodes(consumerGroupDescribeV0.api.async(connection, [group], false));
  const [found] = answer.groups;
  const problem = errorName(found?.errorCode ?? 0);
  // Kafka 3.9 knows the request, but serves it only where the consumer protocol is turned on.
  if (problem === 'GROUP_ID_NOT_FOUND' || problem === 'UNSUPPORTED_VERSION') return 0;
  if (problem !== 'NONE') throw notDescribed(problem, { group, topic });
  return found?.members.length ?? 0;
}

function notDescribed(problem: string, { group, topic }: { group: string; topic: string }): Error {
  if (!lastingErrors.has(problem)) return new NotReadyError(`group ${group}: ${problem}`);
  const why = needs(problem, 'Describe', problem.startsWith('TOPIC_') ? { topic } : { group });
  return unavailableError(`Group ${group} cannot be described: ${why}.`);
}
