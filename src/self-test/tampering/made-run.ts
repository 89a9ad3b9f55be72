/**
 * Makes the evidence of a run that passed, on disk as a run leaves it, but without a broker: so a defect can be planted
 * in it within milliseconds. It has a little of everything that a run may contain without a defect.
 */
import { digestOf, digestText } from '../../workload/digest.ts';
import { openJournal } from '../../run-folder/journal/journal-writer.ts';
import { scanFlags, ScanWriter, writeScanSummary } from '../../run-folder/log-scan-file.ts';
import { ledgerFileName } from '../../run-folder/ledger/ledger-format.ts';
import { LedgerWriter } from '../../run-folder/ledger/ledger-writer.ts';
import { journaledStore } from '../../pipeline/consumer/journaled-store.ts';
import type { Place } from '../../workload/place.ts';
import { RunFolder, type Manifest } from '../../run-folder/run-folder.ts';
import { seal } from '../../run-folder/seal.ts';
import { openStore, storeName } from '../../stores/engines.ts';
import { RowBatch, type DeadLetter, type RowValues } from '../../stores/store.ts';
import { messageId, producerName, Workload } from '../../workload/workload.ts';

export interface MadeMessage {
  id: string;
  producer: number;
  sequence: number;
  /** The category that the message belongs to. */
  state: string;
  outcome: 'acked' | 'rejected' | 'unknown';
  /** The position of its record; undefined if none was written. */
  place: Place | undefined;
}

export interface MadeRun {
  folder: RunFolder;
  manifest: Manifest;
  store: string;
  messages: MadeMessage[];
  /** The log's end by partition. */
  ends: number[];
}

export interface MadeRunOptions {
  id?: string;
  /** The number of messages of each producer. */
  counts?: readonly number[];
  seed?: number;
  /** Left out: a file in the run's folder. */
  store?: string;
}

const states = ['failed', 'completed', 'in-progress'];
const base = [7, 0, 0];
const batchMessages = 16;

/** Fates by sequence, of the first producer only. */
const fates = new Map<number, Fate>([
  [5, 'rejected'],
  [9, 'unknown, written'],
  [13, 'unknown, not written'],
  [17, 'acked, nobody said where'],
]);
type Fate = 'rejected' | 'unknown, written' | 'unknown, not written' | 'acked, nobody said where' | 'acked';

/** Other records in the log. Key: the number of messages before it. */
const strangers = new Map<number, 'a run' | 'nobody' | 'poison' | 'marker'>([
  [3, 'a run'],
  [11, 'nobody'],
  [19, 'poison'],
  [23, 'marker'],
  [31, 'a run'],
]);

export async function makeRun(dir: string, options: MadeRunOptions = {}): Promise<MadeRun> {
  const { id = 'made', counts = [48, 24], seed = 1 } = options;
  const folder = new RunFolder(dir, id);
  folder.create();
  const store = options.store ?? folder.store;
  const manifest = manifestOf(id, seed, counts);
  folder.writeManifest(manifest);
  const run = new RunBeingMade(manifest);
  for (const [producer, count] of counts.entries()) {
    const path = folder.file(ledgerFileName(producer, 0));
    publish(
      run,
      new LedgerWriter(path, { run: id, producer, session: 0, pid: process.pid }),
      producer,
      count,
    );
    await seal(path);
  }
  await saveScan(folder, run);
  await consume(folder, store, run);
  return { folder, manifest, store, messages: run.messages, ends: run.ends };
}

/** A record in the log: of a message of the run, or of another producer. */
type LogRecord = Place & ({ message: MadeMessage } | { stranger: 'a run' | 'nobody' | 'poison' });

class RunBeingMade {
  readonly manifest: Manifest;
  readonly workload: Workload;
  readonly ends = [...base];
  readonly messages: MadeMessage[] = [];
  readonly log: LogRecord[] = [];

  constructor(manifest: Manifest) {
    this.manifest = manifest;
    this.workload = new Workload(manifest);
  }

  /** Adds the next message, and first a stranger's record in its partition if one is due. */
  add(producer: number, sequence: number, fate: Fate): MadeMessage {
    const { key, state } = this.workload.message(producer, sequence);
    const partition = Number(key.slice(-4)) % base.length;
    const stranger = strangers.get(this.messages.length);
    if (stranger === 'marker') this.#next(partition);
    else if (stranger !== undefined) this.log.push({ ...this.#next(partition), stranger });
    const isWritten = fate !== 'rejected' && fate !== 'unknown, not written';
    const message: MadeMessage = {
      id: messageId(producer, sequence),
      producer,
      sequence,
      state: states[state]!,
      outcome: fate === 'rejected' ? fate : fate.startsWith('unknown') ? 'unknown' : 'acked',
      place: isWritten ? this.#next(partition) : undefined,
    };
    this.messages.push(message);
    if (message.place !== undefined) this.log.push({ ...message.place, message });
    return message;
  }

  #next(partition: number): Place {
    return { partition, offset: this.ends[partition]!++ };
  }

  bytesOf({ producer, sequence }: MadeMessage): { key: Buffer; payload: Buffer; digest: bigint } {
    const message = this.workload.message(producer, sequence);
    const [key, payload] = [Buffer.from(message.key), Buffer.from(message.payload)];
    const origin = { run: this.manifest.id, producer: producerName(producer), session: 0, sequence };
    return { key, payload, digest: digestOf(key, payload, origin) };
  }
}

function publish(run: RunBeingMade, ledger: LedgerWriter, producer: number, count: number): void {
  for (let first = 0; first < count; first += batchMessages) {
    const size = Math.min(batchMessages, count - first);
    ledger.intend(first, size);
    for (let sequence = first; sequence < first + size; sequence++) {
      const fate = (producer === 0 ? fates.get(sequence) : undefined) ?? 'acked';
      const { outcome, place } = run.add(producer, sequence, fate);
      const isTold = fate === 'acked' && place !== undefined;
      ledger.record({
        outcome,
        partition: isTold ? place.partition : -1,
        offset: isTold ? place.offset : -1,
        errorCode: { acked: isTold ? 0 : 46, rejected: 10, unknown: 7 }[outcome],
        sequences: [sequence],
      });
    }
  }
  ledger.finish();
  ledger.close();
}

async function saveScan(folder: RunFolder, run: RunBeingMade): Promise<void> {
  const { manifest, ends } = run;
  const scan = new ScanWriter(folder.logScan);
  const nobody = { digest: 0n, statedDigest: 0n, producer: 0, session: 0, sequence: 0, stamp: 1 };
  for (const partition of ends.keys()) {
    for (const record of run.log) {
      if (record.partition !== partition) continue;
      const { offset } = record;
      if ('stranger' in record) {
        scan.add({ ...nobody, partition, offset, flags: scanFlags.foreign });
      } else {
        const { producer, sequence } = record.message;
        const { digest } = run.bytesOf(record.message);
        scan.add({
          ...nobody,
          partition,
          offset,
          producer,
          sequence,
          digest,
          statedDigest: digest,
          flags: 0,
        });
      }
    }
  }
  scan.close();
  writeScanSummary(folder.logSummary, {
    schema: 1,
    topic: manifest.topic,
    topicId: manifest.topicId,
    ranges: ends.map((end, partition) => ({
      partition,
      start: base[partition]!,
      startAfter: 0,
      end,
      lastStableOffset: end,
    })),
    compacted: false,
    uncleanElection: false,
    records: run.log.length,
    run: manifest.id,
    isFinal: true,
    problems: [],
    commits: Object.fromEntries(ends.entries()),
  });
  for (const path of [folder.logScan, folder.logSummary]) await seal(path);
}

/** Writes the log to the store in several batches, through a consumer's journal. */
async function consume(folder: RunFolder, location: string, run: RunBeingMade): Promise<void> {
  const { id, topic, topicId } = run.manifest;
  const opening = { run: id, topicId, store: storeName(location, folder.path), categories: states };
  const journal = openJournal((name) => folder.file(name), { ...opening, pid: process.pid });
  folder.noteConsumer(location, { journal: 1 });
  const patience = { timeoutMs: 0, signal: new AbortController().signal, note: () => undefined };
  const inner = await openStore(location, { categories: states });
  const store = journaledStore(inner, { journal, run: id, categories: states.length, patience });
  const claims = await store.claim({ run: id, topic, topicId }, new Map(base.entries()));
  journal.beginEpoch(1);
  const nexts = [...base];
  for (let first = 0; first < run.log.length; first += batchMessages) {
    const records = run.log.slice(first, first + batchMessages);
    const isLast = first + batchMessages >= run.log.length;
    const advances = nexts.map((from, partition) => {
      const last = records.findLast((record) => record.partition === partition);
      const next = isLast ? run.ends[partition]! : last === undefined ? from : last.offset + 1;
      return { partition, from, next, epoch: claims.get(partition)!.epoch };
    });
    const rows = records.flatMap((record) => rowOf(record, run) ?? []);
    const batch = RowBatch.of(rows, records.filter(isPoison).map(letterOf));
    await store.write(topicId, batch, advances);
    for (const { partition, next } of advances) nexts[partition] = next;
  }
  await store.close();
  journal.close();
  await seal(journal.path);
}

const isPoison = (record: LogRecord): boolean => 'stranger' in record && record.stranger === 'poison';

const letterOf = ({ partition, offset }: LogRecord): DeadLetter => ({
  partition,
  offset,
  key: null,
  payload: Buffer.from('{"state":'),
  headers: null,
  reason: 'not JSON',
});

function rowOf(record: LogRecord, run: RunBeingMade): RowValues | undefined {
  const { partition, offset } = record;
  if ('message' in record) {
    const { id, producer, sequence, state } = record.message;
    const { key, payload, digest } = run.bytesOf(record.message);
    const origin = { run: run.manifest.id, producer: producerName(producer), sequence, id };
    const category = states.indexOf(state);
    return { ...origin, category, partition, offset, key, payload, digest: digestText(digest) };
  }
  if (record.stranger === 'poison') return undefined;
  const isOfRun = record.stranger === 'a run';
  return {
    category: 1,
    partition,
    offset,
    key: Buffer.from('somebody'),
    payload: Buffer.from('{"state":"completed"}'),
    run: isOfRun ? 'another' : null,
    producer: isOfRun ? 'p0' : null,
    sequence: isOfRun ? 3 : null,
    id: isOfRun ? 'p0-3' : null,
    digest: isOfRun ? '0123456789abcdef' : null,
  };
}

const manifestOf = (id: string, seed: number, counts: readonly number[]): Manifest => ({
  schema: 1,
  id,
  seed,
  topic: `nodrop-${id}`,
  topicId: `${id}-0000-4000-8000-000000000000`,
  topicCreated: true,
  group: `nodrop-${id}`,
  bootstrapServers: '127.0.0.1:1',
  producers: Object.fromEntries(counts.map((count, producer) => [producerName(producer), count])),
  batchSize: batchMessages,
  payloadBytes: 200,
  states: states.map((name) => ({ name, weight: 1 })),
  acks: 'all',
  base: Object.fromEntries(base.entries()),
  createdAt: Date.now(),
});
