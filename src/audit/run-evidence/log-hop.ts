import { noTopicId } from '../../kafka/client/topic-id.ts';
import { statSync } from 'node:fs';
import { counted } from '../../text/counted.ts';
import { digestText } from '../../workload/digest.ts';
import { isSystemError, messageOf } from '../../errors.ts';
import { logFlags, untold, type Evidence, type LogBatch, type LogRange } from '../evidence.ts';
import {
  emptyScanRow,
  readScan,
  readScanSummary,
  rowBytes,
  scanChunkRows,
  scanFlags,
  type ScanRow,
  type ScanSummary,
} from '../../run-folder/log-scan-file.ts';
import { isOffset, none } from '../../workload/place.ts';
import type { Manifest, RunFolder } from '../../run-folder/run-folder.ts';
import { checkSeal } from '../../run-folder/seal.ts';
import { keyOfCustomer, type RunMessages } from './run-messages.ts';

/** The evidence from a saved scan of the topic. */
export type SavedScan = Pick<Evidence, 'log' | 'commits' | 'notes'> & Pick<ScanSummary, 'uncleanElection'>;

/** The summary of a saved scan; a sentence if it cannot be relied on. */
export async function summaryOfScan(
  folder: RunFolder,
  { id, topic }: Manifest,
): Promise<ScanSummary | string> {
  try {
    for (const path of [folder.logScan, folder.logSummary]) {
      const seal = await checkSeal(path);
      if (seal === 'none') return 'the topic was not scanned to its end';
      if (seal === 'broken') return 'the saved log scan was changed after it was sealed';
    }
    const summary = await readScanSummary(folder.logSummary);
    const isOwn = summary.topic === topic && (summary.run ?? id) === id;
    return isOwn
      ? summary
      : `the saved log scan is of topic ${summary.topic} for run ${summary.run ?? 'unknown'}`;
  } catch (error) {
    return `the saved log scan cannot be read: ${messageOf(error)}`;
  }
}

/** The saved log scan of a run, with the group's commits. */
export async function savedScan(
  folder: RunFolder,
  manifest: Manifest,
  messages: RunMessages,
): Promise<SavedScan> {
  const summary = await summaryOfScan(folder, manifest);
  if (typeof summary === 'string') {
    return { log: { whole: false, problem: summary, ranges: [], batches: () => [] } };
  }
  const { problems } = summary;
  const log: Evidence['log'] = {
    whole: problems.length === 0,
    problem: problems.join('; '),
    topicRecreated: summary.topicId !== manifest.topicId,
    isFinal: summary.isFinal === true,
    hasAllRanges: Object.keys(manifest.base).every((known) =>
      summary.ranges.some(({ partition }) => partition === Number(known)),
    ),
    ranges: summary.ranges.map((range) => rangeOf(range, manifest, summary)),
    *batches() {
      const problem = yield* logBatches(folder.logScan, summary, messages);
      if (problem === undefined) return;
      log.whole = false;
      log.problem = [...problems, `the saved log scan contradicts itself: ${problem}`].join('; ');
    },
  };
  return {
    log,
    notes: notesOf(summary, manifest),
    ...(summary.uncleanElection !== undefined && { uncleanElection: summary.uncleanElection }),
    ...(summary.commits === undefined ? {} : { commits: commitsOf(summary.commits) }),
  };
}

/** Sentences about facts that Kafka did not reveal. */
function notesOf(
  { topic, topicId, uncleanElection, settingsUnknown, commitsUnknown }: ScanSummary,
  { group }: Manifest,
): string[] {
  const elections = uncleanElection === undefined ? ' or allows unclean elections' : '';
  const notes: string[] = [];
  if (settingsUnknown !== undefined) {
    notes.push(`Whether topic ${topic} is compacted${elections} is not known: ${settingsUnknown}.`);
  }
  if (commitsUnknown !== undefined) {
    notes.push(`What group ${group} has committed is not known: ${commitsUnknown}.`);
  }
  if (topicId === noTopicId) {
    notes.push(`Whether topic ${topic} was recreated is not known: the cluster gives topics no ids.`);
  }
  return notes;
}

const commitsOf = (commits: Readonly<Record<string, number>>): Map<number, number> =>
  new Map(Object.entries(commits).map(([partition, offset]) => [Number(partition), offset]));

const rangeOf = (
  { partition, start, startAfter, end, lastStableOffset }: ScanSummary['ranges'][number],
  manifest: Manifest,
  { compacted, settingsUnknown }: ScanSummary,
): LogRange => ({
  partition,
  start: Math.max(start, startAfter),
  end,
  base: manifest.base[partition] ?? 0,
  stableEnd: Math.min(end, lastStableOffset),
  compacted: compacted || settingsUnknown !== undefined,
  ...(settingsUnknown !== undefined && { compactionUnknown: true }),
});

/** Yields rows until rows and summary contradict each other, and returns the contradiction. */
function* logBatches(
  path: string,
  summary: ScanSummary,
  messages: RunMessages,
): Generator<LogBatch, string | undefined> {
  const batch = newBatch();
  const row = emptyScanRow();
  const course = new ScanCourse(summary);
  let records = 0;
  try {
    for (const rows of readScan(path)) {
      batch.count = 0;
      for (let index = 0; index < rows.count; index++) {
        rows.get(index, row);
        const problem = course.take(row);
        if (problem !== undefined) {
          yield batch;
          return problem;
        }
        fill(batch, batch.count++, row, messages);
      }
      records += rows.count;
      yield batch;
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return messageOf(error);
  }
  if (records !== summary.records)
    return `log.scan has ${records} records, and log.json counts ${summary.records}`;
  const rest = statSync(path).size - records * rowBytes;
  return rest === 0 ? undefined : `log.scan goes on behind its records, for ${counted(rest, 'byte')}`;
}

/** Checks rows against the summary: each must be in its partition's range, in the order of offsets. */
class ScanCourse {
  readonly #ranges: ReadonlyMap<number, { start: number; end: number; next: number }>;
  #partition = none;
  #range: { start: number; end: number; next: number } | undefined;

  constructor({ ranges }: ScanSummary) {
    this.#ranges = new Map(
      ranges.map(({ partition, start, end }) => [partition, { start, end, next: start }]),
    );
  }

  /** Why a row cannot be at its place. Two rows may have one offset: a log may have what it should not. */
  take({ partition, offset }: ScanRow): string | undefined {
    if (partition !== this.#partition) {
      this.#partition = partition;
      this.#range = this.#ranges.get(partition);
    }
    const range = this.#range;
    if (range !== undefined && offset >= range.next && offset < range.end && Number.isInteger(offset)) {
      range.next = offset;
      return undefined;
    }
    if (range === undefined)
      return `log.scan has a record of partition ${partition}, and log.json no such partition`;
    if (!isOffset(offset) || offset < range.start || offset >= range.end)
      return `log.scan has a record at ${partition}:${offset}, and log.json the offsets from ${range.start} to ${range.end}`;
    return `log.scan goes back to ${partition}:${offset}`;
  }
}

function fill(batch: LogBatch, at: number, row: ScanRow, messages: RunMessages): void {
  const message = messageOfRow(row, messages);
  batch.message[at] = message;
  batch.partition[at] = row.partition;
  batch.offset[at] = row.offset;
  batch.flags[at] =
    (row.flags & scanFlags.aborted ? logFlags.aborted : 0) |
    (row.flags & scanFlags.crcBad ? logFlags.crcBad : logFlags.crcOk) |
    (row.flags & scanFlags.nameless ? logFlags.nameless : 0);
  batch.producer[at] = row.producer;
  batch.session[at] = row.session;
  const expected = message === none ? undefined : messages.expected(message, row.session);
  batch.sequence[at] = expected === undefined ? none : row.sequence;
  const isRight = expected !== undefined && isAs(expected.digest, row);
  const differences = isRight ? '' : differencesOf(row);
  batch.content[at] = expected === undefined ? untold : messages.contentOf(differences);
  // The key of a changed record means nothing.
  batch.key[at] = isRight ? keyOfCustomer(expected.customer) : untold;
}

function messageOfRow(row: ScanRow, messages: RunMessages): number {
  if (row.flags & scanFlags.foreign) return none;
  if (row.flags & scanFlags.nameless) {
    return messages.other({ id: `a record of unreadable origin at ${row.partition}:${row.offset}` });
  }
  return messages.indexOf(row.producer, row.sequence);
}

const isStated = ({ flags }: ScanRow): boolean => (flags & scanFlags.unstated) === 0;

const isAs = (expected: bigint, row: ScanRow): boolean =>
  row.digest === expected && row.statedDigest === expected && isStated(row);

/** How a record differs from the planned one: a text that is equal for equal differences. */
const differencesOf = (row: ScanRow): string =>
  `${digestText(row.digest)} ${isStated(row) ? digestText(row.statedDigest) : ''}`;

const newBatch = (): LogBatch => ({
  count: 0,
  message: new Int32Array(scanChunkRows),
  partition: new Int32Array(scanChunkRows),
  offset: new Float64Array(scanChunkRows),
  producer: new Int32Array(scanChunkRows),
  session: new Int32Array(scanChunkRows),
  sequence: new Float64Array(scanChunkRows),
  content: new Int32Array(scanChunkRows),
  key: new Int32Array(scanChunkRows),
  flags: new Uint8Array(scanChunkRows),
});
