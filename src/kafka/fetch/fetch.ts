/** One Fetch request to one leader. The answer holds each partition's records as undecoded bytes. */
import {
  ProtocolError,
  createAPI,
  fetchV11,
  fetchV12,
  fetchV13,
  type Connection,
  type Reader,
} from '@platformatic/kafka';
import { versionOf } from '../client/api-versions.ts';
import { errorName } from '../client/kafka-errors.ts';
import { askMetadata } from '../client/metadata-request.ts';
import { noTopicId } from '../client/topic-id.ts';

export interface FetchPosition {
  partition: number;
  offset: number;
}

export interface FetchOptions {
  /** Older brokers know topics by their names only. */
  topic: string;
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
  const version = versionOf(connection, 'Fetch');
  // The library's form of the older requests takes the name in the place of the id.
  const topics = [{ topicId: version < 13 ? options.topic : options.topicId, partitions }];
  // Session 0 in epoch -1: no fetch session, so every request lists all of its partitions.
  const request = fetchApis[version]!.async(
    connection,
    maxWaitMs,
    minBytes,
    maxBytes,
    isolation,
    0,
    -1,
    topics,
    [],
    '',
  );
  const fetched = await request;
  return version < 13 ? await ofTopic(connection, options, fetched) : fetched;
}

/**
 * An older broker finds a topic by its name, so a recreated one in its place would look like the topic itself. The same
 * broker tells the id that it serves now. If that is another one, the answer becomes what a newer broker would say.
 */
async function ofTopic(
  connection: Connection,
  { topic, topicId }: FetchOptions,
  fetched: FetchedPartition[],
): Promise<FetchedPartition[]> {
  const saysNothing = fetched.every(({ error, records }) => error === 'NONE' && records.length === 0);
  if (topicId === noTopicId || saysNothing) return fetched;
  const { topics } = await askMetadata(connection, [topic]);
  if (topics[0]?.topicId === topicId) return fetched;
  return fetched.map((each) => ({ ...each, error: 'UNKNOWN_TOPIC_ID', records: Buffer.alloc(0) }));
}

/** The partitions with records in the answer. */
export const filledPartitions = (fetched: readonly FetchedPartition[]): number[] =>
  fetched
    .filter(({ error, records }) => error === 'NONE' && records.length > 0)
    .map(({ partition }) => partition);

const parseResponse =
  (version: number) =>
  (_correlationId: number, _apiKey: number, _version: number, reader: Reader): FetchedPartition[] => {
    const isCompact = version >= 12;
    reader.readInt32(); // throttle time
    const errorCode = reader.readInt16();
    if (errorCode !== 0) throw new ProtocolError(errorCode);
    reader.readInt32(); // session
    const parse = partitionParser(isCompact);
    const parseTopic = (topic: Reader): FetchedPartition[] => {
      if (version >= 13) topic.readUUID();
      else topic.readString(isCompact);
      return topic.readArray(parse, isCompact, isCompact);
    };
    return reader.readArray(parseTopic, isCompact, isCompact).flat();
  };

const partitionParser =
  (isCompact: boolean) =>
  (reader: Reader): FetchedPartition => {
    const state = {
      partition: reader.readInt32(),
      error: errorName(reader.readInt16()),
      highWatermark: Number(reader.readInt64()),
      lastStableOffset: Number(reader.readInt64()),
    };
    reader.readInt64(); // log start offset: an answer that refuses an offset does not contain it
    const parseAborted = (aborted: Reader): FetchedPartition['abortedTransactions'][number] => ({
      producerId: aborted.readInt64(),
      firstOffset: Number(aborted.readInt64()),
    });
    const abortedTransactions = reader.readArray(parseAborted, isCompact, isCompact);
    reader.readInt32(); // preferred replica to read from
    return { ...state, abortedTransactions, records: reader.readBytes(isCompact) };
  };

const fetchApi = (version: number, createRequest: typeof fetchV13.createRequest) =>
  createAPI<Parameters<typeof fetchV13.createRequest>, FetchedPartition[]>(
    1,
    version,
    createRequest,
    parseResponse(version),
    version >= 12,
    version >= 12,
  );

const fetchApis: Readonly<Record<number, ReturnType<typeof fetchApi>>> = {
  11: fetchApi(11, fetchV11.createRequest),
  12: fetchApi(12, fetchV12.createRequest),
  13: fetchApi(13, fetchV13.createRequest),
};
