/** Scans a run's topic and saves the result, sealed, in the run's folder. */
import { rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { unavailableError } from '../../errors.ts';
import { noTopicId } from '../../kafka/client/topic-id.ts';
import type { ClientSettings } from '../../kafka/client/client-settings.ts';
import { digestWithin, readDigest, type KeyAndPayload, type Origin } from '../../workload/digest.ts';
import { noOrigin, readOrigin } from '../../workload/record-headers.ts';
import type { Manifest, RunFolder } from '../../run-folder/run-folder.ts';
import { seal, sealPathOf } from '../../run-folder/seal.ts';
import { parseProducerName } from '../../workload/workload.ts';
import { clientFromSettings } from '../../kafka/client/client-from-settings.ts';
import { openCluster } from '../../kafka/client/cluster.ts';
import { groupOffsets } from '../../kafka/client/groups.ts';
import { scanLog, type LogScan, type ScannedBatch } from '../../kafka/fetch/log-scan.ts';
import { rootMessage } from '../../kafka/client/kafka-errors.ts';
import {
  emptyScanRow,
  ScanWriter,
  scanFlags,
  stampOf,
  writeScanSummary,
  type ScanRow,
  type ScanSummary,
} from '../../run-folder/log-scan-file.ts';
import { saysError, topicSettings, type AdminAccess } from '../../kafka/client/topics.ts';

export interface ScanSource {
  bootstrapServers: string;
  settings: ClientSettings;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** No more records can reach the topic: its broker is the run's own, and all its writers have ended. */
  isFinal?: boolean;
}

/** A scan that is about to begin. */
export interface PendingScan {
  /** Scans, and replaces the saved scan once the new one is whole. Throws `unavailable` or `usage`. */
  save(): Promise<void>;
}

/**
 * Reads the group's committed offsets. If the store is opened after that, the group cannot seem ahead of it, even if a
 * consumer is at work. Throws `unavailable` or `usage`.
 */
export async function prepareLogScan(
  folder: RunFolder,
  manifest: Manifest,
  { bootstrapServers, timeoutMs, signal, settings, isFinal = false }: ScanSource,
): Promise<PendingScan> {
  const client = clientFromSettings(settings);
  const access = { bootstrapServers, client, timeoutMs, signal };
  const commits = await commitsOf(access, folder.groupInUse(), manifest.topic);
  const save = async (): Promise<void> => {
    try {
      await saveLogScan(folder, manifest, access, { commits, isFinal });
    } finally {
      // If the scan failed, perhaps because the disk is full, its drafts only take room.
      const drafts = [folder.logScan, folder.logSummary].map((path) => `${path}.new`);
      for (const path of drafts.flatMap((draft) => [draft, sealPathOf(draft)]))
        await rm(path, { force: true });
    }
  };
  return { save };
}

async function saveLogScan(
  folder: RunFolder,
  manifest: Manifest,
  access: AdminAccess,
  { commits, isFinal }: { commits: Pick<ScanSummary, 'commits' | 'commitsUnknown'>; isFinal: boolean },
): Promise<void> {
  await using cluster = await openCluster({ ...access, clientId: 'nodrop-audit' });
  const draft = `${folder.logScan}.new`;
  const writer = new ScanWriter(draft);
  const from = new Map(
    Object.entries(manifest.base).map(([partition, offset]) => [Number(partition), offset]),
  );
  const row = emptyScanRow();
  let scan: LogScan;
  try {
    scan = await scanLog(cluster, manifest.topic, {
      from,
      timeoutMs: access.timeoutMs,
      signal: access.signal,
      onBatch: (scanned) => addRows(writer, scanned, manifest, row),
    });
  } finally {
    writer.close();
  }
  if ((scan.topicId === noTopicId) !== (manifest.topicId === noTopicId)) {
    throw unavailableError(
      `Some brokers at ${access.bootstrapServers} give topics ids, and others do not: whether topic ${manifest.topic} is still the same is not known.`,
    );
  }
  const summaryDraft = `${folder.logSummary}.new`;
  writeScanSummary(summaryDraft, {
    schema: 1,
    run: manifest.id,
    topic: manifest.topic,
    topicId: scan.topicId,
    ranges: scan.partitions.map(({ partition, start, startAfter, end, lastStableOffset }) => ({
      partition,
      start: Math.max(start, from.get(partition) ?? 0),
      startAfter,
      end,
      lastStableOffset,
    })),
    ...(await settingsOf(access, manifest.topic)),
    records: writer.records,
    isFinal,
    problems: problemsOf(scan),
    ...commits,
  });
  // All steps that need room come before the first that replaces a file.
  await seal(draft, basename(folder.logScan));
  await seal(summaryDraft, basename(folder.logSummary));
  for (const path of [folder.logScan, folder.logSummary]) {
    await rename(`${path}.new`, path);
    await rename(sealPathOf(`${path}.new`), sealPathOf(path));
  }
}

/** The group's committed offsets, or why they are not known if there is no permission to read them. */
async function commitsOf(
  access: AdminAccess,
  group: string,
  topic: string,
): Promise<Pick<ScanSummary, 'commits' | 'commitsUnknown'>> {
  try {
    return { commits: Object.fromEntries(await groupOffsets(access, group, topic)) };
  } catch (error) {
    if (!saysError(error, 'GROUP_AUTHORIZATION_FAILED')) throw error;
    return { commitsUnknown: `it takes the permission Describe on group ${group}` };
  }
}

/** The topic's settings. A scan is valid without them: then it says why they are not known. */
async function settingsOf(
  access: AdminAccess,
  topic: string,
): Promise<Pick<ScanSummary, 'compacted' | 'uncleanElection' | 'settingsUnknown'>> {
  try {
    const { compacted, uncleanElection } = await topicSettings(access, topic);
    if (compacted !== undefined) return { compacted, uncleanElection };
    return { compacted: false, uncleanElection, settingsUnknown: 'Kafka does not tell its clean-up policy' };
  } catch (error) {
    access.signal?.throwIfAborted();
    const isForbidden = saysError(error, 'TOPIC_AUTHORIZATION_FAILED');
    const why = isForbidden
      ? `it takes the permission DescribeConfigs on topic ${topic}`
      : rootMessage(error);
    return { compacted: false, settingsUnknown: why };
  }
}

function addRows(writer: ScanWriter, scanned: ScannedBatch, manifest: Manifest, row: ScanRow): void {
  const { batch, partition, from, to, state } = scanned;
  const batchFlags = (state === 'aborted' ? scanFlags.aborted : 0) | (batch.crcOk ? 0 : scanFlags.crcBad);
  row.partition = partition;
  for (let index = from; index < to; index++) {
    row.offset = batch.offset[index]!;
    row.flags = batchFlags;
    row.stamp = stampOf(batch.timestamp[index]!, manifest.createdAt);
    describe(row, scanned, index, manifest.id);
    writer.add(row);
  }
}

/** Numbers of producers by name. Records of one producer often follow one another, so the last is remembered. */
class ProducerNumbers {
  #name: string | undefined;
  #number: number | undefined;

  numberOf(name: string | undefined): number | undefined {
    if (name !== this.#name) {
      this.#name = name;
      this.#number = parseProducerName(name);
    }
    return this.#number;
  }
}

const producers = new ProducerNumbers();
const place = noOrigin();
const origin: Origin = { run: '', producer: '', session: 0, sequence: 0 };
const lying: KeyAndPayload = {
  bytes: Buffer.alloc(0),
  keyStart: 0,
  keyEnd: 0,
  payloadStart: 0,
  payloadEnd: 0,
};

/** Fills a row with the record's own statements, and with the digest of its bytes. */
function describe(row: ScanRow, { batch }: ScannedBatch, index: number, run: string): void {
  row.digest = row.statedDigest = 0n;
  row.producer = row.session = row.sequence = 0;
  readOrigin(batch, index, place);
  if (place.run !== run) {
    row.flags |= scanFlags.foreign;
    return;
  }
  const producer = producers.numberOf(place.producer);
  if (producer === undefined || Number.isNaN(place.session) || Number.isNaN(place.sequence)) {
    row.flags |= scanFlags.nameless;
    return;
  }
  row.producer = producer;
  row.session = place.session;
  row.sequence = place.sequence;
  origin.run = run;
  origin.producer = place.producer!;
  origin.session = place.session;
  origin.sequence = place.sequence;
  lying.bytes = batch.bytes;
  lying.keyStart = batch.keyStart[index]!;
  lying.keyEnd = batch.keyEnd[index]!;
  lying.payloadStart = batch.valueStart[index]!;
  lying.payloadEnd = batch.valueEnd[index]!;
  row.digest = digestWithin(lying, origin);
  if (place.digestStart < 0) row.flags |= scanFlags.unstated;
  else row.statedDigest = readDigest(batch.bytes, place.digestStart);
}

function problemsOf({ partitions }: LogScan): string[] {
  return partitions.flatMap(({ partition, reached, end, undecodableBatches }) => [
    ...(reached < end ? [`partition ${partition} was read to ${reached} of ${end} only`] : []),
    ...(undecodableBatches > 0
      ? [
          `${undecodableBatches} record ${undecodableBatches === 1 ? 'batch' : 'batches'} of partition ${partition} could not be decoded`,
        ]
      : []),
  ]);
}
