/**
 * Reads partitions up to given ends, uncommitted, even if leaders change or retention removes records meanwhile. A
 * batch is read whole or not at all, so the position advances by batches, even past offsets without records: compaction
 * and markers cannot make the reader wait.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { unavailableError } from '../../errors.ts';
import type { Cluster, TopicMetadata } from '../client/cluster.ts';
import type { Deadline } from '../../system/deadline.ts';
import { fetchRecords, type FetchedPartition } from './fetch.ts';
import { isRetriable, rootMessage } from '../client/kafka-errors.ts';
import { needs } from '../client/permissions.ts';
import { listOffsets, partitionsByLeader } from '../client/list-offsets.ts';
import { RecordBatch, nextOffset, splitBatches } from '../record-batch/record-batch.ts';

export interface ReadRange {
  partition: number;
  start: number;
  /** The first offset that is not read. */
  end: number;
}

/** The records with index `from` up to, not including, `to` lie in the range. */
export type BatchReader = (partition: number, batch: RecordBatch, from: number, to: number) => void;

const fetchBytesMax = 4 * 1024 * 1024;
const partitionFetchBytesMax = 1280 * 1024;
const retryPauseMs = 50;

/**
 * Calls `read` with each batch, in the order of offsets within a partition. The deadline restarts at each progress.
 * Returns, by partition, where reading ended: at `end`, or before it if the log was truncated. Throws `unavailable` if
 * there is no progress before the deadline.
 */
export async function readLog(
  cluster: Cluster,
  topic: TopicMetadata,
  ranges: readonly ReadRange[],
  deadline: Deadline,
  read: BatchReader,
): Promise<Map<number, number>> {
  const reading = new LogReading(cluster, topic, ranges, deadline);
  let fetched = await reading.fetch();
  while (fetched.length > 0) {
    reading.advance(fetched);
    // The brokers answer the next requests while these answers are read.
    const next = reading.fetch();
    [fetched] = await Promise.all([next, deliver(fetched, reading.ranges, read)]);
  }
  return reading.reached;
}

async function deliver(
  fetched: readonly FetchedPartition[],
  ranges: ReadonlyMap<number, ReadRange>,
  read: BatchReader,
): Promise<void> {
  await nextTurn(); // so that the requests are sent first
  for (const { partition, records } of fetched) {
    const { start, end } = ranges.get(partition)!;
    for (const bytes of splitBatches(records)) {
      const batch = new RecordBatch(bytes);
      if (batch.baseOffset >= end) break;
      let from = 0;
      let to = batch.count;
      while (from < to && batch.offset[from]! < start) from++;
      while (to > from && batch.offset[to - 1]! >= end) to--;
      read(partition, batch, from, to);
    }
  }
}

class LogReading {
  readonly ranges: ReadonlyMap<number, ReadRange>;
  readonly reached: Map<number, number>;
  readonly #cluster: Cluster;
  readonly #deadline: Deadline;
  #topic: TopicMetadata;
  /** The next offset of each partition that is not yet read to its end; the least recently served first. */
  readonly #positions = new Map<number, number>();
  readonly #outOfRange = new Set<number>();
  #isTopicStale = false;
  #isStalled = false;
  #problem = 'no answer';

  constructor(cluster: Cluster, topic: TopicMetadata, ranges: readonly ReadRange[], deadline: Deadline) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#deadline = deadline;
    this.ranges = new Map(ranges.map((range) => [range.partition, range]));
    this.reached = new Map(ranges.map((range) => [range.partition, range.start]));
    for (const { partition, start, end } of ranges) if (start < end) this.#positions.set(partition, start);
  }

  /** At least one answer, each with or without records; empty if all partitions are read to their ends. */
  async fetch(): Promise<FetchedPartition[]> {
    while (this.#positions.size > 0) {
      this.#throwIfOver();
      if (this.#outOfRange.size > 0) await this.#reposition();
      if (this.#isTopicStale) await this.#refreshTopic();
      if (this.#isStalled) await this.#deadline.pause(retryPauseMs);
      const leaders = partitionsByLeader(this.#topic, this.#positions.keys());
      const answers = await Promise.all(
        [...leaders].map(([leader, partitions]) => this.#ask(leader, partitions)),
      );
      const fetched = answers.flat();
      if (fetched.length > 0) return fetched;
      this.#isStalled = true;
    }
    return [];
  }

  /** Moves the positions past the fetched batches. */
  advance(fetched: readonly FetchedPartition[]): void {
    this.#isStalled = true;
    for (const { partition, records } of fetched) {
      const { end } = this.ranges.get(partition)!;
      let next = 0;
      for (const batch of splitBatches(records)) next = nextOffset(batch);
      if (next <= this.reached.get(partition)!) continue;
      this.#isStalled = false;
      this.#deadline.restart();
      this.#moveTo(partition, Math.min(next, end));
    }
  }

  #moveTo(partition: number, position: number): void {
    this.reached.set(partition, position);
    this.#positions.delete(partition);
    if (position < this.ranges.get(partition)!.end) this.#positions.set(partition, position);
  }

  async #ask(leader: number, partitions: readonly number[]): Promise<FetchedPartition[]> {
    try {
      const connection = await this.#deadline.within(this.#cluster.connection(leader), undefined);
      if (connection === undefined) return [];
      const request = fetchRecords(connection, {
        topic: this.#topic.topic,
        topicId: this.#topic.topicId,
        positions: partitions.map((partition) => ({ partition, offset: this.#positions.get(partition)! })),
        maxBytes: fetchBytesMax,
        partitionMaxBytes: partitionFetchBytesMax,
      });
      const answers = await this.#deadline.within(request, []);
      return answers.filter((answer) => this.#isUsable(answer));
    } catch (error) {
      if (!isRetriable(error)) throw error;
      this.#problem = rootMessage(error);
      this.#isTopicStale = true;
      return [];
    }
  }

  #isUsable({ partition, error }: FetchedPartition): boolean {
    if (error === 'NONE') return true;
    const { topic } = this.#topic;
    if (error === 'TOPIC_AUTHORIZATION_FAILED')
      throw unavailableError(`Topic ${topic} cannot be read: ${needs(error, 'Read', { topic })}.`);
    this.#problem = `partition ${partition}: ${error}`;
    if (error === 'OFFSET_OUT_OF_RANGE') this.#outOfRange.add(partition);
    else this.#isTopicStale = true;
    return false;
  }

  /** Retention has removed the records at a position, or an unclean election has truncated the log. */
  async #reposition(): Promise<void> {
    const topic = this.#topic.topic;
    const starts = await listOffsets(this.#cluster, topic, 'earliest', this.#deadline);
    const ends = await listOffsets(this.#cluster, topic, 'latest', this.#deadline);
    for (const partition of this.#outOfRange) {
      const position = this.#positions.get(partition)!;
      const start = starts.get(partition) ?? 0;
      if (position < start) this.#moveTo(partition, Math.min(start, this.ranges.get(partition)!.end));
      else if (position > (ends.get(partition) ?? 0)) this.#positions.delete(partition);
    }
    this.#outOfRange.clear();
  }

  async #refreshTopic(): Promise<void> {
    const { topic, topicId } = this.#topic;
    const found = await this.#cluster.metadataAgain(topic, this.#deadline);
    if (found?.topicId !== topicId) throw unavailableError(`Topic ${topic} was deleted while it was read.`);
    this.#topic = found;
    this.#isTopicStale = false;
  }

  #throwIfOver(): void {
    this.#deadline.throwIfAborted();
    if (!this.#deadline.hasPassed) return;
    const [partition, offset] = [...this.#positions][0]!;
    throw unavailableError(
      `Reading topic ${this.#topic.topic} stopped at partition ${partition}, offset ${offset}: ` +
        `no progress within ${this.#deadline.timeoutMs} ms (${this.#problem}).`,
    );
  }
}
