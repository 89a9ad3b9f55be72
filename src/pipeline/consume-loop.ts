/**
 * The consumer's loop: fetch, sort by state, store rows and next offsets in one transaction, then tell the
 * group. It goes on from the store's offsets; the group's are for lag and monitoring alone.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientSettings } from '../client-config.ts';
import { messageOf, unavailableError } from '../errors.ts';
import { AbortedTransactions } from '../kafka/aborted-transactions.ts';
import type { Cluster, TopicMetadata } from '../kafka/cluster.ts';
import type { ConsumerGroup } from '../kafka/consumer-group.ts';
import { Deadline } from '../kafka/deadline.ts';
import { fetchRecords, type FetchedPartition, type FetchPosition } from '../kafka/fetch.ts';
import { isRetriable, NotReadyError } from '../kafka/kafka-errors.ts';
import { listOffsets, partitionsByLeader } from '../kafka/list-offsets.ts';
import { decodeRecordBatches } from '../kafka/record-batch.ts';
import type { JournalWriter } from '../journal/journal-writer.ts';
import type { RunFolder } from '../run-folder.ts';
import { StaleOffsetError, type Advance, type Store } from '../stores/store.ts';
import { Drain } from './drain.ts';
import { RowBatchBuilder } from './row-batch-builder.ts';
import { tellParent } from './stage-process.ts';

export interface ConsumeConfig {
  folder: RunFolder;
  topic: string;
  states: readonly string[];
  bootstrapServers: string;
  settings: ClientSettings;
  /** The path of the SQLite store. */
  store: string;
  untilDrained: boolean;
  timeoutMs: number;
}

export interface ConsumeSummary {
  stored: number;
  deadLetters: number;
}

const pollMs = 50;
const fetchWaitMs = 500;
/** Where the end is being waited for, an idle fetch must not hide it. */
const drainFetchWaitMs = 50;
const fetchBytesMax = 16 * 1024 * 1024;
const partitionFetchBytesMax = 4 * 1024 * 1024;

/** Errors of a partition that fresh metadata or a little time mends. */
const passingErrors = [
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'UNKNOWN_LEADER_EPOCH',
  'FENCED_LEADER_EPOCH',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'OFFSET_NOT_AVAILABLE',
  // A new topic is not known to every broker at once; one that is gone shows in the metadata.
  'UNKNOWN_TOPIC_ID',
];

export interface ConsumerParts {
  cluster: Cluster;
  topic: TopicMetadata;
  base: ReadonlyMap<number, number>;
  store: Store;
  group: ConsumerGroup;
  /** Told of each assignment; what is stored is noted by the store's own wrapping. */
  journal: JournalWriter;
}

/** A consumer at work: what its turns share. */
export class ConsumeLoop {
  readonly summary: ConsumeSummary = { stored: 0, deadLetters: 0 };
  readonly #config: ConsumeConfig;
  readonly #parts: ConsumerParts;
  readonly #builder: RowBatchBuilder;
  readonly #drain: Drain | undefined;
  /** The leaders as last heard of. */
  #topic: TopicMetadata;
  #generation = 0;
  /** The store's next offset of each partition that is ours. */
  #positions = new Map<number, number>();

  constructor(config: ConsumeConfig, parts: ConsumerParts) {
    this.#config = config;
    this.#parts = parts;
    this.#topic = parts.topic;
    this.#builder = new RowBatchBuilder(config.states);
    if (!config.untilDrained) return;
    const kind = this.#isCommittedOnly ? 'last-stable' : 'latest';
    this.#drain = new Drain(config.folder, () => listOffsets(parts.cluster, config.topic, kind));
  }

  get #isCommittedOnly(): boolean {
    return this.#config.settings['isolation.level'] !== 'read_uncommitted';
  }

  async work(onStored: (stored: number) => void, signal: AbortSignal): Promise<void> {
    const idle = new Deadline(this.#config.timeoutMs, signal);
    while (!signal.aborted && !(await this.#isDrained())) {
      await this.#followAssignment();
      const fetched = await this.#fetch(signal);
      if (await this.#keep(fetched)) {
        idle.restart();
        onStored(this.summary.stored + this.summary.deadLetters);
      } else if (this.#drain !== undefined && idle.hasPassed) {
        throw await this.#stalled(this.#drain);
      }
    }
  }

  async #stalled(drain: Drain): Promise<Error> {
    const positions = await this.#parts.store.positions(this.#topic.topicId);
    tellParent({ type: 'stalled', atBroker: [...this.#positions.keys()] });
    return unavailableError(`No progress within ${this.#config.timeoutMs} ms: ${drain.lag(positions)}.`, {
      hint: 'What was stored stays: consume again to go on.',
    });
  }

  async #isDrained(): Promise<boolean> {
    return this.#drain?.isDone(await this.#parts.store.positions(this.#topic.topicId)) ?? false;
  }

  /** After each assignment, and after another consumer has written: on from what the store holds. */
  async #followAssignment(): Promise<void> {
    const { partitions, generation, epoch } = this.#parts.group.assignment();
    if (generation === this.#generation) return;
    this.#parts.journal.beginEpoch(epoch);
    const { cluster, store, base } = this.#parts;
    const { topicId, topic } = this.#topic;
    const stored = await store.positions(topicId);
    const earliest = await listOffsets(cluster, topic, 'earliest');
    this.#positions.clear();
    const begun: Advance[] = [];
    for (const partition of partitions) {
      const next = stored.get(partition) ?? base.get(partition) ?? earliest.get(partition) ?? 0;
      this.#positions.set(partition, next);
      if (!stored.has(partition)) begun.push({ partition, from: undefined, next });
    }
    // From now on the store says of every partition how far it is.
    if (begun.length > 0) await this.#write(begun);
    this.#generation = generation;
  }

  /** One fetch from each leader that has partitions of ours. */
  async #fetch(signal: AbortSignal): Promise<FetchedPartition[]> {
    const leaders = partitionsByLeader(this.#topic, this.#positions.keys());
    if (leaders.size === 0) {
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
      return [];
    }
    try {
      const requests = [...leaders].map(([leader, partitions]) =>
        this.#fetchFrom(
          leader,
          partitions.map((partition) => ({ partition, offset: this.#positions.get(partition)! })),
          signal,
        ),
      );
      return (await Promise.all(requests)).flat();
    } catch (error) {
      if (signal.aborted) return [];
      if (!isRetriable(error)) throw error;
      await this.#refreshLeaders();
      return [];
    }
  }

  async #fetchFrom(
    leader: number,
    positions: FetchPosition[],
    signal: AbortSignal,
  ): Promise<FetchedPartition[]> {
    const { settings, timeoutMs } = this.#config;
    const connection = await this.#parts.cluster.connection(leader);
    const waitMs = Number(
      settings['fetch.max.wait.ms'] ?? (this.#drain === undefined ? fetchWaitMs : drainFetchWaitMs),
    );
    const request = fetchRecords(connection, {
      topicId: this.#topic.topicId,
      positions,
      isolation: this.#isCommittedOnly ? 'read_committed' : 'read_uncommitted',
      maxWaitMs: waitMs,
      minBytes: Number(settings['fetch.min.bytes'] ?? 1),
      maxBytes: Number(settings['fetch.max.bytes'] ?? fetchBytesMax),
      partitionMaxBytes: Number(settings['max.partition.fetch.bytes'] ?? partitionFetchBytesMax),
    });
    return await new Deadline(timeoutMs + waitMs, signal).race(
      request,
      () => new NotReadyError(`broker ${leader} does not answer`),
    );
  }

  async #refreshLeaders(): Promise<void> {
    await sleep(pollMs);
    const topic = await this.#parts.cluster.metadata(this.#config.topic);
    if (topic?.topicId !== this.#topic.topicId) throw this.#topicGone();
    this.#topic = topic;
  }

  /** Stores what was fetched. False where nothing new came. */
  async #keep(fetched: readonly FetchedPartition[]): Promise<boolean> {
    const advances: Advance[] = [];
    let needsLeaders = false;
    for (const answer of fetched) {
      if (answer.error !== 'NONE') {
        this.#refuse(answer);
        needsLeaders = true;
        continue;
      }
      const from = this.#positions.get(answer.partition)!;
      const next = this.#sort(answer, from);
      if (next > from) advances.push({ partition: answer.partition, from, next });
    }
    if (needsLeaders) await this.#refreshLeaders();
    if (advances.length > 0) await this.#write(advances);
    return advances.length > 0;
  }

  /** Hands the records to the builder; returns the next offset after them. */
  #sort(answer: FetchedPartition, from: number): number {
    const aborted = new AbortedTransactions(answer.abortedTransactions);
    let next = from;
    for (const batch of decodeRecordBatches(answer.records)) {
      const afterBatch = batch.baseOffset + batch.lastOffsetDelta + 1;
      const isLeftOut = aborted.leavesOut(batch) || batch.isControl;
      if (afterBatch <= from) continue;
      if (!isLeftOut) this.#builder.add(answer.partition, batch, from);
      next = afterBatch;
    }
    return next;
  }

  async #write(advances: readonly Advance[]): Promise<void> {
    const batch = this.#builder.take();
    try {
      await this.#parts.store.write(this.#topic.topicId, batch, advances);
    } catch (error) {
      if (!(error instanceof StaleOffsetError)) throw error;
      // Another consumer of the group was there first: go on from what it stored.
      this.#generation = 0;
      return;
    }
    for (const { partition, next } of advances) this.#positions.set(partition, next);
    this.summary.stored += batch.partition.length;
    this.summary.deadLetters += batch.deadLetters.length;
    await this.#commit(advances);
  }

  /** The group's offset is for lag and monitoring: the store's is the truth, so a refusal costs nothing. */
  async #commit(advances: readonly Advance[]): Promise<void> {
    try {
      await this.#parts.group.commit(advances.map(({ partition, next }) => ({ partition, offset: next })));
    } catch (error) {
      process.stderr.write(`nodrop: the group's offsets were not committed: ${messageOf(error)}\n`);
    }
  }

  #refuse({ error, partition, logStartOffset }: FetchedPartition): void {
    if (passingErrors.includes(error)) return;
    const offset = this.#positions.get(partition)!;
    if (error === 'OFFSET_OUT_OF_RANGE') {
      throw unavailableError(
        `Partition ${partition} of ${this.#config.topic} has no offset ${offset}${logStartOffset > offset ? `: it begins at ${logStartOffset}` : ''}. What was removed cannot be stored.`,
      );
    }
    throw unavailableError(
      `Partition ${partition} of ${this.#config.topic} cannot be read at ${offset}: ${error}.`,
    );
  }

  #topicGone(): Error {
    return unavailableError(`Topic ${this.#config.topic} was deleted or made anew while it was consumed.`);
  }
}
