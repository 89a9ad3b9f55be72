/**
 * Membership of a consumer group, by the client library's group protocol. It says which partitions are
 * ours and takes commits; fetching and positions are the caller's.
 */
import { Consumer } from '@platformatic/kafka';
import { groupTimes, type ClientSettings } from './client-settings.ts';
import { unavailableError } from '../../errors.ts';
import { connectionOptions, parseBootstrapServers, type ClientOptions } from './client-options.ts';
import { Deadline } from '../../system/deadline.ts';
import { rootMessage } from './kafka-errors.ts';

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
  /** The offset of the record to go on with. */
  offset: number;
}

export interface GroupAssignment {
  /** Those that are ours. */
  partitions: readonly number[];
  /** A number that changes with each assignment. */
  generation: number;
  /** Kafka's own number of it, the same for all members: it begins again when the group is deleted. */
  epoch: number;
  /** How often the coordinator has said since then that it still holds. */
  confirmations: number;
}

export interface ConsumerGroup {
  assignment(): GroupAssignment;
  /** Tells the group how far the store is. Throws what Kafka answers: the caller may go on without. */
  commit(offsets: readonly NextOffset[]): Promise<void>;
  leave(): Promise<void>;
}

const leaveTimeoutMs = 3_000;
const retryPauseMs = 100;

/** Joins, and returns once there is an assignment. Throws `unavailable`. */
export async function joinGroup(options: GroupOptions): Promise<ConsumerGroup> {
  const { bootstrapServers, client, settings, group, topic, timeoutMs, signal } = options;
  const brokers = parseBootstrapServers(bootstrapServers);
  const { sessionTimeoutMs, heartbeatIntervalMs } = groupTimes(settings);
  const consumer = new Consumer({
    clientId: 'nodrop-consumer',
    groupId: group,
    bootstrapBrokers: brokers,
    autocommit: false,
    // A coordinator that has just started takes a while to be one.
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
  // Without a listener the library's background errors would end the process; the next fetch or commit
  // meets the same trouble and says so.
  (consumer as unknown as NodeJS.EventEmitter).on('error', () => undefined);
  try {
    consumer.topics.track(topic);
    await new Deadline(timeoutMs, signal).race(consumer.joinGroup(), () =>
      unavailableError(`Group ${group} could not be joined at ${bootstrapServers} within ${timeoutMs} ms.`),
    );
  } catch (error) {
    await close(consumer);
    if (signal.aborted) throw error;
    throw unavailableError(`Group ${group} cannot be joined at ${bootstrapServers}: ${rootMessage(error)}`, {
      cause: error,
    });
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

async function close(consumer: Consumer): Promise<void> {
  await Promise.race([
    // A member that cannot say farewell is put out by the coordinator in time.
    consumer.close(true).catch(() => undefined),
    new Promise((resolve) => setTimeout(resolve, leaveTimeoutMs).unref()),
  ]);
}
