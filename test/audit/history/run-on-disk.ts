/** Makes the folder that a run leaves behind, without a broker, and with the given faults. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, digestText } from '../../../src/workload/digest.ts';
import { ScanWriter, writeScanSummary, type ScanRow } from '../../../src/run-folder/log-scan-file.ts';
import { LedgerWriter } from '../../../src/run-folder/ledger/ledger-writer.ts';
import { RunFolder, type Manifest } from '../../../src/run-folder/run-folder.ts';
import { seal } from '../../../src/run-folder/seal.ts';
import { openStore } from '../../../src/stores/engines.ts';
import { RowBatch, type DeadLetter, type RowValues } from '../../../src/stores/store.ts';
import { messageId, Workload } from '../../../src/workload/workload.ts';
import { runManifest } from '../../fixtures/run-manifest.ts';

const count = 12;
/** The sequences of a message that was rejected, and of one whose outcome is unknown. */
export const rejected = 10;
export const unknown = 11;

const manifest = runManifest(count);

export interface Spoils {
  plan?: Record<string, number>;
  scan?: (rows: ScanRow[]) => ScanRow[];
  store?: (rows: RowValues[], deadLetters: DeadLetter[]) => void;
  /** The store's next offset. */
  next?: number;
  /** Where the log begins. */
  start?: number;
  lastStableOffset?: number;
  ledgerIsOpen?: boolean;
}

export async function runOnDisk(spoils: Spoils): Promise<{ folder: RunFolder; manifest: Manifest }> {
  const folder = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-history-')), 'r');
  folder.create();
  const planned = { ...manifest, producers: spoils.plan ?? manifest.producers };
  folder.writeManifest(planned);
  const sequences = [...Array.from({ length: rejected }).keys()];
  await writeLedger(folder, sequences, spoils.ledgerIsOpen === true);
  const rows = sequences.map(scanRowOf);
  const scan = new ScanWriter(folder.logScan);
  const records = spoils.scan?.(rows) ?? rows;
  for (const row of records) scan.add(row);
  scan.close();
  writeScanSummary(folder.logSummary, {
    schema: 1,
    topic: 't',
    topicId: 'topic-id',
    ranges: [
      {
        partition: 0,
        start: spoils.start ?? 0,
        startAfter: spoils.start ?? 0,
        end: 20,
        lastStableOffset: spoils.lastStableOffset ?? 20,
      },
    ],
    compacted: false,
    records: records.length,
    problems: [],
  });
  await seal(folder.logScan);
  await seal(folder.logSummary);
  await writeStore(folder, sequences, spoils);
  return { folder, manifest: planned };
}

async function writeLedger(folder: RunFolder, acked: number[], isOpen: boolean): Promise<void> {
  const path = folder.file('ledger-p0-0.bin');
  const ledger = new LedgerWriter(path, { run: 'r', producer: 0, session: 0, pid: 1 });
  ledger.intend(0, count);
  ledger.record({ outcome: 'acked', partition: 0, offset: 0, errorCode: 0, sequences: acked });
  ledger.record({ outcome: 'rejected', partition: 0, offset: -1, errorCode: 10, sequences: [rejected] });
  if (!isOpen) ledger.finish();
  ledger.close();
  if (!isOpen) await seal(path);
}

function scanRowOf(sequence: number): ScanRow {
  const digest = digestFor(sequence);
  const place = { partition: 0, offset: sequence };
  return { ...place, digest, statedDigest: digest, producer: 0, session: 0, sequence, flags: 0, stamp: 0 };
}

const workload = new Workload(manifest);

function digestFor(sequence: number): bigint {
  const { key, payload } = workload.message(0, sequence);
  return digestOf(Buffer.from(key), Buffer.from(payload), { run: 'r', producer: 'p0', session: 0, sequence });
}

async function writeStore(folder: RunFolder, sequences: number[], { store: spoil, next = 20 }: Spoils) {
  const states = manifest.states.map(({ name }) => name);
  const store = await openStore(folder.store, { categories: states });
  const deadLetters: DeadLetter[] = [];
  const rows = sequences.map((sequence): RowValues => {
    const { key, payload, state } = workload.message(0, sequence);
    return {
      category: state,
      partition: 0,
      offset: sequence,
      key: Buffer.from(key),
      payload: Buffer.from(payload),
      run: 'r',
      producer: 'p0',
      sequence,
      id: messageId(0, sequence),
      digest: digestText(digestFor(sequence)),
    };
  });
  spoil?.(rows, deadLetters);
  await store.claim({ run: 'r', topic: 't', topicId: 'topic-id' }, new Map([[0, 0]]));
  await store.write('topic-id', RowBatch.of(rows, deadLetters), [{ partition: 0, from: 0, next, epoch: 1 }]);
  await store.close();
}
