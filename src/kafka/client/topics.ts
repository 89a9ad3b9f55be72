/** Creates topics and reads their settings, through the client library's admin. */
import { Admin } from '@platformatic/kafka';
import { messageOf, OperationalError, unavailableError } from '../../errors.ts';
import { connectionOptions, parseBootstrapServers, type ClientOptions } from './client-options.ts';
import { Deadline } from '../../system/deadline.ts';
import { connectionError, isRefusal } from './connection-problem.ts';
import { rootMessage } from './kafka-errors.ts';
import { needs } from './permissions.ts';

export interface AdminAccess {
  bootstrapServers: string;
  client: ClientOptions;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** Creates a topic with the cluster's default replication. Returns false if the topic already existed. */
export async function createTopic(access: AdminAccess, topic: string, partitions: number): Promise<boolean> {
  try {
    await withAdmin(access, (admin) => admin.createTopics({ topics: [topic], partitions, replicas: -1 }));
    return true;
  } catch (error) {
    if (saysError(error, 'TOPIC_ALREADY_EXISTS')) return false;
    if (error instanceof OperationalError) throw error;
    const refused = authorizationErrors.find((name) => saysError(error, name));
    const why = refused === undefined ? rootMessage(error) : needs(refused, 'Create', { topic });
    throw unavailableError(`Topic ${topic} cannot be created at ${access.bootstrapServers}: ${why}.`, {
      cause: error,
    });
  }
}

/** A topic is created with a permission on itself or on the cluster. */
const authorizationErrors = ['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'];

/** Deletes the records below these offsets, by partition. */
export async function deleteRecordsBelow(
  access: AdminAccess,
  topic: string,
  offsets: ReadonlyMap<number, number>,
): Promise<void> {
  const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: BigInt(offset) }));
  await withAdmin(access, (admin) => admin.deleteRecords({ topics: [{ name: topic, partitions }] }));
}

/** The records that Kafka may remove, by the topic's settings and the brokers' defaults. undefined: not known. */
export interface TopicSettings {
  /** Kafka may remove older records of a key. */
  compacted: boolean | undefined;
  /** Kafka may lose acknowledged records, by electing a leader that was not in sync. */
  uncleanElection: boolean | undefined;
}

const topicResource = 2;
const compactionKey = 'cleanup.policy';
const batchBytesKey = 'max.message.bytes';
const uncleanKey = 'unclean.leader.election.enable';

export async function topicSettings(access: AdminAccess, topic: string): Promise<TopicSettings> {
  const valueOf = await describeTopic(access, topic, [compactionKey, uncleanKey]);
  const unclean = valueOf(uncleanKey);
  return {
    compacted: valueOf(compactionKey)?.includes('compact'),
    uncleanElection: unclean === undefined ? undefined : unclean === 'true',
  };
}

/** Whether Kafka may remove older records of a key. undefined: the settings may not be read, or do not say so. */
export const isCompacted = async (access: AdminAccess, topic: string): Promise<boolean | undefined> =>
  await ifAllowed(async () => (await topicSettings(access, topic)).compacted);

/** The largest record batch that the topic takes. undefined: the settings may not be read, or do not say so. */
export async function batchBytesMax(access: AdminAccess, topic: string): Promise<number | undefined> {
  const valueOf = await ifAllowed(() => describeTopic(access, topic, [batchBytesKey]));
  const stated = Number(valueOf?.(batchBytesKey));
  return Number.isSafeInteger(stated) ? stated : undefined;
}

/** undefined if the user may not read the settings. */
async function ifAllowed<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (/AUTHORIZATION/.test(rootMessage(error))) return undefined;
    throw error;
  }
}

/** Returns the values by their keys. */
async function describeTopic(
  access: AdminAccess,
  topic: string,
  keys: readonly string[],
): Promise<(key: string) => string | undefined> {
  const [described] = await withAdmin(access, (admin) =>
    admin.describeConfigs({
      resources: [{ resourceType: topicResource, resourceName: topic, configurationKeys: [...keys] }],
    }),
  );
  return (key) => described?.configs.find(({ name }) => name === key)?.value ?? undefined;
}

/** Runs an action with an admin. Throws `unavailable` if there is no answer in time. */
export async function withAdmin<T>(access: AdminAccess, action: (admin: Admin) => Promise<T>): Promise<T> {
  const brokers = parseBootstrapServers(access.bootstrapServers);
  const admin = new Admin({
    clientId: 'nodrop-admin',
    bootstrapBrokers: brokers,
    timeout: access.timeoutMs,
    retries: 3,
    retryDelay: 200,
    ...connectionOptions(brokers, access.client, access.timeoutMs),
  });
  const deadline = new Deadline(access.timeoutMs, access.signal);
  try {
    return await deadline.race(action(admin), () =>
      unavailableError(`Kafka at ${access.bootstrapServers} did not answer within ${access.timeoutMs} ms.`),
    );
  } catch (error) {
    if (error instanceof OperationalError || !isRefusal(error)) throw error;
    throw connectionError(access.bootstrapServers, 'refuses the connection', error, access.client);
  } finally {
    await admin.close();
  }
}

/** Whether a Kafka error with this name is anywhere in the library's nested errors. */
export function saysError(error: unknown, name: string): boolean {
  if (!(error instanceof Error)) return false;
  if ((error as { apiId?: unknown }).apiId === name || messageOf(error).includes(name)) return true;
  return (
    saysError(error.cause, name) ||
    (error instanceof AggregateError && error.errors.some((inner) => saysError(inner, name)))
  );
}
