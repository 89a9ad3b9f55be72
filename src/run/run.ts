/** The main path: a run from start to verdict, one call a phase. */
import { startKafka, type RunningKafka } from '../kafka/broker/start-kafka.ts';
import { earlyEnds, stageError } from '../pipeline/stage/stage-end.ts';
import type { ParentMessage } from '../pipeline/stage/stage-process.ts';
import { tellLeft, tidyCluster } from '../pipeline/tidy-cluster.ts';
import { environmentOf } from '../result/environment.ts';
import { noTimings, type Result } from '../result/result.ts';
import { judgeThresholds } from '../result/thresholds.ts';
import type { Verdict } from '../result/verdict.ts';
import { EventLog } from '../run-folder/event-log.ts';
import { RunFolder } from '../run-folder/run-folder.ts';
import { Deadline } from '../system/deadline.ts';
import { removeRecord } from '../system/process-record.ts';
import type { RunFaults } from './active-faults.ts';
import { claimRun } from './claim-run.ts';
import type { NetworkLinks } from './network-links.ts';
import {
  laterCommands,
  setupOf,
  startAll,
  type RunConfig,
  type RunContext,
  type RunObserver,
} from './run-spec.ts';
import { endWithBroker, noteLeaders, watchStages } from './watchdogs.ts';

/** Runs and judges. Throws if nothing was sent; once something was, there is always a result. */
export async function run(config: RunConfig, observer: RunObserver, signal: AbortSignal): Promise<Result> {
  const startedAt = performance.now();
  const folder = new RunFolder(config.dir, config.id);
  folder.refuseIfUsed();
  await claimRun(config, folder);
  const links = await openLinks(config);
  const log = new EventLog(folder.events, (problem) => observer.note(problem));
  log.note({ type: 'phase', phase: 'starting' });
  log.note({ type: 'setup', setup: setupOf(config) });
  const course: RunContext = {
    config,
    folder,
    observer,
    signal,
    log,
    ...startAll(config, folder, observer, (await links?.storeVariables(config.store)) ?? {}),
    links,
    faults: [],
    published: [],
    timings: noTimings(),
  };
  let broker: RunningKafka | undefined;
  let verdict: Verdict | null = null;
  try {
    if (config.bootstrapServers === undefined) broker = await startBroker(course);
    const bootstrapServers = broker?.bootstrapServers ?? config.bootstrapServers!;
    const interruptions = await drive(course, bootstrapServers, broker);
    const result = await judge(course, bootstrapServers, broker, interruptions);
    result.timings.totalMs = elapsedMs(startedAt);
    result.thresholds = judgeThresholds(config.thresholds, result);
    ({ verdict } = result);
    const unwritten = folder.writeResult(result);
    observer.judged(result);
    if (unwritten !== undefined) observer.note(`${unwritten}\n${laterCommands(config)}`);
    const { writeReport } = await loadAudit();
    const report = (): Promise<string | undefined> => writeReport(folder, result, config.store);
    // A broker takes a while to stop. Only a timeline tells of it, and is to tell how it is afterwards.
    const early = result.findings.length === 0 ? report() : undefined;
    if (broker === undefined) {
      const { verdict, counts } = result;
      const made = { ...config, folder, bootstrapServers, verdict, foreign: counts.foreign };
      await tidyCluster({ ...made, published: course.published }, (line) => observer.note(line));
    }
    // What the broker holds is evidence, unless all was well.
    await broker?.stop({ discard: result.verdict === 'pass' });
    const problem = await (early ?? report());
    if (problem !== undefined) observer.note(problem);
    return result;
  } catch (error) {
    // Nobody else would tell what is on somebody's cluster.
    const { bootstrapServers } = config;
    if (bootstrapServers !== undefined) tellLeft(folder, bootstrapServers, (line) => observer.note(line));
    throw error;
  } finally {
    for (const stage of [...course.producers, ...course.consumers]) stage.signal('SIGKILL');
    await broker?.stop();
    await links?.close();
    log.note({ type: 'ended', verdict });
    await removeRecord(folder.path);
  }
}

/** What only few runs need is loaded by them alone. */
async function openLinks({ faults }: RunConfig): Promise<NetworkLinks | undefined> {
  if (faults.length === 0) return undefined;
  const { NetworkLinks } = await import('./network-links.ts');
  return new NetworkLinks(faults);
}

/** The libraries take a while to load, for which the stages are not to wait. */
async function loadAudit(): Promise<
  typeof import('../audit/audit-run.ts') &
    typeof import('../run-folder/measurements.ts') &
    typeof import('../page/report-page.ts')
> {
  const audit = await import('../audit/audit-run.ts');
  await audit.loadScan();
  return {
    ...audit,
    ...(await import('../run-folder/measurements.ts')),
    ...(await import('../page/report-page.ts')),
  };
}

async function startBroker({
  config,
  folder,
  observer,
  signal,
  links,
  timings,
}: RunContext): Promise<RunningKafka> {
  const startedAt = performance.now();
  observer.status('starting Apache Kafka');
  const broker = await startKafka({
    dir: folder.broker,
    brokers: config.brokers,
    ...config.kafka,
    properties: config.brokerProperties,
    listeners: links?.listeners,
    signal,
    timeoutMs: config.timeoutMs,
    onProgress: (line) => observer.status(line),
  });
  timings.brokerStartMs = elapsedMs(startedAt);
  return broker;
}

/** Lets the pipeline work until all is stored, or cannot be. Returns what interrupted it, in sentences. */
async function drive(
  course: RunContext,
  bootstrapServers: string,
  broker: RunningKafka | undefined,
): Promise<string[]> {
  const { producers, signal } = course;
  const interruptions: string[] = [];
  const stop = (): void => {
    for (const producer of producers) producer.signal('SIGTERM');
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  void endWithBroker(course, broker, interruptions);
  // From the first wait on: a stage may hang before it has done anything.
  const watches = watchStages(course, interruptions);
  const over = new AbortController();
  try {
    await work(course, bootstrapServers, broker, interruptions, over.signal);
  } finally {
    over.abort();
    signal.removeEventListener('abort', stop);
    for (const watch of watches) clearInterval(watch);
  }
  return interruptions;
}

async function work(
  course: RunContext,
  bootstrapServers: string,
  broker: RunningKafka | undefined,
  interruptions: string[],
  over: AbortSignal,
): Promise<void> {
  const { producers, consumers, links, timings, observer, signal, folder } = course;
  observer.status(`publishing to ${bootstrapServers}`);
  course.log.note({ type: 'phase', phase: 'publishing' });
  const startedAt = performance.now();
  const addressFor = (role: 'producer' | 'consumer'): ParentMessage => ({
    type: 'bootstrap',
    bootstrapServers: links?.bootstrapServers(role) ?? bootstrapServers,
  });
  for (const producer of producers) producer.tell(addressFor('producer'));
  // On a topic that is there already, a consumer that saw no ledger would take what it finds for all there is.
  await Promise.race([course.ledgerOpened, ...producers.map(({ exited }) => exited)]);
  const loaded = loadAudit();
  void loaded.then(() => noteLeaders(course, bootstrapServers, over));
  for (const consumer of consumers) consumer.tell(addressFor('consumer'));
  if (course.config.isPaced) {
    await untilReady(course);
    // What loads now would take the processor from what is measured.
    await loaded;
  }
  for (const producer of producers) producer.tell({ type: 'begin' });
  await using faults = await beginFaults(course, bootstrapServers, broker);

  const produced = await Promise.all(producers.map(({ exited }) => exited));
  for (const consumer of consumers) consumer.tell({ type: 'produced' });
  timings.produceMs = elapsedMs(startedAt);
  const failed = produced.find(({ code }) => code !== 0) ?? produced[0]!;
  if (!folder.isUsed()) throw stageError(failed, signal, interruptions[0]);
  if (signal.aborted) interruptions.push('The run was stopped before its producer had finished.');
  else interruptions.push(...earlyEnds(producers, produced));

  observer.status('waiting until all is stored');
  course.log.note({ type: 'phase', phase: 'draining' });
  const undrained = await faults?.limitDrain(course.config.timeoutMs);
  const consumed = await Promise.all(consumers.map(({ exited }) => exited));
  timings.drainMs = elapsedMs(startedAt) - timings.produceMs;
  if (undrained !== undefined) {
    course.stall.happened = true;
    interruptions.push(undrained);
  }
  interruptions.push(...earlyEnds(consumers, consumed));
  course.faults = (await faults?.end()) ?? [];
  course.published = faults?.published ?? [];
}

/** From the first send on. What they need is not loaded where there are none. */
async function beginFaults(
  { config, folder, observer, signal, log, links, producers, consumers }: RunContext,
  bootstrapServers: string,
  broker: RunningKafka | undefined,
): Promise<RunFaults | undefined> {
  if (config.faults.length === 0) return undefined;
  const { RunFaults } = await import('./active-faults.ts');
  const { settings, topic } = config;
  const brokers = broker?.brokers ?? [];
  const networks = links?.links ?? new Map();
  const subjects = {
    brokers,
    producers,
    consumers,
    links: networks,
    bootstrapServers,
    settings,
    topic,
    folder,
    store: config.store,
    consumer: {
      args: config.consumers[0]!,
      bootstrapServers: links?.bootstrapServers('consumer') ?? bootstrapServers,
    },
  };
  return new RunFaults(
    config.faults,
    subjects,
    {
      note: (line) => observer.note(line),
      changed: (index, fault) => log.note({ type: 'fault', index, fault }),
    },
    signal,
  );
}

/** Until all consumers are ready, or need not be waited for any more. */
async function untilReady({
  producers,
  consumers,
  consumersReady,
  config,
  signal,
}: RunContext): Promise<void> {
  const ends = [...producers, ...consumers].map(({ exited }) => exited);
  await new Deadline(config.timeoutMs, signal).within(Promise.race([consumersReady, ...ends]), undefined);
}

async function judge(
  course: RunContext,
  bootstrapServers: string,
  broker: RunningKafka | undefined,
  interruptions: readonly string[],
): Promise<Result> {
  const { config, folder, observer, timings } = course;
  observer.status('auditing');
  course.log.note({ type: 'phase', phase: 'auditing' });
  const startedAt = performance.now();
  const { settings, timeoutMs } = config;
  const { auditRun, measurementsOf, resultOf } = await loadAudit();
  const audited = await auditRun({
    folder,
    store: config.store,
    scan: { bootstrapServers, settings, timeoutMs, isFinal: broker !== undefined },
    interruptions,
    faults: course.faults,
    allowed: config.allowed,
    ...(course.stall.happened && { stalledAtBroker: course.stall.atBroker }),
  });
  timings.auditMs = elapsedMs(startedAt);
  if (audited.unwritten !== undefined) observer.note(audited.unwritten);
  const measurements = measurementsOf(folder);
  return resultOf(audited, {
    ...measurements,
    allowed: [...config.allowed],
    faults: course.faults,
    timings,
    thresholds: [],
    environment: environmentOf(broker),
  });
}

const elapsedMs = (since: number): number => Math.round(performance.now() - since);
