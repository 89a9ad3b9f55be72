/** Produce requests: what is handed in within one turn of the event loop for one leader goes out together. */
import { Writer, createAPI, produceV9, type Connection } from '@platformatic/kafka';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import { errorName, isRetriable, withErrorCodes } from './kafka-errors.ts';

export type Acks = -1 | 0 | 1;

export interface Attempt {
  /** `NONE`, or Kafka's name for what went wrong, there or on the way. */
  error: string;
  /** -1 where it is not told. */
  baseOffset: number;
  /** False where no byte has left for the broker. */
  isSent: boolean;
}

interface Addressed {
  partition: number;
  bytes: Buffer;
}

interface Group {
  batches: Addressed[];
  attempts: Promise<Map<number, Attempt>>;
}

/** Far below what a broker takes by default (100 MiB), as the library copies each request. */
const requestBytesMax = 16 * 1024 * 1024;

export class ProduceRequests {
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #acks: Acks;
  readonly #timeoutMs: number;
  readonly #groups = new Map<number, Group>();

  /** `timeoutMs`: how long a leader may wait for its followers. */
  constructor(cluster: Cluster, topic: string, acks: Acks, timeoutMs: number) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#acks = acks;
    this.#timeoutMs = timeoutMs;
  }

  /** One attempt to have a sealed batch appended. One at a time for a partition: a request names it once. */
  async attempt(leader: number, partition: number, bytes: Buffer): Promise<Attempt> {
    let group = this.#groups.get(leader);
    if (group === undefined) {
      const batches: Addressed[] = [];
      group = { batches, attempts: nextTurn().then(() => this.#send(leader, batches)) };
      this.#groups.set(leader, group);
    }
    group.batches.push({ partition, bytes });
    const attempts = await group.attempts;
    return attempts.get(partition) ?? { error: 'UNKNOWN_SERVER_ERROR', baseOffset: -1, isSent: true };
  }

  async #send(leader: number, batches: Addressed[]): Promise<Map<number, Attempt>> {
    this.#groups.delete(leader);
    let connection: Connection;
    try {
      connection = await this.#cluster.connection(leader);
    } catch (error) {
      if (!isRetriable(error)) throw error;
      return alike(batches, { error: 'NETWORK_EXCEPTION', baseOffset: -1, isSent: false });
    }
    const answers = await Promise.all(splitBySize(batches).map((part) => this.#request(connection, part)));
    return new Map(answers.flatMap((answer) => [...answer]));
  }

  async #request(connection: Connection, batches: Addressed[]): Promise<Map<number, Attempt>> {
    try {
      const request = produceApi.async(connection, this.#acks, this.#timeoutMs, this.#topic, batches);
      const answer = await withErrorCodes(request);
      // Without acks there is no answer, only word that the request was written to the socket.
      if (typeof answer === 'boolean') return alike(batches, { error: 'NONE', baseOffset: -1, isSent: true });
      const partitions = answer.responses.flatMap((response) => response.partitionResponses);
      return new Map(
        partitions.map(({ index, errorCode, baseOffset }) => [
          index,
          { error: errorName(errorCode), baseOffset: Number(baseOffset), isSent: true },
        ]),
      );
    } catch (error) {
      if (!isRetriable(error)) throw error;
      return alike(batches, { error: 'NETWORK_EXCEPTION', baseOffset: -1, isSent: true });
    }
  }
}

const alike = (batches: readonly Addressed[], attempt: Attempt): Map<number, Attempt> =>
  new Map(batches.map((batch) => [batch.partition, attempt]));

function splitBySize(batches: readonly Addressed[]): Addressed[][] {
  const parts: Addressed[][] = [];
  let bytes = Infinity;
  for (const batch of batches) {
    bytes += batch.bytes.length;
    if (bytes > requestBytesMax) {
      parts.push([]);
      bytes = batch.bytes.length;
    }
    parts.at(-1)!.push(batch);
  }
  return parts;
}

function createRequest(acks: Acks, timeoutMs: number, topic: string, batches: readonly Addressed[]): Writer {
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
