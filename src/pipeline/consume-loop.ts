/**
 * The consumer's loop: fetch, sort by state, store rows and next offsets in one transaction, then tell the
 * group. It goes on from the store's offsets; the group's are for lag and monitoring alone.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { groupTimes, type ClientSettings } from '../client-config.ts';
import { messageOf, unavailableError } from '../errors.ts';
import { AbortedTransactions } from '../kafka/aborted-transactions.ts';
import type { Cluster, TopicMetadata } from '../kafka/cluster.ts';
import type { ConsumerGroup } from '../kafka/consumer-group.ts';
import { Deadline } from '../kafka/deadline.ts';
import type { FetchedPartition } from '../kafka/fetch.ts';
import { listOffsets } from '../kafka/list-offsets.ts';
import { decodeRecordBatches } from '../kafka/record-batch.ts';
import type { JournalWriter } from '../journal/journal-writer.ts';
import type { RunFolder } from '../run-folder.ts';
import type { StateRule } from '../state-rule.ts';
import { FencedError, type Advance, type Store, type StoredOffset } from '../stores/store.ts';
import { Drain } from './drain.ts';
import { FetchAhead } from './fetch-ahead.ts';
import { Fetcher, isCommittedOnly } from './fetcher.ts';
import type { Reach } from './points.ts';
import { RowBatchBuilder } from './row-batch-builder.ts';
import { tellParent } from './stage-process.ts';

export interface ConsumeConfig {
  folder: RunFolder;
  topic: string;
  rule: StateRule;
  /** The categories of the rule: the store's tables, and what the journal calls them. */
  categories: readonly string[];
  bootstrapServers: string;
  settings: ClientSettings;
  /** Where the store is. */
  store: string;
  storeTimeoutMs: number;
  untilDrained: boolean;
  timeoutMs: number;
}

const pollMs = 50;
/** A transaction takes a few more, to the end of a record batch: larger ones take memory and save no time. */
const batchRowsMax = 15_000;
const batchBytesMax = 8 * 1024 * 1024;

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

/** A type, not an interface, so that it can be told to the parent as counts. */
export type ConsumeSummary = {
  stored: number;
  deadLetters: number;
  /** Writes that came too late: another consumer had taken over. */
  refusedWrites: number;
};

export interface ConsumerParts {
  cluster: Cluster;
  topic: TopicMetadata;
  base: ReadonlyMap<number, number>;
  store: Store;
  group: ConsumerGroup;
  /** Told of each assignment; what is stored is noted by the store's own wrapping. */
  journal: JournalWriter;
  reach: Reach | undefined;
}

/** A consumer at work: what its turns share. */
export class ConsumeLoop {
  readonly summary: ConsumeSummary = { stored: 0, deadLetters: 0, refusedWrites: 0 };
  readonly #config: ConsumeConfig;
  readonly #parts: ConsumerParts;
  readonly #builder: RowBatchBuilder;
  readonly #drain: Drain | undefined;
  readonly #fetcher: Fetcher;
  readonly #ahead: FetchAhead;
  #generation = 0;
  #writes = 0;
  /** The partitions that are ours, by our claims: where the store is, and the epoch to write under. */
  #claims = new Map<number, StoredOffset>();
  /** Runs from the moment when the store refused a write. */
  #fenced: Deadline | undefined;
  /** The sum of the store's offsets: it grows with whatever any consumer of the group stores. */
  #storedSum = 0;

  constructor(config: ConsumeConfig, parts: ConsumerParts) {
    this.#config = config;
    this.#parts = parts;
    this.#fetcher = new Fetcher(config, parts);
    this.#ahead = new FetchAhead(this.#fetcher);
    this.#builder = new RowBatchBuilder(config.rule);
    if (!config.untilDrained) return;
    const kind = isCommittedOnly(config.settings) ? 'last-stable' : 'latest';
    this.#drain = new Drain(config.folder, () => listOffsets(parts.cluster, config.topic, kind));
  }

  async work(onStored: (stored: number) => void, signal: AbortSignal): Promise<void> {
    try {
      await this.#work(onStored, signal);
    } finally {
      this.#ahead.drop();
    }
  }

  async #work(onStored: (stored: number) => void, signal: AbortSignal): Promise<void> {
    const idle = new Deadline(this.#config.timeoutMs, signal);
    while (!signal.aborted) {
      // Before anything else: a partition that is empty is claimed too, so that the store knows its topic.
      await this.#followAssignment(signal);
      if (await this.#isDrained(idle)) return;
      const fetched = await this.#ahead.fetch(this.#claims, signal);
      if (fetched.length > 0) await this.#parts.reach?.('after-fetch');
      await this.#ahead.begin(this.#claims, fetched, signal);
      if (await this.#keep(fetched)) {
        idle.restart();
        onStored(this.summary.stored + this.summary.deadLetters);
      } else if (this.#drain !== undefined && idle.hasPassed) {
        throw await this.#stalled(this.#drain);
      }
    }
  }

  /** Whether all is stored that is waited for; progress of any consumer of the group counts. */
  async #isDrained(idle: Deadline): Promise<boolean> {
    if (this.#drain === undefined) return false;
    const positions = await this.#positions();
    const sum = [...positions.values()].reduce((all, next) => all + next, 0);
    if (sum > this.#storedSum) idle.restart();
    this.#storedSum = sum;
    return await this.#drain.isDone(positions);
  }

  async #positions(): Promise<Map<number, number>> {
    const offsets = await this.#parts.store.offsets(this.#parts.topic.topicId);
    return new Map([...offsets].map(([partition, { next }]) => [partition, next]));
  }

  async #stalled(drain: Drain): Promise<Error> {
    const lag = drain.lag(await this.#positions());
    tellParent({ type: 'stalled', atBroker: [...this.#claims.keys()] });
    return unavailableError(`No progress within ${this.#config.timeoutMs} ms: ${lag}.`, {
      hint: 'What was stored stays: consume again to go on.',
    });
  }

  /** After each assignment: claims its partitions, and goes on from what the store holds of them. */
  async #followAssignment(signal: AbortSignal): Promise<void> {
    const { partitions, generation, epoch } = this.#parts.group.assignment();
    if (generation === this.#generation) {
      if (this.#fenced !== undefined) await this.#awaitAssignment(this.#fenced, signal);
      return;
    }
    this.#ahead.drop();
    const { cluster, store, base, journal } = this.#parts;
    const { folder, topic } = this.#config;
    journal.beginEpoch(epoch);
    const earliest = await listOffsets(cluster, topic, 'earliest');
    const begin = new Map(
      partitions.map((partition) => [partition, base.get(partition) ?? earliest.get(partition) ?? 0]),
    );
    const { topicId } = this.#parts.topic;
    this.#claims =
      begin.size === 0 ? new Map() : await store.claim({ run: folder.id, topic, topicId }, begin);
    this.#generation = generation;
    this.#fenced = undefined;
  }

  /** Another consumer owns what this one took for its own: it stands still until the group says otherwise. */
  async #awaitAssignment(fenced: Deadline, signal: AbortSignal): Promise<void> {
    if (fenced.hasPassed) {
      throw unavailableError(
        `Another consumer has taken over, and the group has not assigned anything anew within ${fenced.timeoutMs} ms.`,
        { hint: 'Does a consumer of this run write to the store from outside of the group?' },
      );
    }
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }

  /** Stores what was fetched. False where nothing new came. */
  async #keep(fetched: readonly FetchedPartition[]): Promise<boolean> {
    // Fetched for an assignment that is over: whoever has the partitions now fetches it too.
    if (this.#parts.group.assignment().generation !== this.#generation) return false;
    const before = this.#writes;
    let needsLeaders = false;
    const advances = new Map<number, Advance>();
    for (const answer of fetched) {
      if (answer.error !== 'NONE') {
        await this.#refuse(answer);
        needsLeaders = true;
      } else if (!(await this.#keepPartition(answer, advances))) {
        return false;
      }
    }
    if (needsLeaders) await this.#fetcher.refreshLeaders();
    if (!(await this.#write(advances)) || this.#writes === before) return false;
    await this.#commit(fetched);
    return true;
  }

  /** Sorts a partition's batches, and stores what has gathered whenever it is enough. False when fenced. */
  async #keepPartition(answer: FetchedPartition, advances: Map<number, Advance>): Promise<boolean> {
    const { partition } = answer;
    const aborted = new AbortedTransactions(answer.abortedTransactions);
    for (const batch of decodeRecordBatches(answer.records)) {
      const { next: from, epoch } = this.#claims.get(partition)!;
      const afterBatch = batch.baseOffset + batch.lastOffsetDelta + 1;
      const isLeftOut = aborted.leavesOut(batch) || batch.isControl;
      if (afterBatch <= from) continue;
      if (!isLeftOut) this.#builder.add(partition, batch, from);
      advances.set(partition, { partition, from, next: afterBatch, epoch });
      const { size, sourceBytes } = this.#builder.batch;
      const isEnough = size >= batchRowsMax || sourceBytes >= batchBytesMax;
      if (isEnough && !(await this.#write(advances))) return false;
    }
    return true;
  }

  /** Stores what has gathered, and begins anew. False where another consumer had taken over. */
  async #write(gathered: Map<number, Advance>): Promise<boolean> {
    if (gathered.size === 0) return true;
    const { store, reach, topic } = this.#parts;
    const { batch } = this.#builder;
    const advances = [...gathered.values()];
    gathered.clear();
    try {
      await store.write(topic.topicId, batch, advances);
    } catch (error) {
      if (!(error instanceof FencedError)) throw error;
      this.#standBack(error);
      return false;
    }
    for (const { partition, next, epoch } of advances) {
      // The last now: the broker serves first what it is asked for first.
      this.#claims.delete(partition);
      this.#claims.set(partition, { next, epoch });
    }
    this.#writes += 1;
    this.summary.stored += batch.count;
    this.summary.deadLetters += batch.deadLetters.length;
    batch.clear();
    await reach?.('after-store-commit');
    return true;
  }

  #standBack(error: FencedError): void {
    this.#ahead.drop();
    this.#builder.batch.clear();
    this.summary.refusedWrites += 1;
    this.#claims.clear();
    this.#fenced = new Deadline(groupTimes(this.#config.settings).sessionTimeoutMs);
    process.stderr.write(`nodrop: ${error.message} This one stops writing until the group assigns anew.\n`);
  }

  /** The group's offset is for lag and monitoring: the store's is the truth, so a refusal costs nothing. */
  async #commit(fetched: readonly FetchedPartition[]): Promise<void> {
    const offsets = fetched
      .filter(({ error, records }) => error === 'NONE' && records.length > 0)
      .map(({ partition }) => ({ partition, offset: this.#claims.get(partition)!.next }));
    try {
      await this.#parts.group.commit(offsets);
    } catch (error) {
      process.stderr.write(`nodrop: the group's offsets were not committed: ${messageOf(error)}\n`);
    }
    await this.#parts.reach?.('after-group-commit');
  }

  async #refuse({ error, partition }: FetchedPartition): Promise<void> {
    if (passingErrors.includes(error)) return;
    const offset = this.#claims.get(partition)!.next;
    const { topic } = this.#config;
    if (error === 'OFFSET_OUT_OF_RANGE') {
      const begin = (await listOffsets(this.#parts.cluster, topic, 'earliest')).get(partition) ?? 0;
      const begins = begin > offset ? `: it begins at ${begin}` : '';
      throw unavailableError(
        `Partition ${partition} of ${topic} has no offset ${offset}${begins}. What was removed cannot be stored.`,
        { hint: 'nodrop verify says what is missing.' },
      );
    }
    throw unavailableError(`Partition ${partition} of ${topic} cannot be read at ${offset}: ${error}.`);
  }
}
