import { digestText } from '../digest.ts';
import { messageOf } from '../errors.ts';
import { logFlags, none, type Evidence, type LogBatch, type LogRange } from '../history.ts';
import { readScan, readScanSummary, scanFlags, type ScanRow, type ScanSummary } from '../kafka/scan-file.ts';
import type { Manifest, RunFolder } from '../run-folder.ts';
import { checkSeal } from '../seal.ts';
import type { RunMessages } from './run-messages.ts';

const batchRows = 4096;

/** The saved log scan of a run. */
export async function logHop(
  folder: RunFolder,
  manifest: Manifest,
  messages: RunMessages,
): Promise<Evidence['log']> {
  const missing = (problem: string): Evidence['log'] => ({
    whole: false,
    problem,
    ranges: [],
    batches: () => [],
  });
  let summary: ScanSummary;
  try {
    for (const path of [folder.logScan, folder.logSummary]) {
      const seal = await checkSeal(path);
      if (seal === 'none') return missing('the topic was not scanned to its end');
      if (seal === 'broken') return missing('the saved log scan was changed after it was sealed');
    }
    summary = await readScanSummary(folder.logSummary);
  } catch (error) {
    return missing(`the saved log scan cannot be read: ${messageOf(error)}`);
  }
  const problems = [...summary.problems];
  if (summary.topicId !== manifest.topicId) problems.push('the topic was made anew since the run began');
  return {
    whole: problems.length === 0,
    problem: problems.join('; '),
    ranges: summary.ranges.map((range) => rangeOf(range, manifest, summary.compacted)),
    batches: () => logBatches(readScan(folder.logScan), messages),
  };
}

const rangeOf = (
  { partition, start, startAfter, end, lastStableOffset }: ScanSummary['ranges'][number],
  manifest: Manifest,
  compacted: boolean,
): LogRange => ({
  partition,
  start: Math.max(start, startAfter),
  end,
  base: manifest.base[partition] ?? 0,
  stableEnd: Math.min(end, lastStableOffset),
  compacted,
});

function* logBatches(rows: Iterable<ScanRow>, messages: RunMessages): Generator<LogBatch> {
  const keys = new Map<string, number>();
  let batch = newBatch();
  for (const row of rows) {
    fill(batch, row, messages, keys);
    if (batch.count < batchRows) continue;
    yield batch;
    batch = newBatch();
  }
  if (batch.count > 0) yield batch;
}

function fill(batch: LogBatch, row: ScanRow, messages: RunMessages, keys: Map<string, number>): void {
  const at = batch.count++;
  const message = messageOfRow(row, messages);
  batch.message[at] = message;
  batch.partition[at] = row.partition;
  batch.offset[at] = row.offset;
  batch.flags[at] =
    (row.flags & scanFlags.aborted ? logFlags.aborted : 0) |
    (row.flags & scanFlags.crcBad ? logFlags.crcBad : logFlags.crcOk) |
    (row.flags & scanFlags.nameless ? logFlags.nameless : 0);
  const expected = message === none ? undefined : messages.expected(message, row.session);
  if (expected === undefined) {
    batch.sequence[at] = none;
    return;
  }
  batch.producer[at] = row.producer;
  batch.session[at] = row.session;
  batch.sequence[at] = row.sequence;
  const differences = differencesOf(row, expected.digest);
  batch.content[at] = messages.contentOf(differences);
  // The key of a record that is not as it was sent tells nothing; `untold` is 0, as the arrays begin.
  if (differences !== '') return;
  batch.key[at] = keys.get(expected.key) ?? keys.set(expected.key, keys.size + 1).size;
}

function messageOfRow(row: ScanRow, messages: RunMessages): number {
  if (row.flags & scanFlags.foreign) return none;
  if (row.flags & scanFlags.nameless) {
    return messages.other({ id: `a record of unreadable origin at ${row.partition}:${row.offset}` });
  }
  return messages.indexOf(row.producer, row.sequence);
}

/** How a record differs from what was to be sent: nothing, or a text equal for equal differences. */
function differencesOf(row: ScanRow, expected: bigint): string {
  const isStated = (row.flags & scanFlags.unstated) === 0;
  if (row.digest === expected && isStated && row.statedDigest === expected) return '';
  return `${digestText(row.digest)} ${isStated ? digestText(row.statedDigest) : ''}`;
}

const newBatch = (): LogBatch => ({
  count: 0,
  message: new Int32Array(batchRows),
  partition: new Int32Array(batchRows),
  offset: new Float64Array(batchRows),
  producer: new Int32Array(batchRows),
  session: new Int32Array(batchRows),
  sequence: new Float64Array(batchRows),
  content: new Int32Array(batchRows),
  key: new Int32Array(batchRows),
  flags: new Uint8Array(batchRows),
});
