/**
 * Produce requests: batches that wait for one leader share a request, at most one batch per partition, and the number
 * of requests in flight to a leader is limited. Batches reach the leader in the order in which they were handed in.
 */
import { Writer, createAPI, produceV7, produceV8, produceV9, type Connection } from '@platformatic/kafka';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { versionOf } from '../client/api-versions.ts';
import type { Cluster } from '../client/cluster.ts';
import type { Deadline } from '../../system/deadline.ts';
import { errorName, isRetriable, withErrorCodes } from '../client/kafka-errors.ts';

export type Acks = -1 | 0 | 1;

export interface Attempt {
  /** `NONE`, or Kafka's name for the error, at the broker or on the way to it. */
  error: string;
  /** -1 if the broker does not report it. */
  baseOffset: number;
  /** False if no byte was sent to the broker. */
  isSent: boolean;
}

export interface RequestOptions {
  topic: string;
  acks: Acks;
  /** Set if the batches belong to transactions. */
  transactionalId?: string | undefined;
  /** How long a leader may wait for its followers. */
  timeoutMs: number;
  /** Limit of requests in flight to one leader. */
  inFlightMax: number;
}

interface Pending {
  partition: number;
  bytes: Buffer;
  deadline: Deadline;
  isSent: boolean;
  settle: (attempt: Attempt) => void;
  /** For bugs: throws the error to the caller of `attempt`. */
  fail: (error: unknown) => void;
}

/** The batches and requests for one leader. */
interface Lane {
  waiting: Pending[];
  underWay: number;
  isSending: boolean;
}

/** Far below the broker's default limit (100 MiB), because the library copies each request. */
const requestBytesMax = 16 * 1024 * 1024;

export class ProduceRequests {
  readonly #cluster: Cluster;
  readonly #options: RequestOptions;
  readonly #lanes = new Map<number, Lane>();

  constructor(cluster: Cluster, options: RequestOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /**
   * One attempt to have a sealed batch appended. Settles at the deadline at the latest; from then on the bytes are no
   * longer read.
   */
  async attempt(leader: number, partition: number, bytes: Buffer, deadline: Deadline): Promise<Attempt> {
    const { promise, resolve: settle, reject: fail } = Promise.withResolvers<Attempt>();
    const pending: Pending = { partition, bytes, deadline, isSent: false, settle, fail };
    // Much cheaper than `Deadline.within`; nearly all attempts end in time.
    const giveUp = (): void => settle({ error: 'REQUEST_TIMED_OUT', baseOffset: -1, isSent: pending.isSent });
    const timer = setTimeout(giveUp, deadline.remainingMs);
    deadline.signal?.addEventListener('abort', giveUp);
    if (deadline.isOver) giveUp();
    const lane = this.#laneOf(leader);
    lane.waiting.push(pending);
    void this.#sendAll(leader, lane);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      deadline.signal?.removeEventListener('abort', giveUp);
    }
  }

  #laneOf(leader: number): Lane {
    let lane = this.#lanes.get(leader);
    if (lane === undefined) {
      lane = { waiting: [], underWay: 0, isSending: false };
      this.#lanes.set(leader, lane);
    }
    return lane;
  }

  async #sendAll(leader: number, lane: Lane): Promise<void> {
    if (lane.isSending) return;
    lane.isSending = true;
    try {
      // Batches that are handed in within one turn of the event loop share a request.
      await nextTurn();
      while (lane.waiting.length > 0 && lane.underWay < this.#options.inFlightMax) {
        const connection = await this.#cluster.connection(leader);
        const batches = takeRequest(lane);
        if (batches.length > 0) void this.#request(connection, leader, lane, batches);
      }
    } catch (error) {
      const unsent = { error: 'NETWORK_EXCEPTION', baseOffset: -1, isSent: false };
      for (const pending of lane.waiting.splice(0)) {
        if (isRetriable(error)) pending.settle(unsent);
        else pending.fail(error);
      }
    } finally {
      lane.isSending = false;
    }
  }

  async #request(connection: Connection, leader: number, lane: Lane, batches: Pending[]): Promise<void> {
    lane.underWay++;
    try {
      const { acks, timeoutMs, topic, transactionalId = null } = this.#options;
      const api = produceApis[versionOf(connection, 'Produce')]!;
      const request = api.async(connection, transactionalId, acks, timeoutMs, topic, batches);
      const attempts = attemptsOf(await withErrorCodes(request));
      const untold: Attempt = { error: 'UNKNOWN_SERVER_ERROR', baseOffset: -1, isSent: true };
      // Without acks there is no answer: the library only confirms that it wrote the request to the socket.
      if (attempts === undefined) await drained(connection, timeoutMs);
      const unasked: Attempt = { error: 'NONE', baseOffset: -1, isSent: true };
      for (const { partition, settle } of batches)
        settle(attempts === undefined ? unasked : (attempts.get(partition) ?? untold));
    } catch (error) {
      for (const { settle, fail } of batches) {
        if (isRetriable(error)) settle({ error: 'NETWORK_EXCEPTION', baseOffset: -1, isSent: true });
        else fail(error);
      }
    } finally {
      lane.underWay--;
      if (lane.waiting.length > 0) void this.#sendAll(leader, lane);
    }
  }
}

/** Takes the first waiting batch of each partition, up to a size. Drops batches whose deadline is over. */
function takeRequest(lane: Lane): Pending[] {
  const taken = new Map<number, Pending>();
  const left: Pending[] = [];
  let bytes = 0;
  for (const pending of lane.waiting) {
    if (pending.deadline.isOver) continue;
    const fits = taken.size === 0 || bytes + pending.bytes.length <= requestBytesMax;
    // No batch overtakes another of its partition.
    if (
      !fits ||
      taken.has(pending.partition) ||
      left.some(({ partition }) => partition === pending.partition)
    ) {
      left.push(pending);
      continue;
    }
    bytes += pending.bytes.length;
    taken.set(pending.partition, pending);
    pending.isSent = true;
  }
  lane.waiting = left;
  return [...taken.values()];
}

function attemptsOf(answer: produceV9.ProduceResponse | boolean): Map<number, Attempt> | undefined {
  if (typeof answer === 'boolean') return undefined;
  const partitions = answer.responses.flatMap((response) => response.partitionResponses);
  return new Map(
    partitions.map(({ index, errorCode, baseOffset }) => [
      index,
      { error: errorName(errorCode), baseOffset: Number(baseOffset), isSent: true },
    ]),
  );
}

/** Waits for room in the socket: nothing else slows down a producer that does not wait for answers. */
async function drained({ socket }: Connection, timeoutMs: number): Promise<void> {
  if (!socket.writableNeedDrain) return;
  const signal = AbortSignal.timeout(timeoutMs);
  const settled = ['drain', 'close'].map(async (event) => await once(socket, event, { signal }));
  await Promise.race(settled.map(async (event) => await event.catch(() => undefined)));
}

/** `isCompact`: in the newer form of requests, which has shorter lengths, and tags. */
const requestWriter =
  (isCompact: boolean) =>
  (
    transactionalId: string | null,
    acks: Acks,
    timeoutMs: number,
    topic: string,
    batches: readonly Pending[],
  ): Writer => {
    const writer = Writer.create()
      .appendString(transactionalId, isCompact)
      .appendInt16(acks)
      .appendInt32(timeoutMs);
    const writePartition = (to: Writer, { partition, bytes }: Pending): Writer => {
      to.appendInt32(partition);
      if (isCompact) to.appendUnsignedVarInt(bytes.length + 1);
      else to.appendInt32(bytes.length);
      return to.append(bytes);
    };
    writer.appendArray(
      [topic],
      (to) =>
        to.appendString(topic, isCompact).appendArray([...batches], writePartition, isCompact, isCompact),
      isCompact,
      isCompact,
    );
    if (isCompact) writer.appendTaggedFields();
    if (acks === 0) writer.context.noResponse = true;
    return writer;
  };

const produceApi = (version: number, parseResponse: typeof produceV9.parseResponse) =>
  createAPI<Parameters<ReturnType<typeof requestWriter>>, produceV9.ProduceResponse | boolean>(
    0,
    version,
    requestWriter(version >= 9),
    parseResponse,
    version >= 9,
    version >= 9,
  );

const produceApis: Readonly<Record<number, ReturnType<typeof produceApi>>> = {
  7: produceApi(7, produceV7.parseResponse),
  8: produceApi(8, produceV8.parseResponse),
  9: produceApi(9, produceV9.parseResponse),
};
