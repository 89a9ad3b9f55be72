/**
 * Produce requests: what waits for one leader goes out together, a batch of each partition at most, and only
 * so many requests are under way to a leader at once. They reach it in the order in which they were handed in.
 */
import { Writer, createAPI, produceV9, type Connection } from '@platformatic/kafka';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Cluster } from '../client/cluster.ts';
import type { Deadline } from '../../system/deadline.ts';
import { errorName, isRetriable, withErrorCodes } from '../client/kafka-errors.ts';

export type Acks = -1 | 0 | 1;

export interface Attempt {
  /** `NONE`, or Kafka's name for what went wrong, there or on the way. */
  error: string;
  /** -1 where it is not told. */
  baseOffset: number;
  /** False where no byte has left for the broker. */
  isSent: boolean;
}

export interface RequestOptions {
  topic: string;
  acks: Acks;
  /** How long a leader may wait for its followers. */
  timeoutMs: number;
  /** Requests under way to one leader. */
  inFlightMax: number;
}

interface Pending {
  partition: number;
  bytes: Buffer;
  deadline: Deadline;
  isSent: boolean;
  settle: (attempt: Attempt) => void;
  /** For what is a bug. */
  fail: (error: unknown) => void;
}

/** What there is for one leader. */
interface Lane {
  waiting: Pending[];
  underWay: number;
  isSending: boolean;
}

/** Far below what a broker takes by default (100 MiB), as the library copies each request. */
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
   * One attempt to have a sealed batch appended. Settles at the deadline at the latest; from then on the
   * bytes are not looked at any more.
   */
  async attempt(leader: number, partition: number, bytes: Buffer, deadline: Deadline): Promise<Attempt> {
    const { promise, resolve: settle, reject: fail } = Promise.withResolvers<Attempt>();
    const pending: Pending = { partition, bytes, deadline, isSent: false, settle, fail };
    // Much cheaper than `Deadline.within`, for what nearly always ends in time.
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
      // What is handed in within one turn of the event loop goes together.
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
      const { acks, timeoutMs, topic } = this.#options;
      const request = produceApi.async(connection, acks, timeoutMs, topic, batches);
      const attempts = attemptsOf(await withErrorCodes(request));
      const untold: Attempt = { error: 'UNKNOWN_SERVER_ERROR', baseOffset: -1, isSent: true };
      // Without acks there is no answer, only word that the request was handed to the socket.
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

/** Takes from what waits the first batch of each partition, up to a size. What nobody waits for is left out. */
function takeRequest(lane: Lane): Pending[] {
  const taken = new Map<number, Pending>();
  const left: Pending[] = [];
  let bytes = 0;
  for (const pending of lane.waiting) {
    if (pending.deadline.isOver) continue;
    const fits = taken.size === 0 || bytes + pending.bytes.length <= requestBytesMax;
    // Nothing overtakes within its partition.
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

/** Nothing else would hold back who does not wait for answers. */
async function drained({ socket }: Connection, timeoutMs: number): Promise<void> {
  if (!socket.writableNeedDrain) return;
  const signal = AbortSignal.timeout(timeoutMs);
  const settled = ['drain', 'close'].map(async (event) => await once(socket, event, { signal }));
  await Promise.race(settled.map(async (event) => await event.catch(() => undefined)));
}

function createRequest(acks: Acks, timeoutMs: number, topic: string, batches: readonly Pending[]): Writer {
  const writer = Writer.create().appendString(null).appendInt16(acks).appendInt32(timeoutMs);
  writer.appendArray([topic], (writer) =>
    writer.appendString(topic).appendArray([...batches], (writer, { partition, bytes }) =>
      writer
        .appendInt32(partition)
        .appendUnsignedVarInt(bytes.length + 1)
        .append(bytes),
    ),
  );
  writer.appendTaggedFields();
  if (acks === 0) writer.context.noResponse = true;
  return writer;
}

const produceApi = createAPI<Parameters<typeof createRequest>, produceV9.ProduceResponse | boolean>(
  0,
  9,
  createRequest,
  produceV9.parseResponse,
);
