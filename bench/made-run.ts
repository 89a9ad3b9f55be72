/** Makes the evidence of a passed run of any size, without a broker, in one process. */
import { digestOf, digestText } from '../src/workload/digest.ts';
import { ScanWriter, writeScanSummary } from '../src/run-folder/log-scan-file.ts';
import { ledgerFileName } from '../src/run-folder/ledger/ledger-format.ts';
import { openJournal } from '../src/run-folder/journal/journal-writer.ts';
import { LedgerWriter } from '../src/run-folder/ledger/ledger-writer.ts';
import { journaledStore } from '../src/pipeline/consumer/journaled-store.ts';
import { RunFolder, type Manifest } from '../src/run-folder/run-folder.ts';
import { seal } from '../src/run-folder/seal.ts';
import { openStore, storeName } from '../src/stores/engines.ts';
import { RowBatch } from '../src/stores/store.ts';
import { messageId, Workload, type Message } from '../src/workload/workload.ts';

const partitions = 3;
const batchSize = 3000;
const topicId = '00000000-0000-4000-8000-000000000000';
const states = ['failed', 'completed', 'in-progress'];

/** Each customer's messages go to one partition. A batch's messages in a partition have consecutive offsets. */
export async function makeRun(dir: string, messages: number): Promise<RunFolder> {
  const folder = new RunFolder(dir, `made-${messages}`);
  folder.create();
  const manifest = manifestOf(folder.id, messages);
  folder.writeManifest(manifest);
  const workload = new Workload(manifest);
  const ledgerPath = folder.file(ledgerFileName(0, 0));
  const ledger = new LedgerWriter(ledgerPath, { run: folder.id, producer: 0, session: 0, pid: process.pid });
  const scan = new ScanWriter(folder.logScan);
  const opening = {
    run: folder.id,
    topicId,
    store: storeName(folder.store, folder.path),
    categories: states,
  };
  const journal = openJournal((name) => folder.file(name), { ...opening, pid: process.pid });
  folder.noteConsumer(folder.store, { journal: 1 });
  const store = journaledStore(await openStore(folder.store, { categories: states }), {
    journal,
    run: folder.id,
    categories: states.length,
    patience: { timeoutMs: 0, signal: new AbortController().signal, note: () => undefined },
  });
  const ends = [0, 0, 0];
  const begin = new Map(ends.entries());
  const claims = await store.claim({ run: folder.id, topic: manifest.topic, topicId }, begin);
  for (let first = 0; first < messages; first += batchSize) {
    const count = Math.min(batchSize, messages - first);
    ledger.intend(first, count);
    const rows = new RowBatch();
    const before = [...ends];
    const sequences: number[][] = ends.map(() => []);
    for (let sequence = first; sequence < first + count; sequence++) {
      const message = workload.message(0, sequence);
      const partition = Number(message.key.slice(-4)) % partitions;
      addMessage(message, folder.id, sequence, { partition, offset: ends[partition]!++ }, scan, rows);
      sequences[partition]!.push(sequence);
    }
    for (const [partition, sent] of sequences.entries()) {
      const acked = { outcome: 'acked', partition, offset: before[partition]!, errorCode: 0 } as const;
      ledger.record({ ...acked, sequences: sent });
    }
    const advances = ends.map((next, partition) => ({
      partition,
      from: before[partition]!,
      next,
      epoch: claims.get(partition)!.epoch,
    }));
    await store.write(topicId, rows, advances);
  }
  ledger.finish();
  ledger.close();
  scan.close();
  await store.close();
  journal.close();
  writeScanSummary(folder.logSummary, {
    schema: 1,
    topic: manifest.topic,
    topicId,
    ranges: ends.map((end, partition) => ({
      partition,
      start: 0,
      startAfter: 0,
      end,
      lastStableOffset: end,
    })),
    compacted: false,
    records: messages,
    problems: [],
  });
  for (const path of [ledgerPath, journal.path, folder.logScan, folder.logSummary]) await seal(path);
  return folder;
}

function addMessage(
  message: Message,
  run: string,
  sequence: number,
  place: { partition: number; offset: number },
  scan: ScanWriter,
  rows: RowBatch,
): void {
  const key = Buffer.from(message.key);
  const payload = Buffer.from(message.payload);
  const digest = digestOf(key, payload, { run, producer: 'p0', session: 0, sequence });
  scan.add({ ...place, digest, statedDigest: digest, producer: 0, session: 0, sequence, flags: 0, stamp: 0 });
  rows.add({
    category: message.state,
    ...place,
    key,
    payload,
    run,
    producer: 'p0',
    sequence,
    id: messageId(0, sequence),
    digest: digestText(digest),
  });
}

const manifestOf = (id: string, messages: number): Manifest => ({
  schema: 1,
  id,
  seed: 1,
  topic: 'made',
  topicId,
  topicCreated: true,
  group: 'made',
  bootstrapServers: '127.0.0.1:1',
  producers: { p0: messages },
  batchSize,
  payloadBytes: 200,
  states: states.map((name) => ({ name, weight: 1 })),
  base: { '0': 0, '1': 0, '2': 0 },
  createdAt: Date.now(),
});
