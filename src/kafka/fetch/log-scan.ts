/**
 * The independent full scan of a topic: from its start, or from given offsets, to the ends at the time when the scan
 * began. It reads uncommitted and resolves transactions from the markers in the log itself.
 *
 * A marker follows the records of its transaction. So from its first transactional batch on, a partition is read twice:
 * once for the markers, once to hand on the batches with the state of their transactions. If the scan ends before the log
 * does, markers are looked for beyond its end, too. A transaction without a marker in the log stays `open`.
 */
import { usageError } from '../../errors.ts';
import type { Cluster } from '../client/cluster.ts';
import { Deadline } from '../../system/deadline.ts';
import { listOffsets } from '../client/list-offsets.ts';
import { readLog, type ReadRange } from './log-read.ts';
import { PartitionTransactions, type AbortedRange, type TransactionState } from './partition-transactions.ts';
import type { RecordBatch } from '../record-batch/record-batch.ts';

export interface ScannedBatch {
  partition: number;
  batch: RecordBatch;
  /** Records with index `from` up to, not including, `to` lie in the range that is scanned. */
  from: number;
  to: number;
  /** The state of the batch's transaction; `committed` if it belongs to none. */
  state: TransactionState;
}

export interface ScanOptions {
  /** Where to begin, by partition (default: the log's start). */
  from?: ReadonlyMap<number, number> | undefined;
  /** Where to end, by partition (default, and at most: the log's end). */
  to?: ReadonlyMap<number, number> | undefined;
  /** Limit of the time without progress. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** Called in the order of offsets within a partition; also for undecodable batches, but not for control batches. */
  onBatch: (scanned: ScannedBatch) => void;
}

export interface ScannedPartition {
  partition: number;
  /** The log's first offset before the scan. */
  start: number;
  /** The log's first offset after the scan: records below it were removed, perhaps before they were read. */
  startAfter: number;
  /** One past the last offset to read. */
  end: number;
  /** Where reading ended: `end`, unless the log was truncated meanwhile. */
  reached: number;
  lastStableOffset: number;
  abortedRanges: AbortedRange[];
  /** Transactions without a marker in the log, with their first offsets. */
  openTransactions: { producerId: bigint; first: number }[];
  crcBadBatches: number;
  undecodableBatches: number;
}

export interface LogScan {
  topic: string;
  topicId: string;
  partitions: ScannedPartition[];
}

/** Throws `unavailable` if there is no progress within the timeout, `usage` if the topic does not exist. */
export async function scanLog(cluster: Cluster, topicName: string, options: ScanOptions): Promise<LogScan> {
  const deadline = new Deadline(options.timeoutMs, options.signal);
  const topic = await cluster.metadataAgain(topicName, deadline);
  if (topic === undefined) throw usageError(`Topic ${topicName} does not exist.`);
  const starts = await listOffsets(cluster, topicName, 'earliest', deadline);
  // Asked for before the ends, so that no last stable offset can be past them.
  const stable = await listOffsets(cluster, topicName, 'last-stable', deadline);
  const ends = await listOffsets(cluster, topicName, 'latest', deadline);
  const scans = new Map<number, PartitionScan>();
  for (const [partition, end] of ends) {
    const start = starts.get(partition) ?? 0;
    const begin = Math.max(start, options.from?.get(partition) ?? start);
    const until = Math.min(end, options.to?.get(partition) ?? end);
    const range = { partition, start: Math.min(begin, Math.max(until, start)), end: until };
    scans.set(partition, new PartitionScan(range, options.onBatch));
  }
  const all = [...scans.values()];
  const observe = (partition: number, batch: RecordBatch): void => scans.get(partition)!.readBeyond(batch);
  const reached = await readLog(
    cluster,
    topic,
    all.map((scan) => scan.range),
    deadline,
    (partition, batch, from, to) => scans.get(partition)!.readFirst({ partition, batch, from, to }),
  );
  for (;;) {
    const beyond = all.flatMap((scan) => scan.rangeBeyond(reached, ends) ?? []);
    if (beyond.length === 0) break;
    await readLog(cluster, topic, beyond, deadline, observe);
  }
  const again = all.flatMap((scan) => scan.rangeAgain(reached) ?? []);
  await readLog(cluster, topic, again, deadline, (partition, batch, from, to) =>
    scans.get(partition)!.handOn({ partition, batch, from, to }),
  );
  const startsAfter = await listOffsets(cluster, topicName, 'earliest', deadline);
  const partitions = [...scans].map(([partition, scan]) => ({
    ...scan.found(),
    partition,
    start: starts.get(partition) ?? 0,
    startAfter: startsAfter.get(partition) ?? 0,
    end: scan.range.end,
    reached: reached.get(partition)!,
    lastStableOffset: Math.min(stable.get(partition) ?? 0, scan.range.end),
  }));
  return { topic: topicName, topicId: topic.topicId, partitions };
}

type ReadBatch = Omit<ScannedBatch, 'state'>;

/** How many offsets are read at a time to find the markers beyond the end of a scan. */
const beyondStep = 10_000;

class PartitionScan {
  readonly range: ReadRange;
  readonly #onBatch: (scanned: ScannedBatch) => void;
  readonly #transactions = new PartitionTransactions();
  #firstTransactional: number | undefined;
  #beyond: number;
  #crcBadBatches = 0;
  #undecodableBatches = 0;

  constructor(range: ReadRange, onBatch: (scanned: ScannedBatch) => void) {
    this.range = range;
    this.#onBatch = onBatch;
    this.#beyond = range.end;
  }

  /**
   * Hands on the batches before the first transaction. From there on, records only the transactions and their markers.
   */
  readFirst(read: ReadBatch): void {
    const { isTransactional, baseOffset } = read.batch;
    if (isTransactional) {
      this.#firstTransactional ??= Math.max(baseOffset, this.range.start);
      this.#transactions.observe(read.batch);
    }
    if (this.#firstTransactional === undefined) this.handOn(read);
  }

  /** Records the end of a transaction of the range. Transactions that begin beyond it do not matter. */
  readBeyond(batch: RecordBatch): void {
    if (batch.isControl && this.#transactions.open.has(batch.producerId)) this.#transactions.observe(batch);
  }

  /** The next range in which markers of transactions are looked for that were open where the scan ended. */
  rangeBeyond(
    reached: ReadonlyMap<number, number>,
    logEnds: ReadonlyMap<number, number>,
  ): ReadRange | undefined {
    const { partition, end } = this.range;
    const start = this.#beyond;
    const logEnd = logEnds.get(partition)!;
    const isCutOff = reached.get(partition)! < end;
    if (isCutOff || start >= logEnd || this.#transactions.open.size === 0) return undefined;
    this.#beyond = Math.min(logEnd, start + beyondStep);
    return { partition, start, end: this.#beyond };
  }

  /** The range to read a second time, up to where the first reading ended. */
  rangeAgain(reached: ReadonlyMap<number, number>): ReadRange | undefined {
    const start = this.#firstTransactional;
    const { partition } = this.range;
    return start === undefined ? undefined : { partition, start, end: reached.get(partition)! };
  }

  handOn(read: ReadBatch): void {
    const { batch } = read;
    if (!batch.crcOk) this.#crcBadBatches++;
    if (batch.undecodable !== undefined) this.#undecodableBatches++;
    if (!batch.isControl) this.#onBatch({ ...read, state: this.#transactions.stateOf(batch) });
  }

  found(): Pick<
    ScannedPartition,
    'abortedRanges' | 'openTransactions' | 'crcBadBatches' | 'undecodableBatches'
  > {
    return {
      abortedRanges: this.#transactions.aborted,
      openTransactions: [...this.#transactions.open].map(([producerId, first]) => ({ producerId, first })),
      crcBadBatches: this.#crcBadBatches,
      undecodableBatches: this.#undecodableBatches,
    };
  }
}
