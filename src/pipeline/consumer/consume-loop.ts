/**
 * The consumer's loop: fetch, sort by state, store rows and next offsets in one transaction, then commit to the
 * group. It resumes from the store's offsets; the group's are for lag and monitoring only.
 */
import type { ClientSettings } from '../../kafka/client/client-settings.ts';
import { unavailableError } from '../../errors.ts';
import { AbortedTransactions } from '../../kafka/fetch/aborted-transactions.ts';
import type { Cluster, TopicMetadata } from '../../kafka/client/cluster.ts';
import type { ConsumerGroup } from '../../kafka/client/consumer-group.ts';
import { Deadline } from '../../system/deadline.ts';
import { filledPartitions } from '../../kafka/fetch/fetch.ts';
import { decodeRecordBatches } from '../../kafka/record-batch/record-batch.ts';
import type { JournalWriter } from '../../run-folder/journal/journal-writer.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import type { StateRule } from '../../workload/state-rule.ts';
import { FencedError, type Advance, type Store } from '../../stores/store.ts';
import { ClaimedPartitions } from './claimed-partitions.ts';
import { CommitBehind } from './commit-behind.ts';
import { DeadLetterReasons } from './dead-letter-reasons.ts';
import { Drain, hasLedger } from './drain.ts';
import { drainEnds } from './drain-ends.ts';
import { FetchAhead } from './fetch-ahead.ts';
import { Fetcher, isCommittedOnly, type Fetched } from './fetcher.ts';
import type { Reach } from '../stage/failpoints.ts';
import { RowBatchBuilder } from './row-batch-builder.ts';
import { tellParent } from '../stage/stage-parent.ts';
import type { StoredLatency } from './stored-latency.ts';
import { WriteBehind, type Write } from './write-behind.ts';
import { say } from '../../text/say.ts';

export interface ConsumeConfig {
  folder: RunFolder;
  topic: string;
  /** The name of the group; undefined for that of the run's manifest. */
  group?: string | undefined;
  rule: StateRule;
  /** The categories of the rule, for store and journal. */
  categories: readonly string[];
  /** The tables that the user named, by category. */
  tables?: ReadonlyMap<string, string> | undefined;
  bootstrapServers: string;
  settings: ClientSettings;
  /** The location of the store. */
  store: string;
  storeTimeoutMs: number;
  untilDrained: boolean;
  /** Whether to go on behind records that retention has removed. */
  skipRemoved: boolean;
  /** Settles when no producer will start any more; undefined if no parent can say so. */
  produced?: Promise<void> | undefined;
  timeoutMs: number;
}

/** A transaction exceeds this up to the end of a record batch. A larger limit would take memory and save no time. */
const batchRowsMax = 15_000;
const batchBytesMax = 8 * 1024 * 1024;

/** A type, not an interface, so that it can be sent to the parent as counts. */
export type ConsumeSummary = {
  stored: number;
  deadLetters: number;
  /** Writes that were refused because another consumer had taken over the partition. */
  refusedWrites: number;
};

export interface ConsumerParts {
  cluster: Cluster;
  topic: TopicMetadata;
  base: ReadonlyMap<number, number>;
  store: Store;
  group: ConsumerGroup;
  /** The loop notes assignments in it; the wrapped store notes deliveries and writes. */
  journal: JournalWriter;
  latency: StoredLatency;
  reach: Reach | undefined;
}

/** A working consumer: the state that its turns share. */
export class ConsumeLoop {
  readonly summary: ConsumeSummary = { stored: 0, deadLetters: 0, refusedWrites: 0 };
  readonly reasons = new DeadLetterReasons();
  readonly #config: ConsumeConfig;
  readonly #parts: ConsumerParts;
  readonly #ours: ClaimedPartitions;
  readonly #builder: RowBatchBuilder;
  readonly #drain: Drain | undefined;
  readonly #fetcher: Fetcher;
  readonly #ahead: FetchAhead;
  readonly #behind: WriteBehind;
  readonly #commits: CommitBehind;
  #onProgress: () => void = () => undefined;

  constructor(config: ConsumeConfig, parts: ConsumerParts) {
    this.#config = config;
    this.#parts = parts;
    this.#fetcher = new Fetcher(config, parts, () => parts.group.noteNewPartitions());
    this.#ours = new ClaimedPartitions(config, parts);
    this.#ahead = new FetchAhead(this.#fetcher);
    this.#behind = new WriteBehind(parts.store);
    this.#commits = new CommitBehind(parts.group);
    this.#builder = new RowBatchBuilder(config.rule);
    if (!config.untilDrained) return;
    const { folder, settings } = config;
    this.#drain = new Drain(config, {
      ends: async () => {
        const run = hasLedger(folder) ? folder.id : undefined;
        const wanted = { run, isCommittedOnly: isCommittedOnly(settings) };
        const found = await drainEnds(parts.cluster, parts.topic, wanted);
        this.#fetcher.view.expect(Math.max(-1, ...found.ends.keys()) + 1);
        return found;
      },
      positions: () => parts.store.offsets(parts.topic.topicId),
      problems: () => new Map([...this.#ours.problems, ...this.#fetcher.problems]),
    });
  }

  async work(onStored: (stored: number) => void, signal: AbortSignal): Promise<void> {
    const idle = new Deadline(this.#config.timeoutMs, signal);
    this.#onProgress = () => {
      idle.restart();
      onStored(this.summary.stored + this.summary.deadLetters);
    };
    try {
      await this.#work(idle, signal);
      await this.#settle();
      await this.#commits.flush();
    } finally {
      this.#ahead.drop();
      await this.#commits.drop();
      // After an error of something else, the journal still gets the outcome of the write.
      await this.#behind.end().catch(() => undefined);
    }
  }

  async #work(idle: Deadline, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // This comes first: an empty partition is claimed too, so that the store knows its topic.
      await this.#followAssignment(signal);
      if (!this.#behind.isBusy && (await this.#drain?.isDone(idle)) === true) return;
      const fetched = await this.#ahead.fetch(this.#ours.claims, signal);
      if (fetched.length > 0 && this.#parts.reach !== undefined) {
        // A point is reached when nothing else is under way.
        if (await this.#endsWith(idle)) return;
        await this.#parts.reach('after-fetch');
      }
      await this.#ahead.begin(this.#ours.claims, fetched, signal);
      const gathered = await this.#sort(fetched);
      // If producers go on publishing, a write may be under way at the begin of every turn.
      if (await this.#endsWith(idle)) return;
      if (!this.#ours.areCurrent) this.#discard();
      else if (gathered.size > 0) this.#write(gathered, filledPartitions(fetched));
      if (await this.#behind.isOverBefore(this.#ahead.arrival)) await this.#settle();
      if (this.#drain !== undefined && !this.#behind.isBusy && idle.hasPassed)
        throw await this.#stalled(this.#drain);
    }
  }

  /**
   * Waits for the current write, if there is one; returns whether it was the last. The drain is checked once after each
   * write, while no write is under way. So a consumer ends at the frozen end even if producers go on publishing, and
   * discards sorted records after that end.
   */
  async #endsWith(idle: Deadline): Promise<boolean> {
    if (!this.#behind.isBusy) return false;
    await this.#settle();
    return (await this.#drain?.isDone(idle)) === true;
  }

  async #stalled(drain: Drain): Promise<Error> {
    const { text, hidden } = await drain.lag();
    tellParent({ type: 'stalled', atBroker: [...this.#ours.claims.keys()] });
    const { bootstrapServers, timeoutMs, topic } = this.#config;
    const kept = 'What was stored stays: consume again to go on.';
    const [partition] = hidden;
    const whose = `To find the transaction's owner: kafka-transactions.sh --bootstrap-server ${bootstrapServers} describe-producers --topic ${topic} --partition ${partition}`;
    return unavailableError(`No progress within ${timeoutMs} ms: ${text}.`, {
      hint: partition === undefined ? kept : `${kept}\n${whose}`,
    });
  }

  /**
   * Claims the partitions of a new assignment, and goes on from the store's offsets.
   *
   * If two consumers both believe that they own a partition, the later claim wins, and it may be a late claim of the
   * wrong one. The group confirms only the right one's assignment: after two heartbeats, that consumer claims again.
   */
  async #followAssignment(signal: AbortSignal): Promise<void> {
    if ((await this.#ours.unclaimed(signal)) === undefined) return;
    this.#ahead.drop();
    await this.#settle();
    await this.#commits.flush();
    // The write may have been refused, and the group may have assigned again.
    const assignment = await this.#ours.unclaimed(signal);
    if (assignment === undefined) return;
    await this.#ours.claim(assignment);
    this.#parts.group.settled(assignment);
    tellParent({ type: 'ready' });
  }

  /** Sorts the fetched records; returns the advances that are not being stored yet. */
  async #sort(fetched: readonly Fetched[]): Promise<Map<number, Advance>> {
    const advances = new Map<number, Advance>();
    for (const answer of fetched) {
      // The records were fetched for an assignment that is over: the new owner of the partitions fetches them too.
      if (!this.#ours.areCurrent) return advances;
      await this.#sortPartition(answer, advances);
    }
    return advances;
  }

  /** Sorts a partition's batches, and begins a write whenever there is enough for one. */
  async #sortPartition(answer: Fetched, advances: Map<number, Advance>): Promise<void> {
    const { partition, skipTo } = answer;
    if (skipTo !== undefined) {
      const { next: from, epoch } = this.#ours.claims.get(partition)!;
      advances.set(partition, { partition, from, next: skipTo, epoch, isGap: true });
    }
    const aborted = new AbortedTransactions(answer.abortedTransactions);
    for (const batch of decodeRecordBatches(answer.records)) {
      const afterBatch = batch.baseOffset + batch.lastOffsetDelta + 1;
      const isLeftOut = aborted.leavesOut(batch) || batch.isControl;
      if (afterBatch <= this.#ours.claims.get(partition)!.next) continue;
      const { size, sourceBytes } = this.#builder.batch;
      if (size >= batchRowsMax || sourceBytes >= batchBytesMax) {
        await this.#settle();
        if (!this.#ours.areCurrent) return;
        this.#write(advances, []);
      }
      const { next: from, epoch } = this.#ours.claims.get(partition)!;
      if (!isLeftOut) this.#builder.add(partition, batch, from);
      if (!isLeftOut) this.#parts.latency.add(batch, from);
      advances.set(partition, { partition, from, next: afterBatch, epoch });
    }
  }

  /** Begins to store the sorted records. `told`: the partitions to commit to the group afterwards. */
  #write(gathered: Map<number, Advance>, told: readonly number[]): void {
    const advances = [...gathered.values()];
    gathered.clear();
    this.#ours.advance(advances);
    const commits = told.map((partition) => ({ partition, offset: this.#ours.claims.get(partition)!.next }));
    this.#parts.latency.writing();
    this.#behind.begin(this.#parts.topic.topicId, { batch: this.#builder.take(), advances, commits });
  }

  /** Waits for the current write, if there is one. */
  async #settle(): Promise<void> {
    let write: Write | undefined;
    try {
      write = await this.#behind.end();
    } catch (error) {
      if (!(error instanceof FencedError)) throw error;
      this.#standBack(error);
      return;
    }
    if (write === undefined) return;
    this.#ours.noteWritten();
    const { batch, commits } = write;
    this.#parts.latency.stored();
    this.summary.stored += batch.count;
    this.summary.deadLetters += batch.deadLetters.length;
    for (const { reason } of batch.deadLetters) this.reasons.add({ reason, count: 1 });
    await this.#parts.reach?.('after-store-commit');
    if (commits.length > 0) await this.#tellGroup(commits);
    this.#onProgress();
  }

  /** Discards the sorted records: the new owner of the partitions stores them. */
  #discard(): void {
    this.#builder.batch.clear();
    this.#parts.latency.drop();
  }

  #standBack(error: FencedError): void {
    this.#ahead.drop();
    this.#discard();
    this.summary.refusedWrites += 1;
    this.#ours.giveUp();
    say(
      `nodrop: ${error.message} This consumer stops writing until the group confirms who owns the partition.`,
    );
  }

  /**
   * All offsets are committed to the group before partitions are claimed again and before the consumer leaves. If
   * points are on, the commit is awaited after each fetch: a point is reached when nothing else is under way.
   */
  async #tellGroup(commits: Write['commits']): Promise<void> {
    this.#commits.add(commits);
    if (this.#parts.reach === undefined) return;
    await this.#commits.flush();
    await this.#parts.reach('after-group-commit');
  }
}
