/** Explains one message of a run from its folder: its timeline, the audit's findings, and how to see the record. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isAsExpected } from './looks-healthy.ts';
import { auditRun, readManifest } from '../audit/audit-run.ts';
import { usageError } from '../errors.ts';
import { messageTimeline, type MessageTimeline } from './message-timeline.ts';
import { RunMessages } from '../audit/run-evidence/run-messages.ts';
import { planOf } from '../audit/run-evidence/run-plan.ts';
import { readFindings } from '../run-folder/findings-file.ts';
import { foldersIn } from '../kafka/broker/broker-folders.ts';
import { leftoverProcess } from '../system/process-record.ts';
import { kcatCommand } from './kcat-command.ts';
import type { Place } from '../workload/place.ts';
import { readResult, type AnyResult } from '../result/read-result.ts';
import type { Manifest, RunFolder } from '../run-folder/run-folder.ts';
import { shellWord } from '../system/shell-word.ts';
import { isFact, type Timeline } from './timeline.ts';
import type { SingleFinding } from '../result/verdict.ts';
import { messageId, parseProducerName } from '../workload/workload.ts';

export interface ExplainRequest {
  folder: RunFolder;
  /** The location of the store. */
  store: string;
  /** An id, or `PARTITION:OFFSET`. */
  asked: string;
  /** The brokers that have the topic now; undefined if they are those of the run. */
  bootstrapServers: string | undefined;
  /** For a run that is under way: only what the evidence says so far, without an audit. */
  isUnderWay?: boolean;
}

/** Throws `usage` if the run has no manifest, or if no evidence knows the message or place. */
export async function explainRun({
  folder,
  store,
  asked,
  bootstrapServers,
  isUnderWay = false,
}: ExplainRequest): Promise<Timeline> {
  const written = await readManifest(folder);
  if (typeof written === 'string') throw usageError(`Run ${folder.id} cannot be explained: ${written}.`);
  const { manifest, sessionStarts } = await planOf(folder, written);
  const messages = new RunMessages(manifest, sessionStarts);
  const found = await messageTimeline({ folder, manifest, messages, storeLocation: store, asked });
  if (found === undefined) throw unknownError(asked, manifest);
  const { id, expected, timeline, places } = found;
  const asExpected = id === undefined || isAsExpected(id, expected, timeline);
  const result = lastResult(folder);
  const judged = isUnderWay
    ? { findings: [], audit: null }
    : await judge({ folder, store, result, asExpected, isConcerned: concerning(found) });
  return {
    run: folder.id,
    topic: manifest.topic,
    asked,
    id: id ?? asked,
    expected,
    timeline,
    asExpected,
    ...judged,
    ...(await howToLook({ folder, manifest, result, found, place: places[0], bootstrapServers })),
  };
}

const producersNamed = 3;

function unknownError(asked: string, { id, producers }: Manifest): Error {
  const planned = Object.entries(producers).map(([name, count]) => {
    const producer = parseProducerName(name) ?? 0;
    return `${messageId(producer, 0)} to ${messageId(producer, Math.max(0, count - 1))}`;
  });
  const some = planned.slice(0, producersNamed).join(', ');
  return usageError(
    `Run ${id} knows no message ${asked}: it was not planned, and no evidence has it.`,
    `Ids look like p0-17, for producer and sequence; planned were ${some}${planned.length > producersNamed ? ', …' : ''}.\n` +
      'PARTITION:OFFSET names a place in the log, such as 0:42.',
  );
}

/** Whether a finding concerns the message: by its id or, if the finding has none, by its place. */
function concerning({ id, places }: MessageTimeline): (finding: SingleFinding) => boolean {
  const isPlaced = ({ partition, offset }: SingleFinding): boolean =>
    places.some((place) => place.partition === partition && place.offset === offset);
  if (id === undefined) return isPlaced;
  return (finding) => finding.id === id || (finding.id === undefined && isPlaced(finding));
}

interface Judging {
  folder: RunFolder;
  store: string;
  result: LastResult | undefined;
  asExpected: boolean;
  isConcerned: (finding: SingleFinding) => boolean;
}

/**
 * The findings of the last audit, if the audit and the timeline agree on whether something is odd. Otherwise the store
 * may have changed since, or there was no audit. Then the run is audited at once, without changing the folder.
 */
async function judge({
  folder,
  store,
  result,
  asExpected,
  isConcerned,
}: Judging): Promise<Pick<Timeline, 'findings' | 'audit'>> {
  if (result !== undefined) {
    const findings = await savedFindings(folder, isConcerned);
    if (findings !== undefined && asExpected === (findings.length === 0)) {
      return { findings, audit: { verdict: result.verdict, time: result.time } };
    }
  }
  const findings: SingleFinding[] = [];
  const { audit } = await auditRun({
    folder,
    store,
    scan: undefined,
    interruptions: [],
    faults: result?.faults ?? [],
    allowed: result?.allowed ?? [],
    onFinding: (finding) => {
      if (isConcerned(finding)) findings.push(finding);
    },
  });
  return { findings, audit: { verdict: audit.verdict, time: Date.now() } };
}

/** Undefined if the findings cannot be read. */
async function savedFindings(
  folder: RunFolder,
  isConcerned: (finding: SingleFinding) => boolean,
): Promise<SingleFinding[] | undefined> {
  try {
    return await Array.fromAsync(readFindings(folder.findings, isConcerned));
  } catch {
    return undefined;
  }
}

/** A result and the time when it was written. */
type LastResult = AnyResult & { time: number };

function lastResult({ result: path }: RunFolder): LastResult | undefined {
  const result = readResult(path);
  const written = statSync(path, { throwIfNoEntry: false });
  return result && written && { ...result, time: Math.round(written.mtimeMs) };
}

interface Looking {
  folder: RunFolder;
  manifest: Manifest;
  result: LastResult | undefined;
  found: MessageTimeline;
  place: Place | undefined;
  bootstrapServers: string | undefined;
}

type HowToLook = Pick<Timeline, 'kcat' | 'dumpLog' | 'note'>;

async function howToLook(looking: Looking): Promise<HowToLook> {
  const { folder, manifest, result, found, place, bootstrapServers } = looking;
  const nothing = { kcat: null, dumpLog: null, note: null };
  if (place === undefined) return { ...nothing, note: 'Its place in the log is not known.' };
  const isAborted = found.timeline.some((event) => event.hop === 'log' && isFact(event) && event.isAborted);
  const kcat = kcatCommand({
    bootstrapServers: bootstrapServers ?? manifest.bootstrapServers,
    topic: manifest.topic,
    ...place,
    isAborted,
  });
  if (bootstrapServers !== undefined) return { ...nothing, kcat };
  const isEmbedded = existsSync(folder.broker) || typeof result?.environment?.kafka === 'string';
  if (!isEmbedded) {
    const isTidied = result?.verdict === 'pass' && manifest.topicCreated;
    return {
      ...nothing,
      kcat,
      note: isTidied ? 'The topic of a passed run is gone, unless it was run with --keep-topic.' : null,
    };
  }
  const runs = await Promise.all(foldersIn(folder.broker).map(leftoverProcess));
  if (runs.some((pid) => pid !== undefined)) return { ...nothing, kcat };
  const segment = segmentOf(folder.broker, manifest.topic, place);
  if (segment === undefined) {
    const note =
      "The run's own broker has ended, and its records are gone. To see the stored messages: nodrop messages.";
    return { ...nothing, note };
  }
  const dumpLog = `kafka-dump-log.sh --print-data-log --files ${shellWord(segment)}`;
  return {
    ...nothing,
    dumpLog,
    note: "The run's own broker has ended. Its files are there, for Kafka's own tool.",
  };
}

/** The file of an ended broker that holds the record; undefined if there is none. */
function segmentOf(brokerFolder: string, topic: string, { partition, offset }: Place): string | undefined {
  if (!existsSync(brokerFolder)) return undefined;
  const inPartition = `/${topic}-${partition}`;
  return readdirSync(brokerFolder, { recursive: true, withFileTypes: true })
    .filter(({ name, parentPath }) => /^\d{20}\.log$/.test(name) && parentPath.endsWith(inPartition))
    .filter(({ name }) => Number.parseInt(name, 10) <= offset)
    .map(({ name, parentPath }) => ({ name, path: join(parentPath, name) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .at(-1)?.path;
}
