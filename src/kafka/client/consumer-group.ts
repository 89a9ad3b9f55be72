/**
 * Membership of a consumer group, through the client library. It reports which partitions are assigned to this member,
 * and commits offsets; the caller fetches records and keeps the positions.
 */
import { Consumer } from '@platformatic/kafka';
import { groupTimes, type ClientSettings } from './client-settings.ts';
import { OperationalError, unavailableError } from '../../errors.ts';
import { connectionOptions, parseBootstrapServers, type ClientOptions } from './client-options.ts';
import { Deadline } from '../../system/deadline.ts';
import { connectionError, isRefusal } from './connection-problem.ts';
import { rootMessage } from './kafka-errors.ts';
import { needs } from './permissions.ts';
import { saysError } from './topics.ts';

export interface GroupOptions {
  bootstrapServers: string;
  client: ClientOptions;
  settings: ClientSettings;
  group: string;
  topic: string;
  timeoutMs: number;
  signal: AbortSignal;
}

export interface NextOffset {
  partition: number;
  /** The offset of the next record to read. */
  offset: number;
}

export interface GroupAssignment {
  /** The partitions that are assigned to this member. */
  partitions: readonly number[];
  /** Changes with each assignment. */
  generation: number;
  /** Kafka's number of the assignment, the same for all members: it begins again if the group is deleted. */
  epoch: number;
  /** How often the coordinator has confirmed the assignment since. */
  confirmations: number;
}

export interface ConsumerGroup {
  assignment(): GroupAssignment;
  /** Commits offsets to the group. Throws Kafka's error; the caller may go on without the commit. */
  commit(offsets: readonly NextOffset[]): Promise<void>;
  leave(): Promise<void>;
}

const leaveTimeoutMs = 3_000;
const retryPauseMs = 100;

/** Joins the group, and returns once this member has an assignment. Throws `unavailable`. */
export async function joinGroup(options: GroupOptions): Promise<ConsumerGroup> {
  const { bootstrapServers, client, settings, group, topic, timeoutMs, signal } = options;
  const brokers = parseBootstrapServers(bootstrapServers);
  const { sessionTimeoutMs, heartbeatIntervalMs } = groupTimes(settings);
  const consumer = new Consumer({
    clientId: 'nodrop-consumer',
    groupId: group,
    bootstrapBrokers: brokers,
    autocommit: false,
    // A coordinator that has just started needs some time until it answers.
    retries: Math.ceil(timeoutMs / retryPauseMs),
    retryDelay: retryPauseMs,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: heartbeatIntervalMs,
    ...connectionOptions(brokers, client, timeoutMs),
  });
  let generation = 0;
  let epoch = 0;
  let partitions: number[] = [];
  let confirmations = 0;
  consumer.on('consumer:heartbeat:end', () => {
    confirmations += 1;
  });
  consumer.on('consumer:group:join', ({ assignments, generationId }) => {
    generation += 1;
    confirmations = 0;
    epoch = generationId ?? 0;
    partitions = assignments?.find((assigned) => assigned.topic === topic)?.partitions ?? [];
  });
  // Without a listener, the library's background errors would end the process; the next fetch or commit fails with the
  // same error and reports it.
  (consumer as unknown as NodeJS.EventEmitter).on('error', () => undefined);
  try {
    consumer.topics.track(topic);
    await new Deadline(timeoutMs, signal).race(consumer.joinGroup(), () =>
      unavailableError(`Group ${group} could not be joined at ${bootstrapServers} within ${timeoutMs} ms.`),
    );
  } catch (error) {
    await close(consumer);
    if (signal.aborted) throw error;
    throw groupError(error, options);
  }
  return {
    assignment: () => ({ partitions, generation, epoch, confirmations }),
    commit: (offsets) =>
      consumer.commit({
        offsets: offsets.map(({ partition, offset }) => ({
          topic,
          partition,
          offset: BigInt(offset),
          leaderEpoch: -1,
        })),
      }),
    leave: () => close(consumer),
  };
}

/** A member needs Read on its group, and on its topic to learn of the partitions. */
function groupError(error: unknown, { bootstrapServers, client, group, topic }: GroupOptions): Error {
  if (error instanceof OperationalError) return error;
  if (isRefusal(error)) return connectionError(bootstrapServers, 'refuses the connection', error, client);
  const why = saysError(error, groupRefusal)
    ? needs(groupRefusal, 'Read', { group })
    : saysError(error, topicRefusal)
      ? needs(topicRefusal, 'Describe', { topic })
      : rootMessage(error);
  return unavailableError(`Group ${group} cannot be joined at ${bootstrapServers}: ${why}.`, {
    cause: error,
  });
}

const groupRefusal = 'GROUP_AUTHORIZATION_FAILED';
const topicRefusal = 'TOPIC_AUTHORIZATION_FAILED';

async function close(consumer: Consumer): Promise<void> {
  await Promise.race([
    // If the member cannot leave, the coordinator removes it after the session timeout.
    consumer.close(true).catch(() => undefined),
    new Promise((resolve) => setTimeout(resolve, leaveTimeoutMs).unref()),
  ]);
}
