/**
 * One run of a user's pipeline, from its start to its verdict: nodrop makes the messages and hands them over, the user's
 * processes carry them, and nodrop reads what came of each.
 */
import type { PipelineConfig, Expectation } from '../../config/config.ts';
import { usageError } from '../../errors.ts';
import { bucketsFor } from '../../check/facts/fact-format.ts';
import { clientFromSettings } from '../../kafka/client/client-from-settings.ts';
import type { ClientSettings } from '../../kafka/client/client-settings.ts';
import { openCluster } from '../../kafka/client/cluster.ts';
import { createTopic } from '../../kafka/client/topics.ts';
import { environmentOf } from '../../result/environment.ts';
import { noTimings, type Result } from '../../result/result.ts';
import { judgeThresholds, type Threshold } from '../../result/thresholds.ts';
import type { Cause } from '../../result/verdict.ts';
import { Announcer, type RunObserver } from '../announcer.ts';
import { elapsedMs } from '../elapsed-ms.ts';
import { openKafka, type KafkaSpec, type RunKafka } from '../run-kafka.ts';
import { FindingsFile } from '../../run-folder/findings-file.ts';
import { messageLogName } from '../../run-folder/message-log.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import type { OpenedSource, OutgoingMessage } from '../../sources/source.ts';
import { sealText } from '../../run-folder/seal.ts';
import { writeWhole } from '../../system/write-whole.ts';
import { claimFolder, removeRecord } from '../../system/process-record.ts';
import { destinationsOf, type Destination } from '../../proof/destinations.ts';
import { DestinationCheck } from '../../proof/destination-check.ts';
import { drain } from './drain.ts';
import { Expectations } from '../../proof/expectations.ts';
import { FeedingGroups } from './feeding-groups.ts';
import { handOver } from './hand-over.ts';
import { idPlaceIn } from './id-place.ts';
import { isEmptyNow } from './is-empty-now.ts';
import { destinationPath } from '../../proof/proof-again.ts';
import { proofFile, roleOf, type ProofRecord } from '../../proof/proof-record.ts';
import { proofResult } from '../../proof/proof-result.ts';

export interface ProveSpec {
  folder: RunFolder;
  /** The pipeline's name in the config, and what it is. */
  name: string;
  pipeline: PipelineConfig;
  kafka: Omit<KafkaSpec, 'folder' | 'names' | 'timeoutMs'>;
  settings: ClientSettings;
  seed: number;
  count: number;
  /** Messages a second. */
  rate: number | undefined;
  make: (sequence: number) => OutgoingMessage;
  /** undefined: each message once at each destination. */
  expecter: ((message: OutgoingMessage) => Expectation) | undefined;
  settleMs: number;
  timeoutMs: number;
  allowed: readonly Cause[];
  thresholds: readonly Threshold[];
  /** Opens the source, once the processes are ready. */
  openSource: (context: { bootstrapServers: string; settings: ClientSettings; signal: AbortSignal }) => Promise<OpenedSource>;
}

const partitionsDefault = 3;

/** Throws `usage` and `unavailable` if nothing was handed over; otherwise there is a result. */
export async function provePipeline(spec: ProveSpec, observer: RunObserver, signal: AbortSignal): Promise<Result> {
  const startedAt = performance.now();
  const { folder, name, pipeline, count, timeoutMs } = spec;
  folder.refuseIfUsed();
  const destinations = destinationsOf(name, pipeline, idPlaceIn(spec.make(0)));
  const topics = destinations.flatMap(({ topic }) => topic ?? []);
  folder.create();
  const owner = await claimFolder(folder.path, 'nodrop');
  if (owner !== undefined) {
    throw usageError(`Run ${folder.id} is under way in process ${owner}.`, 'Choose another id with --run.');
  }
  const announcer = new Announcer(folder.events, observer);
  announcer.beginPipeline(name, topics, count);
  let kafka: RunKafka | undefined;
  try {
    announcer.phase('starting', 'starting');
    kafka = await openKafka({ ...spec.kafka, folder, names: topics, timeoutMs }, undefined, announcer, signal);
    const result = await prove(spec, { kafka, destinations, announcer, signal });
    result.timings.brokerStartMs = kafka.startMs;
    result.timings.totalMs = elapsedMs(startedAt);
    result.thresholds = judgeThresholds(spec.thresholds, result);
    const unwritten = folder.writeResult(result);
    announcer.judged(result);
    if (unwritten !== undefined) announcer.note(unwritten);
    await kafka.broker?.stop({ discard: result.verdict === 'pass' });
    return result;
  } finally {
    await kafka?.broker?.stop();
    announcer.end();
    await removeRecord(folder.path);
  }
}

interface Circumstances {
  kafka: RunKafka;
  destinations: readonly Destination[];
  announcer: Announcer;
  signal: AbortSignal;
}

async function prove(spec: ProveSpec, { kafka, destinations, announcer, signal }: Circumstances): Promise<Result> {
  const { folder, name, pipeline, settings, count, rate, make, settleMs, timeoutMs, allowed, seed } = spec;
  const { bootstrapServers, broker } = kafka;
  const access = { bootstrapServers, client: clientFromSettings(settings), timeoutMs, signal };
  await using opened = new AsyncDisposableStack();
  const empty = await prepare(spec, { kafka, destinations, announcer, signal });
  const source = await spec.openSource({ bootstrapServers, settings, signal });
  opened.defer(() => source.close());
  const expectations = new Expectations(destinations, spec.expecter);
  announcer.phase('publishing', 'handing messages over');
  const handed = await handOver({
    folder,
    count,
    rate,
    make,
    expectationOf: expectations.textOf,
    source,
    onProgress: (settled) => announcer.progress('handed over', settled, count),
    signal,
  });
  announcer.phase('draining', 'waiting until the pipeline has drained');
  const cluster = opened.use(await openCluster({ ...access, clientId: 'nodrop-run' }));
  const checks = destinations.map((destination) =>
    opened.use(
      new DestinationCheck({
        run: folder.id,
        path: destinationPath(folder.path, destination.name),
        messages: folder.file(messageLogName),
        outcomes: handed.outcomes,
        sent: handed.counts.sent,
        destination,
        rule: expectations.ruleOf(destination),
        kafka: { bootstrapServers, settings },
        settleMs,
        timeoutMs,
        wasEmpty: empty.has(destination.name),
        buckets: bucketsFor(count),
        signal,
        onProgress: (rows, total) => announcer.progress(destination.name, rows, total),
      }),
    ),
  );
  const groups = new FeedingGroups({ cluster, access, destinations, isOwnCluster: broker !== undefined, signal });
  const drained = await drain({
    checks,
    groups,
    settleMs,
    timeoutMs,
    allowed,
    openFindings: () => {
      const file = new FindingsFile(folder.findings);
      return { add: (finding) => file.add(finding), close: () => file.close() };
    },
    onStatus: (text) => announcer.status(text),
    signal,
  });
  const { counts, errors, problems, tookMs } = handed;
  const proof: ProofRecord = {
    schema: 1,
    run: folder.id,
    seed,
    pipeline: name,
    source: sourceText(pipeline),
    planned: count,
    handed: { counts, errors, problems: [...problems], tookMs },
    destinations: destinations.map(roleOf),
    drops: Object.fromEntries(expectations.dropped),
    open: drained.open,
    notes: drained.notes,
    faults: [],
  };
  const text = `${JSON.stringify(proof, null, 2)}\n`;
  writeWhole(folder.file(proofFile), text);
  sealText(folder.file(proofFile), text);
  const judged = drained.judged.map((facts, index) => ({ record: checks[index]!.record(), facts }));
  return proofResult(proof, judged, {
    allowed,
    timings: {
      ...noTimings(),
      produceMs: Math.round(tookMs),
      drainMs: drained.drainMs,
      auditMs: drained.auditMs,
    },
    environment: environmentOf(broker),
  });
}

/** Makes the topics that are not there. Returns the names of the destinations that hold nothing. */
async function prepare(
  { settings, timeoutMs }: ProveSpec,
  { kafka: { bootstrapServers }, destinations, signal }: Circumstances,
): Promise<Set<string>> {
  const access = { bootstrapServers, client: clientFromSettings(settings), timeoutMs, signal };
  const empty = new Set<string>();
  for (const destination of destinations) {
    const { name, topic, partitions = partitionsDefault } = destination;
    const isMade = topic !== undefined && (await createTopic(access, topic, partitions));
    const isEmpty = isMade || (await isEmptyNow(destination, { kafka: { bootstrapServers, settings }, timeoutMs, signal }));
    if (isEmpty) empty.add(name);
  }
  return empty;
}

function sourceText({ source }: PipelineConfig): string {
  if ('topic' in source) return `topic:${source.topic}`;
  if ('http' in source) return source.http;
  if ('command' in source) return 'command';
  return `table:${source.table}`;
}
