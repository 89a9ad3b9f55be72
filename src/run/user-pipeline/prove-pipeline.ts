/**
 * One run of a user's pipeline, from its start to its verdict: nodrop makes the messages and hands them over, the user's
 * processes carry them, faults break them, and nodrop reads what came of each message.
 */
import type { Expecter } from '../../config/expectation.ts';
import type { PreparedMessage } from '../../config/outgoing-message.ts';
import type { Config, PipelineConfig } from '../../config/config.ts';
import { usageError } from '../../errors.ts';
import { checkSchedule, faultFileText, type ScheduledFault } from '../../faults/fault-schedule.ts';
import type { Pipeline } from '../../faults/fault.ts';
import { beginSchedule } from '../../faults/run-schedule.ts';
import { clientFromSettings } from '../../kafka/client/client-from-settings.ts';
import type { ClientSettings } from '../../kafka/client/client-settings.ts';
import { openCluster, type Cluster } from '../../kafka/client/cluster.ts';
import { createTopic, type AdminAccess } from '../../kafka/client/topics.ts';
import { dropReport, writeReport } from '../../page/report-page.ts';
import { ProcessLinks } from '../../processes/process-links.ts';
import { addressesOf, processPlans } from '../../processes/process-plan.ts';
import { startProcesses } from '../../processes/start-processes.ts';
import { destinationsOf, type Destination } from '../../proof/destinations.ts';
import { Expectations } from '../../proof/expectations.ts';
import { environmentOf } from '../../result/environment.ts';
import type { FaultRecord, Result } from '../../result/result.ts';
import { judgeThresholds, type Threshold } from '../../result/thresholds.ts';
import type { Cause } from '../../result/verdict.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import { Deadline } from '../../system/deadline.ts';
import { claimFolder, removeRecord } from '../../system/process-record.ts';
import { writeWhole } from '../../system/write-whole.ts';
import { Announcer, type RunObserver } from '../announcer.ts';
import { elapsedMs } from '../elapsed-ms.ts';
import { openKafka, settingsFor, type KafkaSpec, type RunKafka } from '../run-kafka.ts';
import { faultedUserPipeline } from './faulted-user-pipeline.ts';
import { handOver, type HandedOver } from './hand-over.ts';
import { isEmptyNow } from './is-empty-now.ts';
import { judgeRun } from './judge-run.ts';
import { openMessages, type MadeMessages, type ReportedMessages } from './open-messages.ts';

export interface ProveSpec {
  folder: RunFolder;
  /** The pipeline's name in the config, and what it is. */
  name: string;
  pipeline: PipelineConfig;
  processes: NonNullable<Config['processes']>;
  /** Working directories of processes count from here. */
  configFolder: string;
  /** The host under which the brokers are advertised to processes in containers. */
  advertise: string | undefined;
  kafka: Omit<KafkaSpec, 'folder' | 'names' | 'timeoutMs' | 'listeners'>;
  settings: ClientSettings;
  seed: number;
  count: number;
  /** Messages a second. */
  rate: number | undefined;
  make: (sequence: number) => PreparedMessage;
  /** undefined: each message once at each destination. */
  expecter: Expecter | undefined;
  settleMs: number;
  timeoutMs: number;
  allowed: readonly Cause[];
  thresholds: readonly Threshold[];
  faults: readonly ScheduledFault[];
}

/** What the parts of a run share. */
export interface Circumstances {
  kafka: RunKafka;
  cluster: Cluster;
  access: AdminAccess & { timeoutMs: number };
  settings: ClientSettings;
  destinations: readonly Destination[];
  announcer: Announcer;
  signal: AbortSignal;
}

const partitionsDefault = 3;

/** Throws `usage` and `unavailable` if nothing was handed over; otherwise there is a result. */
export async function provePipeline(
  spec: ProveSpec,
  observer: RunObserver,
  signal: AbortSignal,
): Promise<Result> {
  const startedAt = performance.now();
  const { folder, name, count, timeoutMs, faults, thresholds } = spec;
  folder.refuseIfUsed();
  const { idPlace, open } = openMessages(spec);
  const destinations = destinationsOf(name, spec.pipeline, idPlace);
  checkSchedule(faults, planOf(spec));
  const topics = destinations.flatMap(({ topic }) => topic ?? []);
  folder.create();
  const owner = await claimFolder(folder.path, 'nodrop');
  if (owner !== undefined) {
    throw usageError(`Run ${folder.id} is under way in process ${owner}.`, 'Choose another id with --run.');
  }
  const announcer = new Announcer(folder.events, observer);
  announcer.beginPipeline(name, topics, count);
  await using links = closing(new ProcessLinks(Object.keys(spec.processes), faults, spec));
  let kafka: RunKafka | undefined;
  try {
    announcer.phase('starting', 'starting');
    const listeners = links.listeners();
    kafka = await openKafka(
      { ...spec.kafka, folder, names: topics, timeoutMs, listeners },
      undefined,
      announcer,
      signal,
    );
    const { bootstrapServers } = kafka;
    const settings = settingsFor(spec, kafka);
    const access = { bootstrapServers, client: clientFromSettings(settings), timeoutMs, signal };
    await using cluster = await openCluster({ ...access, clientId: 'nodrop-run' });
    const around = { kafka, cluster, access, settings, destinations, announcer, signal };
    const result = await prove(spec, around, links, open);
    result.timings.brokerStartMs = kafka.startMs;
    result.timings.totalMs = elapsedMs(startedAt);
    result.thresholds = judgeThresholds(thresholds, result);
    const unwritten = folder.writeResult(result);
    const hasReport = dropReport(folder);
    announcer.judged(result);
    if (unwritten !== undefined) announcer.note(unwritten);
    // The brokers' data are evidence, unless the run passed.
    await kafka.broker?.stop({ discard: result.verdict === 'pass' });
    const problem = hasReport ? await writeReport(folder, result, folder.store) : undefined;
    if (problem !== undefined) announcer.note(problem);
    return result;
  } finally {
    await kafka?.broker?.stop();
    announcer.end();
    await removeRecord(folder.path);
  }
}

async function prove(
  spec: ProveSpec,
  around: Circumstances,
  links: ProcessLinks,
  open: ReturnType<typeof openMessages>['open'],
): Promise<Result> {
  const { folder, pipeline, expecter, timeoutMs } = spec;
  const { kafka, cluster, access, settings, destinations, announcer, signal } = around;
  await using opened = new AsyncDisposableStack();
  const empty = await makeTopics(around);
  const addresses = addressesOf(pipeline);
  /** What happened to processes without nodrop's doing. */
  const notes: string[] = [];
  const processes = opened.use(
    await startProcesses(spec.processes, {
      run: folder.id,
      configFolder: spec.configFolder,
      logFolder: folder.file('processes'),
      access,
      links,
      addresses,
      signal,
      onEnded: (sentence) => notes.push(sentence),
      note: (sentence) => announcer.note(sentence),
    }),
  );
  const source = await open({
    run: folder.id,
    bootstrapServers: kafka.bootstrapServers,
    settings,
    logFile: folder.file('source.log'),
    urlOf: (address) => addresses.get(address),
    timeoutMs,
    signal,
  });
  opened.defer(() => source.close());
  const expectations = new Expectations(destinations, expecter);
  const topic = destinations.find((each) => each.topic !== undefined)?.topic;
  const parts = { kafka, cluster, topic, processes: processes.byName, links: links.links, signal };
  const driven = await drive(spec, around, { source, expectations, pipeline: faultedUserPipeline(parts) });
  return await judgeRun(spec, around, {
    ...driven,
    expectations,
    empty,
    notes,
    environment: environmentOf(kafka.broker),
  });
}

interface Driving {
  source: MadeMessages | ReportedMessages;
  expectations: Expectations;
  pipeline: Pipeline;
}

/** Hands all messages over, and breaks what the faults name meanwhile. */
async function drive(
  { folder, name, count, rate, faults, timeoutMs }: ProveSpec,
  { announcer, signal }: Circumstances,
  { source, expectations, pipeline }: Driving,
): Promise<{ handed: HandedOver; faults: FaultRecord[] }> {
  if (faults.length > 0) writeWhole(folder.faults, faultFileText(faults));
  announcer.phase('publishing', `handing messages over to ${name}`);
  const schedule = beginSchedule(faults, pipeline, announcer);
  const begunAt = performance.now();
  let handed: HandedOver;
  let records: FaultRecord[];
  try {
    handed = await handOver({
      folder,
      count,
      rate,
      expectationOf: expectations.textOf,
      source,
      onProgress: (settled) => announcer.progress('handed over', settled, count),
      signal,
    });
    signal.throwIfAborted();
    announcer.phase('draining', 'waiting until the pipeline has drained');
    // A fault may wait for a point that no process tells.
    const untilLastMs = Math.max(0, lastEndMs(faults) - (performance.now() - begunAt));
    await new Deadline(untilLastMs + timeoutMs, signal).within(schedule.over, undefined);
    signal.throwIfAborted();
  } finally {
    records = await schedule.end();
  }
  return { handed, faults: records };
}

/** When the last of the faults that end is due to end, counted from the begin of the schedule. */
const lastEndMs = (faults: readonly ScheduledFault[]): number =>
  Math.max(0, ...faults.map(({ atMs, lastsMs }) => atMs + (lastsMs === Infinity ? 0 : lastsMs)));

const planOf = ({ kafka, processes, rate, count }: ProveSpec): Parameters<typeof checkSchedule>[1] => ({
  brokers: kafka.bootstrapServers === undefined ? kafka.brokers : 0,
  producers: 0,
  consumers: 0,
  store: undefined,
  processes: processPlans(processes),
  sendsMs: rate && (count / rate) * 1_000,
});

/** Makes the topics that are not there, before a process looks for them. Returns the destinations that hold nothing. */
async function makeTopics({
  kafka,
  access,
  settings,
  destinations,
  announcer,
  signal,
}: Circumstances): Promise<Set<string>> {
  const { bootstrapServers, timeoutMs } = access;
  const empty = new Set<string>();
  for (const destination of destinations) {
    const { name, topic, partitions = partitionsDefault } = destination;
    const isMade = topic !== undefined && (await createTopic(access, topic, partitions));
    if (isMade && kafka.broker === undefined) {
      announcer.note(`nodrop made topic ${topic} at ${bootstrapServers}; it stays after the run.`);
    }
    const isEmpty =
      isMade || (await isEmptyNow(destination, { kafka: { bootstrapServers, settings }, timeoutMs, signal }));
    if (isEmpty) empty.add(name);
  }
  return empty;
}

const closing = (links: ProcessLinks): ProcessLinks & AsyncDisposable =>
  Object.assign(links, { [Symbol.asyncDispose]: () => links.close() });
