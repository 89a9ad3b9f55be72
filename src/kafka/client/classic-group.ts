/** A group of the classic protocol, through the client library: its members compute the assignment. */
import {
  Consumer,
  ResponseError,
  consumerHeartbeatChannel,
  kGetApi,
  type API,
  type Callback,
} from '@platformatic/kafka';
import { OperationalError, unavailableError } from '../../errors.ts';
import { connectionOptions, parseBootstrapServers } from './client-options.ts';
import { groupTimes } from './client-settings.ts';
import { isRefusal } from './connection-problem.ts';
import type { ConsumerGroup, GroupAssignment, GroupOptions, NextOffset } from './consumer-group.ts';
import { Deadline } from '../../system/deadline.ts';
import { asJoinError, fencedError, lastingErrors } from './group-errors.ts';
import { saysError } from './topics.ts';

const leaveTimeoutMs = 3_000;
const retryPauseMs = 100;

/** The library's assignors by the names of Kafka's own, which all members of a group must share. */
const assignors = {
  'org.apache.kafka.clients.consumer.RoundRobinAssignor': { name: 'roundrobin', version: 1 },
  'org.apache.kafka.clients.consumer.CooperativeStickyAssignor': { name: 'cooperative-sticky', version: 3 },
} as const;

/** Joins the group, and returns once this member has an assignment. Throws `unavailable`. */
export async function joinClassicGroup(options: GroupOptions): Promise<ConsumerGroup> {
  const member = new ClassicMember(options);
  await member.join();
  return member;
}

/** The library takes a partition without a leader for an error, and would not join while there is one. */
class MemberConsumer extends Consumer {
  override [kGetApi]<Arguments extends unknown[], Answer>(
    name: string,
    callback: Callback<API<Arguments, Answer>>,
  ): void {
    super[kGetApi]<Arguments, Answer>(name, (error, api) => {
      if (name !== 'Metadata' || api === undefined) return callback(error, api);
      const metadata = api as unknown as (...args: unknown[]) => void;
      const ask = (...args: unknown[]): void => {
        const answered = args.pop() as Callback<unknown>;
        const tolerant: Callback<unknown> = (refusal, answer) =>
          isOfPartitions(refusal) ? answered(null, refusal.response) : answered(refusal, answer);
        metadata(...args, tolerant);
      };
      callback(null, Object.assign(ask, api));
    });
  }
}

/** Whether nothing but partitions is said to have a problem. */
const isOfPartitions = (error: Error | null): error is ResponseError & { response: unknown } =>
  error instanceof ResponseError &&
  error.errors.every(({ path }) => /^\/topics\/\d+\/partitions\//.test(String(path)));

class ClassicMember implements ConsumerGroup {
  readonly #options: GroupOptions;
  readonly #consumer: Consumer;
  #assignment: GroupAssignment = { partitions: [], generation: 0, epoch: 0, confirmations: 0 };
  #isLeader = false;
  #rejoining: Promise<void> | undefined;
  #hasLeft = false;
  /** Why this member has lost its membership for good. */
  #failure: unknown;

  constructor(options: GroupOptions) {
    const { bootstrapServers, client, settings, group, topic, instanceId, timeoutMs } = options;
    const brokers = parseBootstrapServers(bootstrapServers);
    const { sessionTimeoutMs, heartbeatIntervalMs } = groupTimes(settings);
    const strategy = settings['partition.assignment.strategy'] as keyof typeof assignors | undefined;
    const consumer = new MemberConsumer({
      clientId: 'nodrop-consumer',
      groupId: 'nodrop',
      bootstrapBrokers: brokers,
      autocommit: false,
      // A coordinator that has just started needs some time until it answers.
      retries: Math.ceil(timeoutMs / retryPauseMs),
      retryDelay: retryPauseMs,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatIntervalMs,
      ...(instanceId !== undefined && { groupInstanceId: instanceId }),
      ...(strategy !== undefined && { protocols: [assignors[strategy]] }),
      ...connectionOptions(brokers, client, timeoutMs),
    });
    // Kafka allows blanks in the name, and the library's check of its options does not. Requests take the name from here.
    consumer.groupId = group;
    this.#options = options;
    this.#consumer = consumer;
    consumer.topics.track(topic);
    consumer.on('consumer:heartbeat:end', () => {
      this.#assignment = { ...this.#assignment, confirmations: this.#assignment.confirmations + 1 };
    });
    consumer.on('consumer:group:join', ({ assignments, generationId, isLeader }) => {
      this.#isLeader = isLeader === true;
      this.#assignment = {
        partitions: assignments?.find((assigned) => assigned.topic === topic)?.partitions ?? [],
        generation: this.#assignment.generation + 1,
        epoch: generationId ?? 0,
        confirmations: 0,
      };
    });
    if (instanceId !== undefined) consumerHeartbeatChannel.error.subscribe(this.#onHeartbeatError);
    // After a failed rejoin, the library sends no more heartbeats. Without a listener, its errors would end the process.
    (consumer as unknown as NodeJS.EventEmitter).on('error', () => this.#rejoin());
  }

  /**
   * The library would join again and expel the other member, which would do the same. The error is heard before the
   * library acts on it: a member that has left does not join.
   */
  readonly #onHeartbeatError = (message: unknown): void => {
    const { client, error } = message as { client: unknown; error: unknown };
    if (client !== this.#consumer || !saysError(error, 'FENCED_INSTANCE_ID')) return;
    this.#failure = fencedError(this.#options);
    this.#consumer.leaveGroup(true, () => undefined);
  };

  async join(): Promise<void> {
    const { bootstrapServers, group, timeoutMs, signal } = this.#options;
    try {
      await new Deadline(timeoutMs, signal).race(this.#joinPatiently(), () =>
        unavailableError(
          `Group ${group} could not be joined at ${bootstrapServers} within ${timeoutMs} ms.`,
          {
            hint: 'Its coordinator leads a partition of __consumer_offsets: look whether each of them has a leader.',
          },
        ),
      );
    } catch (error) {
      await this.leave();
      if (signal.aborted || error instanceof OperationalError) throw error;
      throw asJoinError(this.#options, error);
    }
  }

  assignment(): GroupAssignment {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#assignment;
  }

  settled(): void {
    // Members of a classic group do not say which partitions they have given up.
  }

  noteNewPartitions(): void {
    // The leader computes the assignment, so it alone starts a rebalance.
    if (this.#isLeader) this.#rejoin();
  }

  async commit(offsets: readonly NextOffset[]): Promise<void> {
    const { topic } = this.#options;
    await this.#consumer.commit({
      offsets: offsets.map(({ partition, offset }) => ({
        topic,
        partition,
        offset: BigInt(offset),
        leaderEpoch: -1,
      })),
    });
  }

  async leave(): Promise<void> {
    this.#hasLeft = true;
    consumerHeartbeatChannel.error.unsubscribe(this.#onHeartbeatError);
    await Promise.race([
      // If the member cannot leave, the coordinator removes it after the session timeout.
      this.#consumer.close(true).catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, leaveTimeoutMs).unref()),
    ]);
  }

  #rejoin(): void {
    if (this.#hasLeft || this.#rejoining !== undefined) return;
    this.#rejoining = this.#joinPatiently()
      .catch((error: unknown) => {
        this.#failure = asJoinError(this.#options, error);
      })
      .finally(() => {
        this.#rejoining = undefined;
      });
  }

  /** Tries again while the error may pass. */
  async #joinPatiently(): Promise<void> {
    const deadline = new Deadline(this.#options.timeoutMs, this.#options.signal);
    for (;;) {
      try {
        this.#consumer.clearMetadata();
        await this.#consumer.joinGroup({});
        return;
      } catch (error) {
        const isLasting = isRefusal(error) || [...lastingErrors].some((name) => saysError(error, name));
        if (this.#hasLeft || deadline.isOver || isLasting) throw error;
      }
      await deadline.pause(retryPauseMs);
    }
  }
}
