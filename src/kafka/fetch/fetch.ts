/** One Fetch request to one leader. The answer holds each partition's records as undecoded bytes. */
import { ProtocolError, createAPI, fetchV13, type Connection, type Reader } from '@platformatic/kafka';
import { errorName } from '../client/kafka-errors.ts';

export interface FetchPosition {
  partition: number;
  offset: number;
}

export interface FetchOptions {
  topicId: string;
  /** The broker serves them in this order up to `maxBytes`: begin with the partitions that were served least. */
  positions: readonly FetchPosition[];
  isolation?: 'read_uncommitted' | 'read_committed';
  /** How long the broker may wait for `minBytes`. */
  maxWaitMs?: number;
  minBytes?: number;
  /** Limit of the whole answer. It holds at least one batch in any case. */
  maxBytes?: number;
  partitionMaxBytes?: number;
}

export interface FetchedPartition {
  partition: number;
  /** `NONE`, or the name of Kafka's error. */
  error: string;
  highWatermark: number;
  lastStableOffset: number;
  /** From the broker's index, for the fetched range; empty unless reading committed. */
  abortedTransactions: { producerId: bigint; firstOffset: number }[];
  /** Whole batches, and often the beginning of one more. */
  records: Buffer;
}

/** Throws the library's error if there is no answer; errors of single partitions are data. */
export async function fetchRecords(
  connection: Connection,
  options: FetchOptions,
): Promise<FetchedPartition[]> {
  const {
    maxWaitMs = 500,
    minBytes = 1,
    maxBytes = 50 * 1024 * 1024,
    partitionMaxBytes = 8 * 1024 * 1024,
  } = options;
  const partitions = options.positions.map(({ partition, offset }) => ({
    partition,
    currentLeaderEpoch: -1,
    fetchOffset: BigInt(offset),
    lastFetchedEpoch: -1,
    partitionMaxBytes,
  }));
  const isolation = options.isolation === 'read_committed' ? 1 : 0;
  const topics = [{ topicId: options.topicId, partitions }];
  // Session 0 in epoch -1: no fetch session, so every request lists all of its partitions.
  return await fetchApi.async(connection, maxWaitMs, minBytes, maxBytes, isolation, 0, -1, topics, [], '');
}

/** The partitions with records in the answer. */
export const filledPartitions = (fetched: readonly FetchedPartition[]): number[] =>
  fetched
    .filter(({ error, records }) => error === 'NONE' && records.length > 0)
    .map(({ partition }) => partition);

function parseResponse(
  _correlationId: number,
  _apiKey: number,
  _version: number,
  reader: Reader,
): FetchedPartition[] {
  reader.readInt32(); // throttle time
  const errorCode = reader.readInt16();
  if (errorCode !== 0) throw new ProtocolError(errorCode);
  reader.readInt32(); // session
  const topics = reader.readArray((reader) => {
    reader.readUUID();
    return reader.readArray(parsePartition);
  });
  return topics.flat();
}

function parsePartition(reader: Reader): FetchedPartition {
  const state = {
    partition: reader.readInt32(),
    error: errorName(reader.readInt16()),
    highWatermark: Number(reader.readInt64()),
    lastStableOffset: Number(reader.readInt64()),
  };
  reader.readInt64(); // log start offset: an answer that refuses an offset does not contain it
  const abortedTransactions = reader.readArray((reader) => ({
    producerId: reader.readInt64(),
    firstOffset: Number(reader.readInt64()),
  }));
  reader.readInt32(); // preferred replica to read from
  return { ...state, abortedTransactions, records: reader.readBytes() };
}

const fetchApi = createAPI<Parameters<typeof fetchV13.createRequest>, FetchedPartition[]>(
  1,
  13,
  fetchV13.createRequest,
  parseResponse,
);
