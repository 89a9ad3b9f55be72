/**
 * A group of the consumer protocol (KIP-848), in which the coordinator computes the assignment and tells it in answers
 * to heartbeats. The library joins such a group only together with streams of its own, and gives up partitions before
 * their writes have ended. So this speaks the protocol itself.
 */
import { consumerGroupHeartbeatV0, offsetCommitV9, type Connection } from '@platformatic/kafka';
import { randomUUID } from 'node:crypto';
import { OperationalError } from '../../errors.ts';
import { openCluster, type Cluster } from './cluster.ts';
import type { ConsumerGroup, GroupAssignment, GroupOptions, NextOffset } from './consumer-group.ts';
import { Deadline } from '../../system/deadline.ts';
import {
  asJoinError,
  coordinatorErrors,
  expulsions,
  joinError,
  lastingErrors,
  notSpokenError,
} from './group-errors.ts';
import { consumerGroupApis, findCoordinator, speaks } from './group-coordinator.ts';
import { NotReadyError, errorName, isRetriable, withErrorCodes } from './kafka-errors.ts';

/** The epochs with which a member joins and leaves. */
const [joining, leaving] = [0, -1];
const retryPauseMs = 100;
const joinPollMs = 20;
const answerMsMax = 5_000;
const leaveMsMax = 3_000;
/** How long the group waits for a member to give up partitions (the default of max.poll.interval.ms). */
const rebalanceTimeoutMs = 300_000;
const commitAttempts = 5;

type Heartbeat = consumerGroupHeartbeatV0.ConsumerGroupHeartbeatResponse;

/** Joins the group, and returns once this member has an assignment. Throws `unavailable`. */
export async function joinConsumerGroup(options: GroupOptions): Promise<ConsumerGroup> {
  const { bootstrapServers, client, timeoutMs, signal } = options;
  // A connection of its own: a heartbeat must not wait for a long fetch.
  const cluster = await openCluster({
    bootstrapServers,
    clientId: 'nodrop-consumer',
    client,
    timeoutMs,
    signal,
  });
  const member = new Member(options, cluster);
  try {
    await refuseOlder(cluster, options);
    await member.join();
    return member;
  } catch (error) {
    await member.leave();
    throw error;
  }
}

async function refuseOlder(cluster: Cluster, { bootstrapServers }: GroupOptions): Promise<void> {
  const isSpoken = await cluster.retry(cluster.deadline(), async () =>
    speaks(await cluster.anyConnection(), consumerGroupApis.heartbeat),
  );
  if (!isSpoken) throw notSpokenError(bootstrapServers);
}

class Member implements ConsumerGroup {
  readonly #options: GroupOptions;
  readonly #cluster: Cluster;
  readonly #id = randomUUID();
  readonly #end = new AbortController();
  #coordinator: number | undefined;
  #epoch: number = joining;
  #assignment: GroupAssignment = { partitions: [], generation: 0, epoch: 0, confirmations: 0 };
  /** The partitions to which this member may still write: what it reports to the group. */
  #owned: readonly number[] = [];
  #topicId = '';
  #heartbeatMs = retryPauseMs;
  /** Ends the pause before the next heartbeat. */
  #hurry = new AbortController();
  #beating: Promise<void> | undefined;
  /** Why the latest heartbeat failed. */
  #latest: unknown = new NotReadyError('the coordinator has not answered yet');
  #failure: unknown;

  constructor(options: GroupOptions, cluster: Cluster) {
    this.#options = options;
    this.#cluster = cluster;
  }

  async join(): Promise<void> {
    const { timeoutMs, signal } = this.#options;
    this.#beating = this.#beatOn();
    const isIn = (): boolean => this.#failure !== undefined || this.#assignment.generation > 0;
    const deadline = new Deadline(timeoutMs, signal);
    if ((await deadline.poll(isIn, joinPollMs)) === undefined) throw asJoinError(this.#options, this.#latest);
    this.assignment();
  }

  assignment(): GroupAssignment {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#assignment;
  }

  settled({ generation, partitions }: GroupAssignment): void {
    // An assignment may be claimed in parts: the group gets to know the whole.
    if (generation !== this.#assignment.generation || partitions.length < this.#assignment.partitions.length)
      return;
    if (String(this.#owned) === String(partitions)) return;
    this.#owned = partitions;
    this.#hurry.abort();
  }

  noteNewPartitions(): void {
    // The coordinator has noticed them.
  }

  async commit(offsets: readonly NextOffset[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const error = await this.#commitOnce(offsets);
      if (error === 'NONE') return;
      // The epoch rises at each rebalance, and the next heartbeat tells it.
      if (error !== 'STALE_MEMBER_EPOCH' || attempt === commitAttempts) throw new Error(error);
      this.#hurry.abort();
      await new Deadline(Infinity, this.#end.signal).pause(retryPauseMs);
    }
  }

  async #commitOnce(offsets: readonly NextOffset[]): Promise<string> {
    const { group, topic } = this.#options;
    const partitions = offsets.map(({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      committedMetadata: null,
    }));
    const answer = await this.#ask((connection) =>
      offsetCommitV9.api.async(connection, group, this.#epoch, this.#id, null, [{ name: topic, partitions }]),
    );
    const codes = answer.topics.flatMap((each) => each.partitions.map(({ errorCode }) => errorCode));
    const error = errorName(codes.find((code) => code !== 0) ?? 0);
    if (coordinatorErrors.has(error)) this.#coordinator = undefined;
    return error;
  }

  async leave(): Promise<void> {
    this.#end.abort();
    this.#hurry.abort();
    await this.#beating;
    if (this.#epoch > joining) {
      this.#owned = [];
      // If the member cannot leave, the coordinator removes it after the session timeout.
      const left = this.#beat(leaving).catch(() => undefined);
      await new Deadline(leaveMsMax).within(left, undefined);
    }
    await this.#cluster.close();
  }

  /** Sends heartbeats until the end. */
  async #beatOn(): Promise<void> {
    const { signal } = this.#end;
    let limit = new Deadline(this.#options.timeoutMs);
    while (!signal.aborted) {
      try {
        this.#hurry = new AbortController();
        this.#take(await this.#beat(this.#epoch));
        limit = new Deadline(this.#options.timeoutMs);
        await new Deadline(this.#heartbeatMs, AbortSignal.any([signal, this.#hurry.signal])).pause(Infinity);
      } catch (error) {
        if (signal.aborted) return;
        this.#latest = error;
        if (error instanceof OperationalError || !isRetriable(error) || limit.hasPassed) {
          this.#failure = asJoinError(this.#options, error);
          return;
        }
        await new Deadline(retryPauseMs, signal).pause(retryPauseMs);
      }
    }
  }

  async #beat(epoch: number): Promise<Heartbeat> {
    const { group, topic, instanceId = null } = this.#options;
    const owned = this.#owned.length === 0 ? [] : [{ topicId: this.#topicId, partitions: [...this.#owned] }];
    const answer = await this.#ask((connection) =>
      consumerGroupHeartbeatV0.api.async(
        connection,
        group,
        this.#id,
        epoch,
        instanceId,
        null,
        rebalanceTimeoutMs,
        [topic],
        null,
        null,
        owned,
      ),
    );
    const error = errorName(answer.errorCode);
    if (error === 'NONE') return answer;
    if (coordinatorErrors.has(error)) this.#coordinator = undefined;
    if (expulsions.has(error)) this.#expelled();
    if (lastingErrors.has(error)) throw joinError(this.#options, error, { detail: answer.errorMessage });
    throw new NotReadyError(error);
  }

  #take(answer: Heartbeat): void {
    this.#epoch = answer.memberEpoch;
    this.#heartbeatMs = answer.heartbeatIntervalMs;
    const now = this.#assignment;
    this.#assignment = { ...now, confirmations: now.confirmations + 1 };
    if (answer.assignment === null) return;
    const [assigned] = answer.assignment.topicPartitions;
    const partitions = [...(assigned?.partitions ?? [])].sort((a, b) => a - b);
    if (assigned !== undefined) this.#topicId = assigned.topicId;
    if (now.generation > 0 && String(partitions) === String(now.partitions)) return;
    this.#assign(partitions);
  }

  /** The partitions belong to others from now on, and this member joins again. */
  #expelled(): void {
    this.#epoch = joining;
    this.#owned = [];
    if (this.#assignment.generation > 0) this.#assign([]);
  }

  #assign(partitions: readonly number[]): void {
    const generation = this.#assignment.generation + 1;
    this.#assignment = { partitions, generation, epoch: this.#epoch, confirmations: 0 };
  }

  /** Sends one request to the coordinator. Throws the library's error if there is no answer. */
  async #ask<T>(request: (connection: Connection) => Promise<T>): Promise<T> {
    const late = new NotReadyError('the coordinator does not answer');
    try {
      const answering = this.#connection().then((connection) => withErrorCodes(request(connection)));
      return await new Deadline(answerMsMax).race(answering, () => late);
    } catch (error) {
      this.#coordinator = undefined;
      throw error;
    }
  }

  async #connection(): Promise<Connection> {
    this.#coordinator ??= await this.#findCoordinator();
    return await this.#cluster.connection(this.#coordinator);
  }

  async #findCoordinator(): Promise<number> {
    const { group, topic } = this.#options;
    const { nodeId, error, detail } = await findCoordinator(this.#cluster, group, topic);
    if (lastingErrors.has(error)) throw joinError(this.#options, error, { detail });
    if (error !== 'NONE') throw new NotReadyError(error);
    return nodeId;
  }
}
